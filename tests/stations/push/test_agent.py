"""The station's agent: it survives outages, loses nothing and doubles nothing."""

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
import stamina
from fake_reader import frame_bytes
from pushing import Pushing, upload
from sqlalchemy import func, select

from models.push_tables import StationHeard
from models.renewed import Renewed
from models.tables import Frame, Passage
from stations.push import agent as agents
from stations.push.agent import Agent, HttpSender, LaterError


@pytest.fixture(autouse=True)
def no_waiting() -> Iterator[None]:
    stamina.set_testing(True, attempts=2)
    yield
    stamina.set_testing(False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "devices"
    made.mkdir()
    return made


def write(folder: Path, number: int) -> None:
    record = upload(str(number), frontImage=f"{number}.png")
    (folder / f"{number}.png").write_bytes(frame_bytes(number))
    (folder / f"{number}.json").write_text(json.dumps(record), encoding="utf-8")


Connect = Callable[[Pushing, str], HttpSender]


@pytest.fixture
def sender() -> Iterator[Connect]:
    with ExitStack() as stack:

        def connect(pushing: Pushing, url: str) -> HttpSender:
            client = httpx.Client(base_url=url, headers=pushing.headers(), trust_env=False, timeout=5)
            stack.enter_context(client)
            return HttpSender(client=Renewed([], lambda: client), records=(".json",))

        yield connect


def counts(pushing: Pushing) -> tuple[int, int]:
    with pushing.database.read() as connection:
        return (
            connection.scalar(select(func.count()).select_from(Passage)) or 0,
            connection.scalar(select(func.count()).select_from(Frame)) or 0,
        )


def left(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_folder_is_sent_and_emptied(pushing: Pushing, folder: Path, sender: Connect) -> None:
    for number in range(5):
        write(folder, number)
    (folder / "unfinished.json.part").write_text("{", encoding="utf-8")
    with pushing.listening() as url:
        agent = Agent(folder=folder, sender=sender(pushing, url))
        assert agent.round() == 10
        assert agent.round() == 0
    assert counts(pushing) == (5, 5)
    assert left(folder) == ["unfinished.json.part"]
    with pushing.database.read() as connection:
        assert connection.scalar(select(StationHeard.heartbeat_at)) is not None


def test_an_outage_keeps_everything(pushing: Pushing, folder: Path, sender: Connect) -> None:
    with pushing.listening() as url:
        pass
    for number in range(3):
        write(folder, number)
    agent = Agent(folder=folder, sender=sender(pushing, url))
    assert agent.round() == 0
    assert len(left(folder)) == 6
    with pushing.listening() as url:
        assert Agent(folder=folder, sender=sender(pushing, url)).round() == 6
    assert (counts(pushing), left(folder)) == ((3, 3), [])


class Forgetful:
    """Takes everything, and dies before the answer arrives, each second time."""

    def __init__(self, inner: HttpSender) -> None:
        self.inner, self.calls = inner, 0

    def send(self, name: str, body: bytes) -> str:
        digest = self.inner.send(name, body)
        self.calls += 1
        if self.calls % 2:
            raise KeyboardInterrupt
        return digest

    def heartbeat(self, waiting: int) -> None:
        self.inner.heartbeat(waiting)


def test_killed_before_the_receipt_it_sends_again_and_nothing_is_doubled(
    pushing: Pushing, folder: Path, sender: Connect
) -> None:
    for number in range(4):
        write(folder, number)
    with pushing.listening() as url:
        forgetful = Forgetful(sender(pushing, url))
        for _ in range(20):
            try:
                Agent(folder=folder, sender=forgetful).round()
            except KeyboardInterrupt:
                continue
    assert (counts(pushing), left(folder)) == ((4, 4), [])
    assert forgetful.calls > 8


def test_what_is_refused_is_set_aside(pushing: Pushing, folder: Path, sender: Connect) -> None:
    (folder / "0.png").write_bytes(b"x" * (pushing.push.frame_bytes + 1))
    write(folder, 1)
    os.utime(folder / "0.png", (0, 0))
    with pushing.listening() as url:
        assert Agent(folder=folder, sender=sender(pushing, url), keep_sent=True).round() == 2
    assert left(folder) == ["refused/0.png", "refused/0.png.reason.txt", "sent/1.json", "sent/1.png"]
    assert "too_large" in (folder / "refused" / "0.png.reason.txt").read_text(encoding="utf-8")


def test_a_name_that_comes_twice_replaces_nothing_set_aside(
    pushing: Pushing, folder: Path, sender: Connect
) -> None:
    with pushing.listening() as url:
        agent = Agent(folder=folder, sender=sender(pushing, url), keep_sent=True)
        for filler in (b"x", b"y", b"y"):
            (folder / "0.png").write_bytes(filler * (pushing.push.frame_bytes + 1))
            agent.round()
        for number in (1, 2):
            (folder / "1.png").write_bytes(frame_bytes(number))
            agent.round()
    kept = [path for path in folder.rglob("*.png") if path.is_file()]
    assert {path.read_bytes() for path in kept if path.parent.name == "sent"} == {
        frame_bytes(1),
        frame_bytes(2),
    }
    assert {path.read_bytes()[:1] for path in kept if path.parent.name == "refused"} == {b"x", b"y"}


def test_a_file_that_cannot_be_sent_keeps_no_other_back(
    pushing: Pushing, folder: Path, sender: Connect
) -> None:
    Path(os.fsdecode(os.fsencode(folder) + b"/" + "抓拍.png".encode("gbk"))).write_bytes(frame_bytes(0))
    (folder / ("n" * 250 + ".png")).write_bytes(frame_bytes(1))
    for path in folder.iterdir():
        os.utime(path, (0, 0))
    write(folder, 2)
    with pushing.listening() as url:
        Agent(folder=folder, sender=sender(pushing, url)).round()
    assert counts(pushing) == (1, 1)
    assert len([path for path in (folder / "refused").iterdir() if path.suffix == ".png"]) == 2


def test_one_that_nobody_takes_keeps_no_other_back(folder: Path) -> None:
    class Stubborn:
        def send(self, name: str, body: bytes) -> str:
            if name == "0.png":
                raise LaterError("not just now")
            return hashlib.sha256(body).hexdigest()

        def heartbeat(self, waiting: int) -> None:
            assert waiting >= 0

    for number in range(4):
        (folder / f"{number}.png").write_bytes(b"%d" % number)
        os.utime(folder / f"{number}.png", (number, number))
    agent = Agent(folder=folder, sender=Stubborn())
    assert [agent.round() for _ in range(3)] == [0, 3, 0]
    assert left(folder) == ["0.png"]


def test_a_token_that_does_not_hold_loses_nothing(pushing: Pushing, folder: Path, sender: Connect) -> None:
    write(folder, 1)
    with pushing.listening() as url:
        bad = sender(pushing, url)
        bad.client.latest()[0].headers["Authorization"] = "Bearer nobody"
        assert Agent(folder=folder, sender=bad).round() == 0
    assert left(folder) == ["1.json", "1.png"]


def test_the_oldest_go_first_and_no_more_are_listed_than_that(
    pushing: Pushing, folder: Path, sender: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agents, "LISTED", 3)
    for number in range(5):
        path = folder / f"{number}.png"
        path.write_bytes(frame_bytes(number))
        os.utime(path, (1000 - number, 1000 - number))
    with pushing.listening() as url:
        assert Agent(folder=folder, sender=sender(pushing, url)).round() == 3
    assert left(folder) == ["0.png", "1.png"]


@pytest.mark.parametrize(("header", "seconds"), [("7", 7), ("", 0), ("Wed, 21 Oct 2015 07:28:00 GMT", 0)])
def test_the_listener_says_how_long_to_wait(header: str, seconds: float) -> None:
    def busy(_: httpx.Request) -> httpx.Response:
        return httpx.Response(429, headers={"Retry-After": header} if header else {})

    with httpx.Client(transport=httpx.MockTransport(busy), base_url="http://x") as slow:
        with pytest.raises(LaterError) as caught:
            HttpSender(client=Renewed([], lambda: slow), records=(".json",)).send("1.json", b"{}")
        assert caught.value.wait_s == seconds
