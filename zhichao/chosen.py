"""Which stations a command is about."""

from typing import Annotated

import typer

from stations.station import Station
from zhichao.settings import Settings

StationsOption = Annotated[
    list[str] | None, typer.Option("--station", help="station id or station file; default: all declared")
]


def chosen(settings: Settings, names: list[str] | None) -> list[Station]:
    """Return the stations named, or all that are declared."""
    return [settings.station(name) for name in names] if names else list(settings.stations)
