"""Judge one record file without a database: every passage over its limit, and what the file holds."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.values.passages import PassageBatch, content_key
from models.values.quality import Severity
from models.values.timeline import from_ms
from pipeline.overload import Overload, judge_overload
from pipeline.quality import codes_of, quality_codes, severity_rank
from pipeline.rules.rule_sets import rule_sets
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
    seen = np.zeros(0, dtype=np.uint64)
    for block in record_format(station).read(path):
        report.problems += block.problems
        batch = block.batch
        if not len(batch):
            continue
        keys = content_key(batch)
        repeated = _seen_before(keys, seen)
        seen = np.union1d(seen, keys)
        received = np.full(len(batch), now_ms, dtype=np.int64)
        masks = quality_codes(batch, station, sets, received_at_ms=received, repeated=repeated)
        overload = judge_overload(batch, station, sets)
        _count(report, masks)
        over = np.flatnonzero(overload.excess_kg > 0)
        report.over_limit.update(zip(batch.lane[over].tolist(), batch.axle_count[over].tolist(), strict=True))
        yield from _lines(batch.take(over), overload.take(over), masks[over].tolist(), station)


def _seen_before(keys: NDArray[np.uint64], seen: NDArray[np.uint64]) -> NDArray[np.bool_]:
    first = np.zeros(len(keys), dtype=bool)
    first[np.unique(keys, return_index=True)[1]] = True
    return ~first | np.isin(keys, seen)


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
    for position, mask in enumerate(masks):
        limit_kg, excess_kg = int(overload.limit_kg[position]), int(overload.excess_kg[position])
        yield {
            "row": int(batch.row[position]),
            "time": from_ms(int(batch.passed_at_ms[position]), station.zone).isoformat(
                timespec="milliseconds"
            ),
            "lane": int(batch.lane[position]),
            "axle_count": int(batch.axle_count[position]),
            "gross_kg": int(batch.gross_kg[position]),
            "decided_kg": int(overload.decided_kg[position]),
            "limit_kg": limit_kg,
            "excess_kg": excess_kg,
            "excess_ratio": round(excess_kg / limit_kg, 6),
            "layout": str(overload.layout[position]),
            "layout_open": bool(overload.layout_open[position]),
            "rule_set": str(overload.rule_set[position]),
            "quality": [code.value for code in codes_of(mask)],
        }
