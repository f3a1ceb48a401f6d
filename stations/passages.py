"""Passages of one block into the table, by natural key: a second arrival changes nothing."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, select

from models.bulk import insert_rows
from models.driving_rows import add_driving
from models.inserts import insert_new
from models.kept import tell_once_kept
from models.passage_rows import COLUMNS, Values, to_rows
from models.tables import FrameReference, Passage
from models.trace import trace_of
from stations.formats.base import Block, Problem
from stations.station import Station

LOGGER = logging.getLogger(__name__)
Key = tuple[int, str]
LOOKUP = 1000
# What comes as it happens is told record by record; a night's file is told by its counts.
TOLD = 10
PASSED_AT, CONTENT_KEY, ROW = (COLUMNS.index(name) for name in ("passed_at", "content_key", "row"))
# The natural key within a station: time and record key.
KEY = slice(0, 2)
# Made once: making a statement costs more than what it does where a station sends single records.
PASSAGES = Passage.__table__.c
_HELD = select(PASSAGES.passed_at, PASSAGES.record_key, PASSAGES.content_key).where(
    PASSAGES.station_id == bindparam("station_id")
)
BETWEEN = _HELD.where(PASSAGES.passed_at.between(bindparam("first"), bindparam("last"))).limit(LOOKUP + 1)
AT = _HELD.where(PASSAGES.passed_at.in_(bindparam("instants", expanding=True)))


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
    content = _known(connection, station, [row[PASSED_AT] for row in rows])
    new: list[Values] = []
    conflicts: list[Problem] = []
    for row in rows:
        held = content.setdefault(row[KEY], row)
        if held is row:
            new.append(row)
        elif held[CONTENT_KEY] != row[CONTENT_KEY]:
            conflicts.append(_conflict(row))
    insert_rows(connection, Passage.__tablename__, COLUMNS, new)
    if len(rows) <= TOLD:
        for passed_at, key in (row[KEY] for row in new):
            trace = trace_of(station.id, passed_at, key)
            tell_once_kept(connection, LOGGER, "record.taken", trace=trace, source=source_id)
    if block.references:
        refused = {problem.row for problem in conflicts}
        _add_references(connection, station, block, [row for row in rows if row[ROW] not in refused])
    if block.batch.driving is not None and new:
        ids = _ids(connection, station, {row[KEY] for row in new})
        places = {row[ROW]: row[KEY] for row in new}
        taken = {
            place: ids[places[row]] for place, row in enumerate(block.batch.row.tolist()) if row in places
        }
        add_driving(connection, block.batch.driving, taken)
    return Added(new=len(new), known=len(rows) - len(new) - len(conflicts), conflicts=conflicts)


def _known(connection: Connection, station: Station, instants: Sequence[int]) -> dict[Key, Values]:
    """Return natural and content key of the station's passages at these instants, by natural key."""
    known: dict[Key, Values] = {}
    for start in range(0, len(instants), LOOKUP):
        some = sorted(instants[start : start + LOOKUP])
        between = {"station_id": station.id, "first": some[0], "last": some[-1]}
        rows: list[Values] = [tuple(row) for row in connection.execute(BETWEEN, between)]
        if len(rows) > LOOKUP:
            # One wild clock in a file must not load years of passages.
            at = {"station_id": station.id, "instants": sorted(set(some))}
            rows = [tuple(row) for row in connection.execute(AT, at)]
        known |= {row[KEY]: row for row in rows}
    return known


def _add_references(connection: Connection, station: Station, block: Block, rows: list[Values]) -> None:
    """Insert the frames that records name; a record sent again may name frames it did not name before."""
    named = {reference.row for reference in block.references}
    key_of_row = {row[ROW]: row[KEY] for row in rows if row[ROW] in named}
    ids = _ids(connection, station, set(key_of_row.values()))
    references = [
        {"passage_id": ids[key_of_row[reference.row]], "name": reference.name, "kind": reference.kind}
        for reference in block.references
        if reference.row in key_of_row
    ]
    if references:
        connection.execute(insert_new(connection, FrameReference), references)


def _ids(connection: Connection, station: Station, keys: set[Key]) -> dict[Key, int]:
    """Return the ids of the station's passages at the instants of these natural keys."""
    instants = sorted({passed_at for passed_at, _ in keys})
    ids: dict[Key, int] = {}
    for start in range(0, len(instants), LOOKUP):
        found = select(Passage.id, Passage.passed_at, Passage.record_key).where(
            Passage.station_id == station.id, Passage.passed_at.in_(instants[start : start + LOOKUP])
        )
        ids.update({(passed_at, key): passage_id for passage_id, passed_at, key in connection.execute(found)})
    return ids


def _conflict(row: Values) -> Problem:
    values = dict(zip(COLUMNS, row, strict=True))
    return Problem(
        row=values["row"],
        column="serial",
        code="conflict",
        reason=f"another record has the same time and serial {values['record_key']!r} with other values",
        raw=str({name: values[name] for name in ("lane", "axle_count", "gross_kg", "axle_kg")}),
    )
