"""Commands that move months of plain passages into the archive and back."""

from contextlib import closing
from datetime import datetime
from typing import Annotated

import typer
from rich.console import Console

from models.clock import clock_ms
from models.database import Database
from models.errors import NotDoneError
from pipeline.archive import archived, month_of, take_out
from zhichao import show, wiring
from zhichao.archiving import archive_until
from zhichao.chosen import StationsOption, chosen
from zhichao.exits import CONFIG, ConfigOption, JsonOption, explained
from zhichao.settings import load_settings

commands = typer.Typer(
    help="Months of plain passages in Parquet files, out of the tables.", no_args_is_help=True
)


@commands.command("put-away")
def put_away_months(
    *,
    before: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="months that ended by this day")],
    station: StationsOption = None,
    config: ConfigOption = CONFIG,
) -> None:
    """Move the plain passages of old months out of the tables. Findings, cases, frames and originals stay."""
    out, notes = show.console(), Console(stderr=True)
    with explained(notes):
        settings = load_settings(config)
        with closing(Database(settings.url)) as database:
            refused = []
            stations = chosen(settings, station)
            for one in archive_until(settings, database, stations, before.date(), clock_ms()):
                if one.refused:
                    refused.append(one.refused)
                    continue
                told = f"{one.station_id} {one.month:%Y-%m}: {one.passages:,} 条过车记录归档"
                out.print(f"{told} passages put away", highlight=False)
        if refused:
            raise NotDoneError("\n".join(refused))


@commands.command("take-out")
def take_out_month(
    station: Annotated[str, typer.Argument(help="station id")],
    month: Annotated[str, typer.Argument(help="such as 2026-06")],
    *,
    config: ConfigOption = CONFIG,
) -> None:
    """Put a month's passages back into the tables, after every digest was checked."""
    out, notes = show.console(), Console(stderr=True)
    with explained(notes):
        settings, first_day = load_settings(config), month_of(month)
        declared = settings.station(station)
        with closing(Database(settings.url)) as database:
            taking = wiring.intake(settings, database)
            with taking.alone(declared), database.write("archive.taken_out") as connection:
                count = take_out(connection, taking.store, declared, first_day)
    out.print(f"{station} {month}: {count:,} 条过车记录取回 passages taken out", highlight=False)


@commands.command("list")
def list_months(
    *, station: StationsOption = None, config: ConfigOption = CONFIG, as_json: JsonOption = False
) -> None:
    """List the months in the archive."""
    out, notes = show.console(), Console(stderr=True)
    with explained(notes):
        settings = load_settings(config)
        with closing(Database(settings.url)) as database, database.read() as connection:
            rows = [row for one in chosen(settings, station) for row in archived(connection, one.id).values()]
    lines = [
        {"station": row.station_id, "month": row.month, "passages": row.passages, "manifest": row.manifest}
        for row in rows
    ]
    if as_json:
        show.json_lines(lines)
    for one in [] if as_json else lines:
        out.print(f"{one['station']} {one['month']}  {one['passages']:,}  {one['manifest']}", highlight=False)
