"""Months that are old enough, put away station by station: what the command and the schedule both do."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from models.database import Database
from models.errors import MisuseError, NotDoneError
from models.values.timeline import from_ms
from pipeline.archive import months_before, put_away
from stations.station import Station
from zhichao import wiring
from zhichao.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class PutAway:
    """One station's month that went into the archive, or why it did not."""

    station_id: str
    month: date
    passages: int
    refused: str = ""


def archive_until(
    settings: Settings, database: Database, stations: Sequence[Station], end: date, now_ms: int
) -> Iterator[PutAway]:
    """Put away every month that ended by `end`, each in a transaction of its own.

    A month that can't be put away keeps the others from nothing.

    Raises:
        MisuseError: nights may still ask for passages before `end`; nothing was put away.

    """
    for station in stations:
        latest = from_ms(now_ms, station.zone).date() - timedelta(days=settings.needed_days)
        if end > latest:
            raise MisuseError(
                f"{station.id}: passages before {end} may still be needed; expected {latest} or earlier"
            )
    taking = wiring.intake(settings, database)
    for station in stations:
        with database.read() as connection:
            months = list(months_before(connection, station, end))
        for month in months:
            count, refused = 0, ""
            try:
                # The same lease under which a night changes what a station has.
                with taking.alone(station), database.write("archive.put_away") as connection:
                    count = put_away(connection, taking.store, station, month)
            except NotDoneError as error:
                refused = str(error)
            if count or refused:
                yield PutAway(station_id=station.id, month=month, passages=count, refused=refused)


def archive_due(settings: Settings, database: Database, now_ms: int) -> Iterator[PutAway]:
    """Put away what the settings say is old enough."""
    if settings.archive_after_days:
        for station in settings.stations:
            end = from_ms(now_ms, station.zone).date() - timedelta(days=settings.archive_after_days)
            yield from archive_until(settings, database, [station], end, now_ms)
