"""Commands of the stream: listen for what stations push."""

import asyncio
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import Annotated

import typer
from rich.console import Console

from models.database import Database
from models.errors import MisuseError
from stations.push.app import push_app
from stations.push.heard import raise_hands
from stations.push.listener import listener, tls_of
from stations.push.settings import Push
from stations.push.take_in import TakeIn
from stations.station import Station
from zhichao import logs, wiring
from zhichao.beside import beside
from zhichao.exits import CONFIG, ConfigOption, JsonOption, explained
from zhichao.health import readiness
from zhichao.health.readiness import Check
from zhichao.health.wiring import watched
from zhichao.settings import Settings, load_settings

LOGGER = logs.logger(__name__)
WATCH_S, AGAIN_S = 5.0, 1.0


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
        with (
            beside("silence", silence(taking, sorted(stations), push.silent_s), WATCH_S) as watching,
            from_broker(taking, stations, push) as more,
        ):
            tls = tls_of(push)
            checks: dict[str, Check] = {"silence": watching, **more, **readiness.certificate(tls)}
            app = push_app(taking, stations, push)
            server = listener(watched("stations", app, settings, taking.database, checks), push, tls)
            scheme = "https" if tls else "http"
            notes.print(
                f"检测点推送 stations push to: {scheme}://{push.host}:{push.port}/  (Ctrl+C 停止 stops it)",
                highlight=False,
            )
            server.run()


def silence(taking: TakeIn, station_ids: Sequence[str], silent_s: float) -> Callable[[threading.Event], None]:
    """Return a look that raises the hand of each station that fell silent."""

    def look(_stop: threading.Event) -> None:
        with taking.database.write("push.silent") as connection:
            now_ms = taking.intake.now_ms()
            silent = raise_hands(connection, station_ids, now_ms, round(silent_s * 1000))
        for station_id in silent:
            LOGGER.warning("push.silent", station=station_id)

    return look


@contextmanager
def from_broker(taking: TakeIn, stations: Mapping[str, Station], push: Push) -> Iterator[Mapping[str, Check]]:
    """Take from the broker too, where there is one, in a thread with a loop of its own."""
    if not push.broker:
        yield {}
        return
    try:
        found = import_module("stations.push.broker")
    except ImportError as error:
        raise MisuseError("push.broker needs the package nats-py") from error
    if push.broker_credentials and find_spec("nkeys") is None:
        raise MisuseError("push.broker_credentials needs the package nkeys")
    broker = found.Broker(take_in=taking, stations=stations, push=push)

    def take(stop: threading.Event) -> None:
        asyncio.run(broker.run(stop))

    with beside("broker", take, AGAIN_S) as goes_on:
        yield {"broker": lambda: goes_on() or broker.problem}
