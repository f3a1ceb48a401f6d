"""Passages between columns and the table: lists of numbers are comma-separated text."""

import math
from collections.abc import Sequence
from itertools import repeat
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Select, and_, select

from models.tables import Passage
from models.values.passages import PassageBatch, content_key

# The order of the values that `to_rows` gives.
COLUMNS = (
    "passed_at",
    "record_key",
    "content_key",
    "row",
    "lane",
    "axle_count",
    "gross_kg",
    "axle_kg",
    "left_kg",
    "spacing_mm",
    "speed_kmh",
    "length_mm",
    "plate_front",
    "plate_rear",
    "plate_colour",
    "station_id",
    "source_id",
)
Values = tuple[Any, ...]
# Fewer rows than this are joined sooner one by one: starting the columns' engine takes a millisecond.
FEW = 100


def to_rows(batch: PassageBatch, *, station_id: str, source_id: int) -> list[Values]:
    """Return the values of `COLUMNS` for each passage."""
    keys = content_key(batch)
    serials, digests = batch.serial.tolist(), _hexadecimal(keys)
    columns = (
        batch.passed_at_ms.tolist(),
        [serial or digest for serial, digest in zip(serials, digests, strict=True)],
        keys.view(np.int64).tolist(),
        batch.row.tolist(),
        batch.lane.tolist(),
        batch.axle_count.tolist(),
        batch.gross_kg.tolist(),
        _joined(batch.axle_kg, 0),
        _joined(batch.left_kg, -1),
        _joined(batch.spacing_mm, 0),
        _speeds(batch.speed_kmh),
        batch.length_mm.tolist(),
        batch.plate_front.tolist(),
        batch.plate_rear.tolist(),
        batch.plate_colour.tolist(),
    )
    return list(zip(*columns, repeat(station_id, len(batch)), repeat(source_id, len(batch)), strict=True))


def _hexadecimal(keys: NDArray[np.uint64]) -> list[str]:
    """Return each key (N,) as sixteen digits."""
    text = keys.astype(">u8").tobytes().hex()
    return [text[start : start + 16] for start in range(0, len(text), 16)]


def _speeds(speed_kmh: NDArray[np.float64]) -> list[float | None]:
    """Return each speed (N,), None where it is not known."""
    if len(speed_kmh) < FEW:
        return [None if math.isnan(speed) else speed for speed in speed_kmh.tolist()]
    return pl.Series(speed_kmh).fill_nan(None).to_list()


def _joined(table: NDArray[np.int64], unused: int) -> list[str]:
    """Return each row of (N, A) as text, up to the last place that is used."""
    if len(table) < FEW:
        return [_joined_row(row, unused) for row in table.tolist()]
    places = np.where(table == unused, 0, np.arange(1, table.shape[1] + 1))
    used = pl.Series("used", places.max(axis=1, initial=0))
    # In columns this takes a seventh of the time that joining row by row does.
    columns = [
        pl.select(pl.when(used > place).then(pl.Series(table[:, place])).cast(pl.String).alias(str(place)))
        for place in range(table.shape[1])
    ]
    if not columns:
        return [""] * len(table)
    joined = pl.concat(columns, how="horizontal").select(
        pl.concat_str(pl.all(), separator=",", ignore_nulls=True)
    )
    return joined.to_series().to_list()


def _joined_row(row: list[int], unused: int) -> str:
    while row and row[-1] == unused:
        row = row[:-1]
    return ",".join(map(str, row))


def passed_between(station_id: str, start_ms: int, end_ms: int) -> ColumnElement[bool]:
    """Return the condition of a station's passages from `start_ms` until before `end_ms`."""
    return and_(Passage.station_id == station_id, Passage.passed_at >= start_ms, Passage.passed_at < end_ms)


def select_passages() -> Select[*tuple[Any, ...]]:
    """Return the query whose rows `from_rows` reads; add conditions and an order to it."""
    return select(
        Passage.id,
        Passage.row,
        Passage.passed_at,
        Passage.lane,
        Passage.axle_count,
        Passage.gross_kg,
        Passage.axle_kg,
        Passage.left_kg,
        Passage.spacing_mm,
        Passage.speed_kmh,
        Passage.length_mm,
        Passage.record_key,
        Passage.plate_front,
        Passage.plate_rear,
        Passage.plate_colour,
    )


def from_rows(rows: Sequence[Sequence[Any]]) -> tuple[NDArray[np.int64], PassageBatch]:
    """Return the passages' ids (N,) and the passages."""
    columns = list(zip(*rows, strict=True)) or [()] * 15
    whole = [np.array(column, dtype=np.int64) for column in columns[:6]]
    speeds = [float("nan") if speed is None else speed for speed in columns[9]]
    axle_kg = _table(columns[6], 0)
    left_kg = _table(columns[7], -1, width=axle_kg.shape[1])
    texts = [np.array(column, dtype=object) for column in columns[11:]]
    return whole[0], PassageBatch(
        row=whole[1],
        passed_at_ms=whole[2],
        lane=whole[3].astype(np.int16),
        axle_count=whole[4].astype(np.int16),
        gross_kg=whole[5],
        axle_kg=axle_kg,
        left_kg=left_kg,
        spacing_mm=_table(columns[8], 0, width=max(axle_kg.shape[1] - 1, 0)),
        speed_kmh=np.array(speeds, dtype=np.float64),
        length_mm=np.array(columns[10], dtype=np.int64),
        serial=texts[0],
        plate_front=texts[1],
        plate_rear=texts[2],
        plate_colour=texts[3],
    )


def _table(texts: Sequence[str], unused: int, width: int = 1) -> NDArray[np.int64]:
    """Return lists of numbers as (N, longest) int64, at least `width` wide, filled with `unused`."""
    counts = np.array([text.count(",") + 1 if text else 0 for text in texts], dtype=np.int64)
    width = max(width, int(counts.max(initial=0)))
    table = np.full((len(texts), width), unused, dtype=np.int64)
    joined = ",".join(text for text in texts if text)
    if joined:
        table[np.arange(width) < counts[:, None]] = np.fromstring(joined, dtype=np.int64, sep=",")
    return table
