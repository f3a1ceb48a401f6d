"""Passages between columns and the table: lists of numbers are comma-separated text."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Row, Select, select

from models.tables import Passage
from models.values.passages import PassageBatch, content_key


def to_rows(batch: PassageBatch, *, station_id: str, source_id: int) -> list[dict[str, Any]]:
    """Return one dict for each passage, keyed by column of `Passage`."""
    keys = content_key(batch)
    texts = [
        serial or f"{key:016x}" for serial, key in zip(batch.serial.tolist(), keys.tolist(), strict=True)
    ]
    count = batch.axle_count
    columns: dict[str, Sequence[Any]] = {
        "row": batch.row.tolist(),
        "passed_at": batch.passed_at_ms.tolist(),
        "record_key": texts,
        "content_key": keys.view(np.int64).tolist(),
        "lane": batch.lane.tolist(),
        "axle_count": count.tolist(),
        "gross_kg": batch.gross_kg.tolist(),
        "axle_kg": _joined(batch.axle_kg, _used(batch.axle_kg, 0)),
        "left_kg": _joined(batch.left_kg, _used(batch.left_kg, -1)),
        "spacing_mm": _joined(batch.spacing_mm, _used(batch.spacing_mm, 0)),
        "speed_kmh": [None if speed != speed else speed for speed in batch.speed_kmh.tolist()],  # noqa: PLR0124
        "length_mm": batch.length_mm.tolist(),
        "plate_front": batch.plate_front.tolist(),
        "plate_rear": batch.plate_rear.tolist(),
        "plate_colour": batch.plate_colour.tolist(),
    }
    fixed = {"station_id": station_id, "source_id": source_id}
    names = tuple(columns)
    return [fixed | dict(zip(names, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def _used(table: NDArray[np.int64], unused: int) -> NDArray[np.int64]:
    """Return how many leading places of each row are used, counting gaps between used ones."""
    places = np.where(table == unused, 0, np.arange(1, table.shape[1] + 1))
    return np.asarray(places.max(axis=1, initial=0), dtype=np.int64)


def _joined(table: NDArray[np.int64], used: NDArray[np.int64]) -> list[str]:
    # The text of a Python list is made in C, several times faster than joining strings.
    pairs = zip(table.tolist(), used.tolist(), strict=True)
    return [str(values[:count])[1:-1].replace(" ", "") for values, count in pairs]


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


def from_rows(rows: Sequence[Row[Any]]) -> tuple[NDArray[np.int64], PassageBatch]:
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
