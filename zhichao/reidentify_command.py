"""Who an unread vehicle may have been, and plates that two vehicles bear: `candidates`, `plate-conflicts`."""

import json

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipeline.reidentify.lists import candidate_rows, conflict_rows
from zhichao import show
from zhichao.chosen import DayOption, StationsOption, listed
from zhichao.exits import CONFIG, ConfigOption, JsonOption, explained
from zhichao.settings import load_settings


def candidates(
    *,
    date: DayOption = None,
    station: StationsOption = None,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """List which vehicles unread ones may have been, likeliest first: hints for a person, no accusation."""
    out, notes = show.console(), Console(stderr=True)
    with explained(notes):
        rows = listed(load_settings(config), station, date, candidate_rows)
    if as_json:
        show.json_lines(rows)
        return
    table = _table(
        "未识别车辆的可能车辆 candidates（仅供人工参考）", "检测点", "时间 time", "名次", "号牌 plate"
    )
    table.add_column("可能性", justify="right")
    table.add_column("依据 evidence")
    for row in rows:
        said = row["trouble"] or json.dumps(row["evidence"], ensure_ascii=False)
        probability = "" if row["plate"] == "" else f"{row['probability']:.3f}"
        probability += " 较可能 likely" * row["likely"]
        place = str(row["place"]) if row["place"] else "–"
        table.add_row(row["station"], row["time"][:19], place, row["plate"], probability, escape(said))
    out.print(table)


def plate_conflicts(
    *,
    date: DayOption = None,
    station: StationsOption = None,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """List plates that two vehicles seem to bear: for a person, and then for the police."""
    out, notes = show.console(), Console(stderr=True)
    with explained(notes):
        rows = listed(load_settings(config), station, date, conflict_rows)
    if as_json:
        show.json_lines(rows)
        return
    table = _table(
        "号牌冲突 plate conflicts（移送公安前由人工核对）", "号牌 plate", "本次 this", "前次 before"
    )
    table.add_column("所见 what was seen")
    for row in rows:
        places = [f"{row[f'{which}station']} {row[f'{which}time'][:19]}" for which in ("", "other_")]
        table.add_row(row["plate"], *places, escape(row["sentence"]))
    out.print(table)


def _table(title: str, *headings: str) -> Table:
    table = Table(title=title, title_justify="left")
    for heading in headings:
        table.add_column(heading, no_wrap=True)
    return table
