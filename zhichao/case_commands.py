"""What the nights found: `cases` and `leads`."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from pipeline.export import case_rows, lead_rows, write_exports
from zhichao import show, tables, wiring
from zhichao.chosen import DayOption, StationsOption, listed
from zhichao.exits import CONFIG, ConfigOption, JsonOption, explained
from zhichao.settings import load_settings
from zhichao.sheet import write_sheet


def cases(
    number: Annotated[str, typer.Argument(help="case number; default: all")] = "",
    *,
    date: DayOption = None,
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
        rows = listed(settings, station, date, partial(case_rows, number=number))
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
    date: DayOption = None,
    station: StationsOption = None,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """List what the station gate keeps from becoming cases, and why."""
    out, notes = show.console(), Console(stderr=True)
    with explained(notes):
        rows = listed(load_settings(config), station, date, lead_rows)
    if as_json:
        show.json_lines(rows)
    else:
        out.print(tables.lead_table(rows))
