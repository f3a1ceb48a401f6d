"""Command of the stream: judge what stations push as it comes."""

import threading
from typing import Annotated

import typer
from rich.console import Console

from models.database import Database, DatabaseUnavailableError
from pipeline.executor import InlineExecutor
from pipeline.stream import StreamReport, StreamRun
from zhichao import logs, wiring
from zhichao.exits import CONFIG, ConfigOption, JsonOption, explained
from zhichao.settings import Settings, load_settings
from zhichao.stopping import stop_on_signals

LOGGER = logs.logger(__name__)
PAUSE_S = 0.5
UNAVAILABLE_S = 5.0


class NoProgress:
    """Shows nothing: the stream has no end to come nearer to."""

    def stage(self, label: str, total: int) -> None:
        """Begin a stage."""

    def step(self) -> None:
        """Do nothing."""


def stream_run(settings: Settings, database: Database) -> StreamRun:
    """Return the stream of an installation; its plate reader stays loaded, in this process."""
    night = wiring.nightly_run(settings, database, NoProgress(), InlineExecutor(wiring.reader(settings)))
    return StreamRun(
        night=night,
        settle_ms=round(settings.push.settle_s * 1000),
        patience_ms=round(settings.push.patience_s * 1000),
    )


def stream(
    *,
    pause: Annotated[float, typer.Option(min=0.05, help="seconds between looks when nothing came")] = PAUSE_S,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Judge what stations push as it comes, until stopped; several may run at once."""
    notes = Console(stderr=True)
    stop = threading.Event()
    stop_on_signals(stop)
    with explained(notes):
        settings = load_settings(config)
        run = stream_run(settings, Database(settings.url))
        logs.set_up(as_json=as_json)
        notes.print("实时研判 judging as records come (Ctrl+C 停止 stops it)", highlight=False)
        while not stop.is_set():
            try:
                report = run.round(settings.stations)
            except DatabaseUnavailableError as error:
                LOGGER.error("stream.unavailable", error=str(error))  # noqa: TRY400 (tried again in a moment)
                stop.wait(UNAVAILABLE_S)
                continue
            _tell(report)
            if report.idle:
                stop.wait(pause)


def _tell(report: StreamReport) -> None:
    for failure in report.failures:
        LOGGER.error("stream.failed", reason=failure)
    if report.cases_opened or report.leads_opened:
        LOGGER.info(
            "stream.opened", cases=report.cases_opened, leads=report.leads_opened, waiting=report.held
        )
