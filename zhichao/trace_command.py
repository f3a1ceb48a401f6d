"""The command that follows one truck through everything kept of it: `trace`."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from models.case_life import ZONE
from models.database import Database
from models.errors import MisuseError
from models.values.timeline import from_ms
from zhichao import show
from zhichao.exits import CONFIG, ConfigOption, JsonOption, explained
from zhichao.followed import followed
from zhichao.settings import load_settings


def trace(
    what: Annotated[str, typer.Argument(help="trace of a log line, case number, or document number")],
    *,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Follow one truck from its record to the last notice: what happened, when, and by whom."""
    out, notes = show.console(), Console(stderr=True)
    with explained(notes):
        database = Database(load_settings(config).url)
        with database.read() as connection:
            steps = followed(connection, what)
        if not steps:
            raise MisuseError(f"{what}: 没有这样的追踪号、案件号或文书号 no such trace, case or document")
    if as_json:
        show.json_lines({"at": step.at_ms, "what": step.what, "says": step.says} for step in steps)
        return
    table = Table("时间 when", "事项 what", "内容 says", title=f"{what} 全程 from record to notice")
    for step in steps:
        table.add_row(f"{from_ms(step.at_ms, ZONE):%Y-%m-%d %H:%M:%S}", step.what, step.says)
    out.print(table)
