"""Which stations and which day a command is about."""

import datetime
from collections.abc import Callable, Iterable
from typing import Annotated, Any

import typer
from sqlalchemy import Connection

from models.database import Database
from stations.station import Station
from zhichao.settings import Settings

StationsOption = Annotated[
    list[str] | None, typer.Option("--station", help="station id or station file; default: all declared")
]
DayOption = Annotated[
    datetime.datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="local day; default: all")
]


def chosen(settings: Settings, names: list[str] | None) -> list[Station]:
    """Return the stations named, or all that are declared."""
    return [settings.station(name) for name in names] if names else list(settings.stations)


def listed(
    settings: Settings,
    names: list[str] | None,
    date: datetime.datetime | None,
    rows_of: Callable[[Connection, Station, datetime.date | None], Iterable[dict[str, Any]]],
) -> list[dict[str, Any]]:
    """Return the rows of the stations named, or of all that are declared; of one local day, or of all."""
    day = date.date() if date else None
    with Database(settings.url).read() as connection:
        return [row for one in chosen(settings, names) for row in rows_of(connection, one, day)]
