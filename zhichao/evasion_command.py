"""Who drove so that the scale could not weigh: `evasion`."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from models.database import Database
from pipeline.evasion.rows import manoeuvre_rows
from pipeline.evasion.watch import observable_on
from zhichao import show
from zhichao.chosen import DayOption, StationsOption, chosen
from zhichao.exits import CONFIG, ConfigOption, JsonOption, explained
from zhichao.settings import load_settings


def evasion(
    *,
    date: DayOption = None,
    station: StationsOption = None,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """List manoeuvres that spoil a weighing; --date also tells what that day's records could not show."""
    out, notes = show.console(), Console(stderr=True)
    with explained(notes):
        settings = load_settings(config)
        stations = chosen(settings, station)
        day = date.date() if date else None
        with Database(settings.url).read() as connection:
            rows = [row for one in stations for row in manoeuvre_rows(connection, one, day)]
            could = {one.id: observable_on(connection, one, day) for one in stations} if day else {}
    if as_json:
        show.json_lines(rows)
    else:
        out.print(manoeuvre_table(rows))
    for name, told in could.items():
        for one in told:
            if one.trucks:
                notes.print(f"{name} {one.words}", highlight=False, soft_wrap=True)


def manoeuvre_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """Return the manoeuvres, one line each."""
    table = Table(title="规避检测 evasion（由人工认定）", title_justify="left")
    for heading in ("检测点 station", "过车 passage", "时间 time", "车道", "轴 axles"):
        table.add_column(heading, no_wrap=True)
    table.add_column("实测 kg", justify="right", no_wrap=True)
    table.add_column("所见 what was seen")
    for row in rows:
        said = f"{row['sentence']}（{row['excused']}，不作为涉嫌）" if row["excused"] else row["sentence"]
        table.add_row(
            row["station"],
            str(row["passage"]),
            row["time"][:19],
            str(row["lane"]),
            str(row["axle_count"]),
            f"{row['gross_kg']:,}",
            escape(said),
        )
    return table
