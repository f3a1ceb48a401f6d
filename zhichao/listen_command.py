"""Commands of the stream: listen for what stations push."""

import asyncio
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from models.database import Database, DatabaseUnavailableError
from models.errors import MisuseError
from stations.push.app import push_app
from stations.push.heard import raise_hands
from stations.push.listener import listener
from stations.push.settings import Push
from stations.push.take_in import TakeIn
from stations.station import Station
from zhichao import logs, wiring
from zhichao.exits import CONFIG, ConfigOption, JsonOption, explained
from zhichao.health import readiness
from zhichao.health.wiring import watched
from zhichao.settings import Settings, load_settings

LOGGER = logs.logger(__name__)
WATCH_S, STOP_S = 5.0, 10.0


def take_in(settings: Settings, database: Database) -> TakeIn:
    """Return the take-in of an installation."""
    return TakeIn(
        intake=wiring.intake(settings, database),
        future_ms=round(settings.push.future_s * 1000),
        quarantine_max=settings.push.quarantine,
    )


def listen(
    *,
    host: Annotated[str, typer.Option(help="address; default: push.host of the settings")] = "",
    port: Annotated[int, typer.Option(help="port; default: push.port of the settings")] = 0,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Listen for the records, frames and heartbeats that stations push, until stopped."""
    notes = Console(stderr=True)
    with explained(notes):
        settings = load_settings(config)
        push = settings.push.model_copy(
            update={"host": host or settings.push.host, "port": port or settings.push.port}
        )
        taking = take_in(settings, Database(settings.url))
        stations = {station.id: station for station in settings.stations}
        logs.set_up(as_json=as_json or settings.log_format == "json")
        more = {"certificate": readiness.certificate(Path(push.certificate))} if push.certificate else {}
        served = watched("stations", push_app(taking, stations, push), settings, taking.database, more)
        server = listener(served, push)
        scheme = "https" if push.certificate else "http"
        notes.print(
            f"检测点推送 stations push to: {scheme}://{push.host}:{push.port}/  (Ctrl+C 停止 stops it)",
            highlight=False,
        )
        with watching(taking, sorted(stations), push.silent_s), from_broker(taking, stations, push):
            server.run()


@contextmanager
def watching(taking: TakeIn, station_ids: list[str], silent_s: float) -> Iterator[None]:
    """Raise the hand of each station that falls silent, while the block runs."""
    stop = threading.Event()

    def watch() -> None:
        while not stop.wait(WATCH_S):
            try:
                with taking.database.write("push.silent") as connection:
                    now_ms = taking.intake.now_ms()
                    silent = raise_hands(connection, station_ids, now_ms, round(silent_s * 1000))
            except DatabaseUnavailableError as error:
                LOGGER.error("push.unavailable", error=str(error))  # noqa: TRY400 (tried again in a moment)
                continue
            for station_id in silent:
                LOGGER.warning("push.silent", station=station_id)

    thread = threading.Thread(target=watch, name="silence", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@contextmanager
def from_broker(taking: TakeIn, stations: Mapping[str, Station], push: Push) -> Iterator[None]:
    """Take from the broker too, where there is one, in a thread with a loop of its own."""
    if not push.broker:
        yield
        return
    try:
        broker = import_module("stations.push.broker")
    except ImportError as error:
        raise MisuseError("push.broker needs the package nats-py") from error
    loop, stop = asyncio.new_event_loop(), asyncio.Event()
    run = broker.Broker(take_in=taking, stations=stations, push=push).run
    thread = threading.Thread(target=lambda: loop.run_until_complete(run(stop)), name="broker", daemon=True)
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(STOP_S)
