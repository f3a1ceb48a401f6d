"""The night's part of re-identification: unread vehicles sought, plates of two vehicles found."""

from dataclasses import dataclass
from datetime import date

import numpy as np
from sqlalchemy import Connection, func, select

from models import leases
from models.inserts import insert_new, upsert
from models.reidentify_tables import PlateCheck, PlateConflict
from models.values.timeline import day_bounds_ms
from pipeline.reidentify.conflicts import RULES, conflicts
from pipeline.reidentify.fleet import Fleet
from pipeline.reidentify.search import noise_on, search_day
from pipeline.reidentify.travel import Roads
from stations.station import Station


@dataclass(frozen=True, slots=True, kw_only=True)
class Reidentified:
    """How many passages were searched for, how many plates conflict, and what is wrong with clocks."""

    searched: int
    conflicts: int
    troubles: tuple[str, ...]


def reidentify_day(
    connection: Connection, station: Station, day: date, roads: Roads, fleet: Fleet
) -> Reidentified:
    """Search and hold plates against each other for a station's local day; a second run changes nothing.

    `fleet` is who passed until the day's end, at this station and at others.
    """
    start_ms, end_ms = day_bounds_ms(day, station.zone)
    searched = search_day(connection, station, day, fleet, roads)
    times = fleet.batch.passed_at_ms
    here = fleet.station == station.id
    of_day = np.asarray(here & (times >= start_ms) & (times < end_ms), dtype=np.bool_)
    found, troubles, plates = conflicts(fleet, noise_on(station, day), roads, of_day)
    now = leases.now_ms(connection)
    rows = [
        {
            "plate": str(fleet.plate[one.later]),
            "passage_id": int(fleet.ids[one.later]),
            "other_passage_id": int(fleet.ids[one.earlier]),
            "kind": one.kind.value,
            "sentence": one.sentence,
            "found_at": now,
            "rules": RULES,
        }
        for one in found
    ]
    before = _count(connection)
    if rows:
        connection.execute(insert_new(connection, PlateConflict), rows)
    check = {"plates": plates, "conflicts": len(rows), "rules": RULES, "checked_at": now}
    tally = upsert(connection, PlateCheck).values(day=str(day), station_id=station.id, **check)
    connection.execute(tally.on_conflict_do_update(index_elements=["day", "station_id"], set_=check))
    return Reidentified(searched=searched, conflicts=_count(connection) - before, troubles=tuple(troubles))


def _count(connection: Connection) -> int:
    return connection.scalar(select(func.count()).select_from(PlateConflict)) or 0
