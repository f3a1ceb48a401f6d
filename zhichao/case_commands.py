"""What the nights found: `cases` and `leads`."""

import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from models.database import Database
from pipeline.export import case_rows, lead_rows, write_exports
from zhichao import show, tables, wiring
from zhichao.chosen import StationsOption, chosen
from zhichao.exits import CONFIG, ConfigOption, JsonOption, explained
from zhichao.settings import load_settings
from zhichao.sheet import write_sheet


def cases(
    number: Annotated[str, typer.Argument(help="case number; default: all")] = "",
    *,
    date: Annotated[
        datetime.datetime | None, typer.Option(formats=["%Y-%m-%d"], help="local day; default: all")
    ] = None,
    station: StationsOption = None,
    export: Annotated[Path | None, typer.Option(help="also write cases.csv and cases.json here")] = None,
    sheet: Annotated[Path | None, typer.Option(help="also draw the first cases into this JPEG")] = None,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """List the cases that findings opened, with their reasons and doubts."""
    out, notes = show.console(), Console(stderr=True)
    with explained(notes):
        settings = load_settings(config)
        database = Database(settings.url)
        day = date.date() if date else None
        with database.read() as connection:
            rows = [
                row for one in chosen(settings, station) for row in case_rows(connection, one, day, number)
            ]
        if export is not None:
            write_exports(rows, export)
        if sheet is not None:
            write_sheet(rows, wiring.store(settings), sheet)
    if as_json:
        show.json_lines(rows)
    else:
        out.print(tables.case_table(rows, "案件 cases"))


def leads(
    *,
    date: Annotated[
        datetime.datetime | None, typer.Option(formats=["%Y-%m-%d"], help="local day; default: all")
    ] = None,
    station: StationsOption = None,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """List what the station gate keeps from becoming cases, and why."""
    out, notes = show.console(), Console(stderr=True)
    with explained(notes):
        settings = load_settings(config)
        day = date.date() if date else None
        with Database(settings.url).read() as connection:
            rows = [row for one in chosen(settings, station) for row in lead_rows(connection, one, day)]
    if as_json:
        show.json_lines(rows)
    else:
        out.print(tables.lead_table(rows))
