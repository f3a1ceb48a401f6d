"""Passages of one block into the table, by natural key: a second arrival changes nothing."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select

from models.passage_rows import to_rows
from models.tables import FrameReference, Passage
from stations.formats.base import Block, Problem
from stations.station import Station

Key = tuple[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """How many passages were new and known, and which contradict a known one."""

    new: int
    known: int
    conflicts: list[Problem]


def add_passages(connection: Connection, station: Station, block: Block, source_id: int) -> Added:
    """Insert the block's passages that are not known yet, with the frames they name.

    The natural key is station, time and the device's serial, or the digest of what was measured where
    the device gives none. The same key with other values is a conflict: the first record stands.
    """
    rows = to_rows(block.batch, station_id=station.id, source_id=source_id)
    if not rows:
        return Added(new=0, known=0, conflicts=[])
    first = min(row["passed_at"] for row in rows)
    last = max(row["passed_at"] for row in rows)
    within = (Passage.station_id == station.id) & Passage.passed_at.between(first, last)
    known = select(Passage.passed_at, Passage.record_key, Passage.content_key).where(within)
    content = {(passed_at, key): content_key for passed_at, key, content_key in connection.execute(known)}
    new: list[dict[str, Any]] = []
    conflicts: list[Problem] = []
    for row in rows:
        held = content.get(_key(row))
        if held is None:
            content[_key(row)] = row["content_key"]
            new.append(row)
        elif held != row["content_key"]:
            conflicts.append(_conflict(row))
    if new:
        connection.execute(insert(Passage), new)
    if block.references:
        _add_references(connection, within, block, new)
    return Added(new=len(new), known=len(rows) - len(new) - len(conflicts), conflicts=conflicts)


def _add_references(connection: Connection, within: Any, block: Block, new: list[dict[str, Any]]) -> None:  # noqa: ANN401 (an SQL condition)
    ids = {
        (passed_at, key): passage_id
        for passage_id, passed_at, key in connection.execute(
            select(Passage.id, Passage.passed_at, Passage.record_key).where(within)
        )
    }
    passage_of_row = {row["row"]: ids[_key(row)] for row in new}
    # One record may name one picture twice; the table holds it once.
    named = {
        (passage_of_row[reference.row], reference.name): reference.kind
        for reference in block.references
        if reference.row in passage_of_row
    }
    references = [
        {"passage_id": passage_id, "name": name, "kind": kind} for (passage_id, name), kind in named.items()
    ]
    if references:
        connection.execute(insert(FrameReference), references)


def _key(row: dict[str, Any]) -> Key:
    return row["passed_at"], row["record_key"]


def _conflict(row: dict[str, Any]) -> Problem:
    return Problem(
        row=row["row"],
        column="serial",
        code="conflict",
        reason=f"another record has the same time and serial {row['record_key']!r} with other values",
        raw=str({name: row[name] for name in ("lane", "axle_count", "gross_kg", "axle_kg")}),
    )
