"""Judge one record file without a database: every passage over its limit, and what the file holds."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.values.passages import PassageBatch, content_key
from models.values.quality import Severity
from pipeline.overload import Overload, judge_overload
from pipeline.quality import codes_of, quality_codes, severity_rank
from pipeline.rules.consequences import articles_of
from pipeline.rules.consequences_batch import BANDS, consequences
from pipeline.rules.rule_sets import rule_sets
from pipeline.seen import SeenKeys
from stations.formats import record_format
from stations.formats.base import Problem
from stations.station import Station


@dataclass(slots=True, kw_only=True)
class FileReport:
    """What a file held: every data row is in `severity` or in `problems`."""

    severity: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    over_limit: Counter[tuple[int, int]] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """Return the number of data rows."""
        return sum(self.severity.values()) + len(self.problems)


def judge_file(path: Path, station: Station, now_ms: int, report: FileReport) -> Iterator[dict[str, Any]]:
    """Yield one dict for each passage over its limit, in the file's order, and fill `report`.

    A record equal to an earlier one of the file in time, lane and every value carries the code
    `repeated`.
    """
    sets = rule_sets()
    seen = SeenKeys()
    for block in record_format(station).read(path):
        report.problems += block.problems
        batch = block.batch
        if not len(batch):
            continue
        repeated = seen.repeated(batch.passed_at_ms, content_key(batch))
        received = np.full(len(batch), now_ms, dtype=np.int64)
        masks = quality_codes(batch, station, sets, received_at_ms=received, repeated=repeated)
        overload = judge_overload(batch, station, sets)
        _count(report, masks)
        over = np.flatnonzero(overload.excess_kg > 0)
        report.over_limit.update(zip(batch.lane[over].tolist(), batch.axle_count[over].tolist(), strict=True))
        yield from _lines(batch.take(over), overload.take(over), masks[over].tolist(), station)


def _count(report: FileReport, masks: NDArray[np.uint64]) -> None:
    names = list(Severity)
    for rank, number in enumerate(np.bincount(severity_rank(masks), minlength=len(names)).tolist()):
        report.severity[names[rank].value] += number
    for mask, number in zip(*np.unique(masks, return_counts=True), strict=True):
        for code in codes_of(int(mask)):
            report.codes[code.value] += int(number)


def _lines(
    batch: PassageBatch, overload: Overload, masks: list[int], station: Station
) -> Iterator[dict[str, Any]]:
    # Tuples: what holds no list is nothing for the garbage collector to go through.
    codes = {mask: tuple(code.value for code in codes_of(mask)) for mask in set(masks)}
    bands, amounts, articles = _consequences(overload)
    columns: dict[str, Sequence[Any]] = {
        "row": batch.row.tolist(),
        "time": _iso_times(batch.passed_at_ms, station),
        "lane": batch.lane.tolist(),
        "axle_count": batch.axle_count.tolist(),
        "gross_kg": batch.gross_kg.tolist(),
        "decided_kg": overload.decided_kg.tolist(),
        "limit_kg": overload.limit_kg.tolist(),
        "excess_kg": overload.excess_kg.tolist(),
        "excess_ratio": np.round(overload.excess_kg / overload.limit_kg, 6).tolist(),
        "layout": overload.layout.tolist(),
        "layout_open": overload.layout_open.tolist(),
        "rule_set": overload.rule_set.tolist(),
        "limit_rule": overload.limit_rule.tolist(),
        "tolerance": overload.tolerance.tolist(),
        "doubts": overload.doubts.tolist(),
        "band": bands,
        "amount_fen": amounts,
        "articles": articles,
        "quality": [codes[mask] for mask in masks],
    }
    names = tuple(columns)
    for values in zip(*columns.values(), strict=True):
        yield dict(zip(names, values, strict=True))


def _consequences(overload: Overload) -> tuple[list[str], list[int], list[tuple[str, ...]]]:
    """Return band, amount in fen and articles of each passage: what would follow if all is confirmed."""
    count = len(overload.limit_kg)
    bands, articles = np.full(count, "", dtype=object), np.full(count, None, dtype=object)
    amounts = np.zeros(count, dtype=np.int64)
    for rules in rule_sets():
        index = np.flatnonzero(overload.rule_set == rules.id)
        if not len(index):
            continue
        found = consequences(overload.limit_kg[index], overload.decided_kg[index], rules.penalty)
        bands[index] = np.array([band.value for band in BANDS], dtype=object)[found.band]
        amounts[index] = found.amount_fen
        named = [articles_of(rules.penalty, reached) for reached in range(-1, len(rules.penalty.step))]
        for position, reached in zip(index.tolist(), found.reached.tolist(), strict=True):
            articles[position] = named[reached + 1]
    return bands.tolist(), amounts.tolist(), articles.tolist()


def _iso_times(instant_ms: NDArray[np.int64], station: Station) -> list[str]:
    local = pl.from_epoch(pl.Series(instant_ms), "ms").dt.replace_time_zone("UTC")
    return local.dt.convert_time_zone(station.timezone).dt.to_string("%Y-%m-%dT%H:%M:%S%.3f%:z").to_list()
