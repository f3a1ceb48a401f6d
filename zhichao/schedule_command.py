"""The command that keeps the schedule, and shows it."""

import threading
from collections.abc import Sequence
from contextlib import closing
from typing import Annotated, Any

import typer
import uvicorn
from rich.console import Console
from rich.table import Table

from models.case_life import ZONE
from models.clock import clock_ms
from models.database import Database
from models.schedule_view import JobLine, schedule_lines
from models.values.schedule import RunState
from models.values.timeline import from_ms
from zhichao import logs, show
from zhichao.exits import CONFIG, ConfigOption, Exit, JsonOption, explained
from zhichao.health.wiring import watched
from zhichao.schedule.installation import Installation
from zhichao.schedule.jobs import jobs
from zhichao.schedule.keeper import Inline, Keeper
from zhichao.settings import load_settings
from zhichao.stopping import stop_on_signals

CONNECTIONS = 16
END_S = 10


def schedule(
    *,
    status: Annotated[bool, typer.Option("--status", help="show what ran, is due, failed, and end")] = False,
    once: Annotated[bool, typer.Option("--once", help="run what is due now, and end")] = False,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Keep the schedule: nights, retries, deadlines, sending, upkeep; of several processes one does."""
    with explained(Console(stderr=True)):
        settings = load_settings(config)
        with closing(Database(settings.url)) as database:
            installation = Installation(
                config=config, settings=settings, database=database, clock_ms=clock_ms
            )
            if not status:
                logs.set_up(as_json=as_json or settings.log_format == "json")
                _keep(installation, once=once)
            if status or once:
                _show(installation, as_json=as_json)


def _keep(installation: Installation, *, once: bool) -> None:
    if once:
        keeper = Keeper(installation, jobs, Inline())
        kept = keeper.beat()
        keeper.give_back()
        if not kept:
            raise typer.Exit(Exit.UNAVAILABLE)
        return
    stop_on_signals(installation.stopping)
    keeper = Keeper(installation, jobs)
    more = {"schedule": keeper.problem, "settings": lambda: installation.problem}
    served = watched("schedule", None, installation.settings, installation.database, more)
    where = installation.settings.schedule
    config = uvicorn.Config(
        served,
        host=where.host,
        port=where.port,
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        limit_concurrency=CONNECTIONS,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, name="health", daemon=True)
    thread.start()
    try:
        keeper.run()
    finally:
        server.should_exit = True
        thread.join(END_S)


def _show(installation: Installation, *, as_json: bool) -> None:
    with installation.database.read() as connection:
        lines = schedule_lines(connection)
    if as_json:
        show.json_lines(line.as_json() for line in lines)
    else:
        show.console().print(_table(lines))
    if any(line.state is RunState.FAILED for line in lines):
        raise typer.Exit(Exit.TROUBLE)


def _table(lines: Sequence[JobLine]) -> Table:
    table = Table(title="定时任务 schedule", title_justify="left")
    for heading in ("任务 job", "时间 when", "下次 next", "上次 last", "结果 state", "说明 summary"):
        table.add_column(heading)
    for line in lines:
        cells: list[Any] = [f"{line.label} {line.name}", line.timing, _clock(line.next_at)]
        state = line.state.label if line.state else "—"
        table.add_row(*cells, _clock(line.started_at), state, line.summary)
    return table


def _clock(instant_ms: int | None) -> str:
    return "—" if instant_ms is None else f"{from_ms(instant_ms, ZONE):%m-%d %H:%M}"
