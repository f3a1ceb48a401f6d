"""Driving between columns and the table; only what a device states takes a row."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, select

from models.evasion_tables import PassageDriving
from models.inserts import insert_new
from models.values.driving import Driving, nothing_stated

NUMBERS = ("bits", "second_lane", "reversed_axles")
MEASURES = ("acceleration_ms2", "offset_mm")
BY_AXLE = ("axle_speed_kmh", "axle_offset_mm")
AT_ONCE = 500


def add_driving(connection: Connection, driving: Driving, ids: Mapping[int, int]) -> None:
    """Insert what the device states; `ids` gives the passage's id by position. A row that stands stays."""
    stated = driving.stated
    rows = [_row(driving, position, ids[position]) for position in sorted(ids) if stated[position]]
    if rows:
        connection.execute(insert_new(connection, PassageDriving), rows)


def _row(driving: Driving, position: int, passage_id: int) -> dict[str, Any]:
    row: dict[str, Any] = {"passage_id": passage_id}
    row |= {name: int(getattr(driving, name)[position]) for name in NUMBERS}
    for name in MEASURES:
        value = float(getattr(driving, name)[position])
        row[name] = None if np.isnan(value) else value
    return row | {name: _text(getattr(driving, name)[position]) for name in BY_AXLE}


def _text(values: NDArray[np.float64]) -> str:
    """Return numbers up to the last one known, an unknown one between them as nothing."""
    known = np.flatnonzero(~np.isnan(values))
    used = values[: known[-1] + 1].tolist() if len(known) else []
    return ",".join("" if np.isnan(value) else f"{value:g}" for value in used)


def load_driving(connection: Connection, ids: Sequence[int]) -> Driving:
    """Return what devices state of these passages, in their order."""
    rows: dict[int, Any] = {}
    for first in range(0, len(ids), AT_ONCE):
        some = PassageDriving.passage_id.in_(ids[first : first + AT_ONCE])
        found = connection.execute(select(*PassageDriving.__table__.columns).where(some))
        rows |= {row.passage_id: row for row in found}
    lists = {name: {one: _numbers(getattr(row, name)) for one, row in rows.items()} for name in BY_AXLE}
    axles = max([2, *(len(numbers) for by_id in lists.values() for numbers in by_id.values())])
    driving = nothing_stated(len(ids), axles)
    for position, passage_id in enumerate(ids):
        if (row := rows.get(passage_id)) is None:
            continue
        for name in NUMBERS:
            getattr(driving, name)[position] = getattr(row, name)
        for name in MEASURES:
            if (value := getattr(row, name)) is not None:
                getattr(driving, name)[position] = value
        for name in BY_AXLE:
            numbers = lists[name][passage_id]
            getattr(driving, name)[position, : len(numbers)] = numbers
    return driving


def _numbers(text: str) -> list[float]:
    return [float(one) if one else float("nan") for one in text.split(",")] if text else []
