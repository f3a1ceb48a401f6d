"""How lanes stand, and a person's word on one: `stations` and `override`."""

import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from models.database import Database
from models.values.states import Word
from pipeline.decisions import count_waiting
from pipeline.gate.chart import lane_chart
from pipeline.gate.state import Override
from pipeline.lane_list import lane_nights, lane_row, last_day
from pipeline.lane_rows import add_override
from pipeline.rules.rule_sets import rule_sets
from zhichao import show, tables
from zhichao.chosen import StationsOption, chosen
from zhichao.exits import CONFIG, ConfigOption, JsonOption, explained
from zhichao.settings import ConfigError, load_settings


def stations(
    *,
    date: Annotated[
        datetime.datetime | None, typer.Option(formats=["%Y-%m-%d"], help="local day; default: the latest")
    ] = None,
    station: StationsOption = None,
    charts: Annotated[Path | None, typer.Option(help="also draw a chart of each lane here")] = None,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Show how each lane stands as the nights measured it, by which statistic, and what a person said."""
    out, notes = show.console(), Console(stderr=True)
    rows = []
    with explained(notes):
        settings = load_settings(config)
        # A rule file that can't be used is said before anything else.
        rule_sets()
        with Database(settings.url).read() as connection:
            for one in chosen(settings, station):
                day = date.date() if date else last_day(connection, one)
                if day is None:
                    continue
                for lane in one.lanes:
                    row = lane_row(connection, one, lane.number, day)
                    if row is None:
                        continue
                    rows.append(row)
                    if charts is not None:
                        charts.mkdir(parents=True, exist_ok=True)
                        seen = lane_nights(connection, one, lane.number, day)
                        picture = lane_chart(f"{one.name} 车道 {lane.number}", seen)
                        (charts / f"{one.id}-{lane.number}.png").write_bytes(picture)
    if as_json:
        show.json_lines(rows)
    else:
        out.print(tables.lane_table(rows))


def override(  # noqa: PLR0913 (each is an option of the command)
    station: Annotated[str, typer.Argument(help="station id or station file")],
    lane: Annotated[int, typer.Argument(help="lane number")],
    *,
    standing: Annotated[Word, typer.Option(help="what holds; measured: what the lane's statistics say")],
    reason: Annotated[str, typer.Option(help="why, such as the number of a verification certificate")],
    actor: Annotated[str, typer.Option("--by", help="who says so")],
    first: Annotated[datetime.datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="first local day")],
    last: Annotated[datetime.datetime, typer.Option("--until", formats=["%Y-%m-%d"], help="last local day")],
    config: ConfigOption = CONFIG,
) -> None:
    """Say how a lane stands on some days, whatever it measured; kept for good with who, when and why.

    Where that opens the gate, the next nightly run judges the leads of those days again.
    """
    notes = Console(stderr=True)
    with explained(notes):
        settings = load_settings(config)
        declared = settings.station(station)
        if lane not in {one.number for one in declared.lanes}:
            raise ConfigError(f"station {declared.id}: lane {lane} is not declared")
        try:
            said = Override(
                standing=standing.standing,
                actor=actor,
                reason=reason,
                first_day=first.date(),
                last_day=last.date(),
            )
        except ValueError as error:
            raise ConfigError(str(error)) from error
        with Database(settings.url).write("override.added") as connection:
            add_override(connection, declared.id, lane, said)
            waiting = count_waiting(connection, declared, lane, said.first_day, said.last_day)
    notes.print(f"已登记 kept; 该期间线索 leads of those days: {waiting:,}", highlight=False)
