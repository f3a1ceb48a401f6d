"""Passages whose vehicle is known, as the database holds them."""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import ColumnElement, Connection, Row, and_, func, select

from models.passage_rows import from_rows, select_passages
from models.reidentify_tables import NamedPassage
from models.tables import Chunk, Judgement, Passage
from models.values.looking_back import FLEET_DAYS
from models.values.plates import PlateColour
from models.values.timeline import from_ms
from pipeline.cases import named_vehicle
from pipeline.reidentify.fleet import Fleet
from pipeline.reidentify.travel import Roads

DAY_MS = 86_400_000
# A fleet is no more than the latest so many passages.
FLEET_MOST = 200_000
COLOURS = {colour.label: colour.value for colour in PlateColour}


class Fleets:
    """The fleets of a night: one of all stations, or where that would be too many, each region's own."""

    def __init__(self, connection: Connection, end_ms: int, roads: Roads) -> None:
        """Look at the days before an instant."""
        self._end_ms, self._roads = end_ms, roads
        some = select(NamedPassage.passage_id).where(_named(end_ms, FLEET_DAYS)).limit(FLEET_MOST + 1)
        counted = connection.scalar(select(func.count()).select_from(some.subquery())) or 0
        self._all_fit = counted <= FLEET_MOST
        # One at a time: a province's would not fit the memory.
        self._held: tuple[frozenset[str], Fleet] | None = None

    def of(self, connection: Connection, station_id: str) -> Fleet:
        """Return whom a station's unread vehicles are sought among."""
        region = frozenset[str]() if self._all_fit else region_of(self._roads, station_id)
        if self._held is None or self._held[0] != region:
            self._held = (region, fleet_until(connection, self._end_ms, region))
        return self._held[1]


def region_of(roads: Roads, station_id: str) -> frozenset[str]:
    """Return a station and those that roads lead to; where none is declared nothing, which means all."""
    return frozenset[str]().union(*(pair for pair in roads if station_id in pair))


def fleet_until(
    connection: Connection, end_ms: int, region: frozenset[str] = frozenset(), *, days: int = FLEET_DAYS
) -> Fleet:
    """Return the latest passages with a readable plate in the days before an instant; of a region, or all."""
    # The latest are chosen before anything is joined: none but theirs is read of the large tables.
    latest = (
        select(NamedPassage.passage_id)
        .where(_named(end_ms, days, region))
        .order_by(NamedPassage.passed_at.desc(), NamedPassage.passage_id.desc())
        .limit(FLEET_MOST)
        .subquery()
    )
    query = (
        select_passages()
        .add_columns(Passage.station_id, Judgement.plate, Judgement.plate_colour)
        .join(latest, latest.c.passage_id == Passage.id)
        .join(Judgement, Judgement.passage_id == Passage.id)
        .order_by(Passage.passed_at, Passage.id)
    )
    rows = connection.execute(query).all()
    return _fleet([row for row in rows if named_vehicle(row.plate, row.plate_front)])


def _named(end_ms: int, days: int, region: frozenset[str] = frozenset()) -> ColumnElement[bool]:
    start_ms = end_ms - days * DAY_MS
    first_day = from_ms(start_ms - DAY_MS, ZoneInfo("UTC")).date()
    # Naming the stations, even all of them, lets the index on station and time find the passages.
    stations = sorted(region) or select(Chunk.station_id).where(Chunk.day >= str(first_day)).distinct()
    return and_(
        NamedPassage.station_id.in_(stations),
        NamedPassage.passed_at >= start_ms,
        NamedPassage.passed_at < end_ms,
    )


def _fleet(rows: Sequence[Row[Any]]) -> Fleet:
    ids, batch = from_rows([tuple(row)[:15] for row in rows])
    words = [row.plate_colour if row.plate else COLOURS.get(row.plate_colour, "") for row in rows]
    return Fleet(
        batch=batch,
        ids=ids,
        station=np.array([row.station_id for row in rows], dtype=object),
        plate=np.array([named_vehicle(row.plate, row.plate_front) for row in rows], dtype=object),
        colour=np.array(["" if one == PlateColour.UNKNOWN else one for one in words], dtype=object),
    )
