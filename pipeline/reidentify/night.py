"""The night's part of re-identification: unread vehicles sought, plates of two vehicles found."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from sqlalchemy import Connection, select

from models import leases
from models.archive_tables import ArchivedMonth
from models.inserts import upsert
from models.passage_rows import passed_between
from models.reidentify_tables import PlateCheck
from models.values.looking_back import FLEET_DAYS
from models.values.timeline import day_bounds_ms
from pipeline.reidentify.conflicts import RULES, conflicts
from pipeline.reidentify.fleet import Fleet
from pipeline.reidentify.kept_conflicts import keep_conflicts
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
    rows = [
        {
            "plate": str(fleet.plate[one.later]),
            "passage_id": int(fleet.ids[one.later]),
            "other_passage_id": int(fleet.ids[one.earlier]),
            "kind": one.kind.value,
            "sentence": one.sentence,
        }
        for one in found
    ]
    # Where a part of the fleet is in the archive, what isn't found proves nothing.
    compared = frozenset[int]() if _archived(connection, day) else frozenset(fleet.ids.tolist())
    new = keep_conflicts(connection, passed_between(station.id, start_ms, end_ms), rows, compared)
    checked_at = leases.now_ms(connection)
    check = {"plates": plates, "conflicts": len(rows), "rules": RULES, "checked_at": checked_at}
    tally = upsert(connection, PlateCheck).values(day=str(day), station_id=station.id, **check)
    connection.execute(tally.on_conflict_do_update(index_elements=["day", "station_id"], set_=check))
    return Reidentified(searched=searched, conflicts=new, troubles=tuple(troubles))


def _archived(connection: Connection, day: date) -> bool:
    first = day - timedelta(days=FLEET_DAYS)
    months = ArchivedMonth.month.between(f"{first:%Y-%m}", f"{day:%Y-%m}")
    return connection.scalar(select(ArchivedMonth.id).where(months).limit(1)) is not None
