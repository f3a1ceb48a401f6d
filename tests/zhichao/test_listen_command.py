"""What goes on beside the stations' listener: it begins again whatever breaks it, and /ready tells."""

import threading
import time
from collections.abc import Callable
from importlib import util
from pathlib import Path

import pytest
from pushing import Pushing

from models.database import Database
from models.errors import MisuseError
from stations.push.heard import heard, raise_hands
from stations.push.settings import Push
from stations.station import Station
from zhichao.beside import beside
from zhichao.listen_command import from_broker, silence


@pytest.fixture
def pushing(tmp_path: Path, database: Database, make_station: Callable[..., Station]) -> Pushing:
    return Pushing(tmp_path, database, make_station(id="one", format="station_upload", code="330482A01"))


def until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not done():
        assert time.monotonic() < end, "what was awaited did not come"
        time.sleep(0.01)


def test_what_breaks_is_told_and_begins_again() -> None:
    begun: list[int] = []
    mended = threading.Event()

    def work(_stop: threading.Event) -> None:
        begun.append(1)
        if not mended.is_set():
            raise LookupError("nobody foresaw this")

    with beside("test", work, 0.01) as check:
        until(lambda: check() == "LookupError: nobody foresaw this")
        until(lambda: len(begun) > 3)
        mended.set()
        until(lambda: check() == "")
        so_far = len(begun)
        until(lambda: len(begun) > so_far)
    assert check() == "it has ended"


def test_work_that_lasts_is_not_well_the_moment_it_begins_again(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[int] = []

    def work(stop: threading.Event) -> None:
        begun.append(1)
        if len(begun) == 1:
            raise LookupError("nobody foresaw this")
        stop.wait(10)

    with beside("test", work, 0.01) as check:
        until(lambda: len(begun) > 1)
        assert check() == "LookupError: nobody foresaw this"
        monkeypatch.setattr("zhichao.beside.WELL_S", 0.0)
        assert check() == ""


def test_two_listeners_raise_one_hand(pushing: Pushing, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both look before either writes, as two processes may on PostgreSQL."""
    later = pushing.now_ms + 100_000
    with pushing.database.write("test") as connection:
        heard(connection, "one", pushing.now_ms)
        assert raise_hands(connection, ["one"], later, 60_000) == ["one"]
        monkeypatch.setattr("stations.push.heard._silent", list)
        assert raise_hands(connection, ["one"], later, 60_000) == []


def test_the_watch_over_silence_outlives_anything(pushing: Pushing, monkeypatch: pytest.MonkeyPatch) -> None:
    with pushing.database.write("test") as connection:
        heard(connection, "one", pushing.now_ms)
    pushing.now_ms += 100_000
    broken = [True]

    def breaks(*given: object) -> list[str]:
        if broken:
            raise ZeroDivisionError
        return raise_hands(*given)  # type: ignore[arg-type]

    monkeypatch.setattr("zhichao.listen_command.raise_hands", breaks)
    told: list[str] = []
    monkeypatch.setattr("zhichao.listen_command.LOGGER.warning", lambda _event, station: told.append(station))
    with beside("silence", silence(pushing.take_in, ["one"], 60), 0.01) as check:
        until(lambda: check().startswith("ZeroDivisionError"))
        broken.clear()
        until(lambda: told == ["one"])
        until(lambda: check() == "")


def test_a_broker_that_never_was_there_is_a_problem_and_ends_with_the_listener(pushing: Pushing) -> None:
    push = Push(broker="nats://127.0.0.1:9")
    with from_broker(pushing.take_in, pushing.stations, push) as checks:
        assert checks["broker"]()
        began = time.monotonic()
    assert time.monotonic() - began < 5
    with from_broker(pushing.take_in, pushing.stations, Push()) as checks:
        assert checks == {}


def test_credentials_for_the_broker_need_their_package(
    pushing: Pushing, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = util.find_spec
    monkeypatch.setattr(
        "zhichao.listen_command.find_spec", lambda name: None if name == "nkeys" else found(name)
    )
    push = Push(broker="nats://127.0.0.1:9", broker_credentials="station.creds")
    with (
        pytest.raises(MisuseError, match="needs the package nkeys"),
        from_broker(pushing.take_in, pushing.stations, push),
    ):
        pass
