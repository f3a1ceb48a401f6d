"""A counter's day replayed through listener and stream, the server killed: each record once, how soon a case.

Timing is that of a real counter where its file is given (--file, a ASTRA counter's CSV), made otherwise;
loads and frames are made. Each vehicle is a record; those over the limit also send a frame, drawn and read.
"""

import argparse
import asyncio
import json
import random
import signal
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from itertools import cycle
from pathlib import Path

import aiohttp
import numpy as np
from fresh_database import fresh_database
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats_server import NatsServer
from processes import Watched, watched
from runner import keep, machine
from sqlalchemy import func, select
from stream_day import FRAMES, crossings, pictures, record
from stream_site import STATION, Site

from models.case_tables import CaseEvent
from models.tables import Case, Chunk, Finding, Frame, Passage, SourceFile
from models.values.states import ChunkState
from stations.push.broker import make_stream, subject

UNDER_WAY, QUIET_S, LONGEST_S, PARTS, WARM_UP = 64, 15.0, 900.0, 6, 999_999
Send = Callable[[str, str, bytes], Awaitable[None]]


async def over_http(
    client: aiohttp.ClientSession, ports: Iterator[int], kind: str, name: str, body: bytes
) -> None:
    """Send until there is a receipt, to the listeners in turn."""
    for port in ports:
        if kind == "records":
            data: object = body
            headers = {"Content-Type": "application/json"}
        else:
            data, headers = aiohttp.FormData({}), {}
            data.add_field("frame", body, filename=name)
        try:
            async with client.post(
                f"http://127.0.0.1:{port}/v1/{kind}", data=data, headers=headers
            ) as answer:
                await answer.read()
        except (aiohttp.ClientError, TimeoutError, OSError):
            await asyncio.sleep(0.2)
            continue
        if answer.ok:
            return
        await asyncio.sleep(min(float(answer.headers.get("Retry-After", "1")), 1.0))


async def replay(
    given: argparse.Namespace, site: Site, send: Send, trouble: list[Callable[[], Awaitable[None]]]
) -> dict[str, float]:
    """Send every vehicle when it crosses, `given.speed` times as fast; return when each crossed."""
    chance, frames = random.Random(2), pictures()  # noqa: S311 (no secret)
    plan = crossings(given)
    crossed: dict[str, float] = {}
    room = asyncio.Semaphore(UNDER_WAY)

    async def vehicle(number: int, said: dict[str, object], picture: bytes | None) -> None:
        async with room:
            await send("records", "", json.dumps(said).encode())
            if picture is not None:
                await send("frames", f"{number:06d}.jpg", picture)

    # The first case waits for processes to start and models to load; it is not counted.
    await vehicle(WARM_UP, record(WARM_UP, plan[0][0], 1, over=True), frames[0])
    await asyncio.to_thread(site.until_first_case)
    begin, first_s = time.time(), plan[0][0]
    troubles = {len(plan) * (n + 1) // (len(trouble) + 1): one for n, one in enumerate(trouble)}
    async with asyncio.TaskGroup() as group:
        for number, (at_s, lane) in enumerate(plan):
            if time.time() - begin > 60 * given.minutes:
                break
            if number in troubles:
                group.create_task(troubles[number]())  # type: ignore[arg-type]
            due = begin + (at_s - first_s) / given.speed
            if (wait_s := due - time.time()) > 0:
                await asyncio.sleep(wait_s)
            over = chance.random() < given.over
            said = record(number, at_s, lane, over=over)
            crossed[str(said["previewCode"])] = due
            group.create_task(vehicle(number, said, frames[number % FRAMES] if over else None))
    return crossed


def until_quiet(site: Site, rows: int) -> None:
    """Wait until everything is here and judged and no case was opened for some time."""
    last, since, end = (-1, -1), time.time(), time.time() + LONGEST_S
    while time.time() - since < QUIET_S and time.time() < end:
        with site.database.read() as connection:
            cases = connection.scalar(select(func.count()).select_from(Case)) or 0
            here = connection.scalar(select(func.count()).select_from(Passage)) or 0
            undone = connection.scalar(
                select(func.count())
                .select_from(Passage)
                .outerjoin(Chunk, Chunk.id == Passage.chunk_id)
                .where((Passage.chunk_id.is_(None)) | (Chunk.state != ChunkState.DONE))
            )
        if (cases, here) != last or undone or here != rows:
            last, since = (cases, here), time.time()
        time.sleep(1)


def outcome(site: Site, crossed: dict[str, float], over: int) -> list[str]:
    """Say what is there, and how long each record and each case took."""
    with site.database.read() as connection:
        came = connection.execute(
            select(Passage.record_key, SourceFile.received_at).join(
                SourceFile, SourceFile.id == Passage.source_id
            )
        ).all()
        frames = connection.scalar(select(func.count()).select_from(Frame)) or 0
        cases = connection.scalar(select(func.count()).select_from(Case)) or 0
        opened = connection.execute(
            select(Passage.record_key, SourceFile.received_at, func.min(CaseEvent.at))
            .join(SourceFile, SourceFile.id == Passage.source_id)
            .join(Finding, Finding.passage_id == Passage.id)
            .join(CaseEvent, CaseEvent.case_id == Finding.case_id)
            .group_by(Passage.record_key, SourceFile.received_at)
            .order_by(SourceFile.received_at)
        ).all()
    came = [one for one in came if one[0] in crossed]
    opened = [one for one in opened if one[0] in crossed]
    is_once = sorted(key for key, _ in came) == sorted(crossed)
    once = "every record once" if is_once else "RECORDS LOST OR DOUBLED"
    taken = [(at - received) / 1000 for _, received, at in opened]
    return [
        f"records sent {len(crossed):,}, kept {len(came):,}: {once}; frames {frames - 1} of {over}",
        f"over the limit {over}, of these in cases {len(opened)}; cases {cases - 1}",
        _waits("crossing to arrival of the record", [at / 1000 - crossed[key] for key, at in came]),
        _waits("crossing to case", [at / 1000 - crossed[key] for key, _, at in opened]),
        _waits("arrival of the record to case", taken),
        *(
            _waits(f"  the same, part {number} of {PARTS}", part.tolist())
            for number, part in enumerate(np.array_split(np.array(taken), PARTS), start=1)
        ),
    ]


def _waits(words: str, waits_s: list[float]) -> str:
    if not waits_s:
        return f"{words}: none"
    p50, p95, p99 = np.percentile(waits_s, [50, 95, 99])
    return f"{words}: p50 {p50:.1f} s, p95 {p95:.1f} s, p99 {p99:.1f} s, longest {max(waits_s):.1f} s"


async def by_http(given: argparse.Namespace, site: Site) -> dict[str, float]:
    """Replay over HTTP, all of the site killed meanwhile."""
    ports = cycle(site.ports)
    async with aiohttp.ClientSession(
        headers={"Authorization": f"Bearer {site.token}"},
        timeout=aiohttp.ClientTimeout(60),
        connector=aiohttp.TCPConnector(limit=UNDER_WAY // 2),
    ) as client:

        async def send(kind: str, name: str, body: bytes) -> None:
            await over_http(client, ports, kind, name, body)

        return await replay(given, site, send, [site.kill] * given.kills)


async def by_broker(given: argparse.Namespace, site: Site, server: NatsServer) -> dict[str, float]:
    """Replay through JetStream, the site killed twice and the broker once between."""
    client = Client()
    await client.connect(server.url, max_reconnect_attempts=-1, reconnect_time_wait=1)
    stream = client.jetstream()
    await make_stream(stream)

    async def send(kind: str, name: str, body: bytes) -> None:
        headers = {"Authorization": f"Bearer {site.token}", "Zhichao-Name": name}
        while True:
            try:
                await stream.publish(subject(STATION, kind), body, headers=headers, timeout=5)
            except (NatsError, TimeoutError, OSError):
                await asyncio.sleep(0.2)
                continue
            return

    async def restart() -> None:
        await asyncio.to_thread(server.kill)
        await asyncio.to_thread(server.start)

    try:
        return await replay(given, site, send, [site.kill, restart, site.kill] if given.kills else [])
    finally:
        await client.close()


def main() -> None:
    """Replay and keep what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2_000, help="vehicles")
    parser.add_argument("--hour", type=float, default=6, help="hour of the day of the first")
    parser.add_argument("--file", type=Path, help="the counter's CSV (gzip); made timing without it")
    parser.add_argument("--speed", type=float, default=60, help="times as fast as they came")
    parser.add_argument("--minutes", type=float, default=600, help="begin to send no more after so long")
    parser.add_argument("--over", type=float, default=0.005, help="share over the limit, with a frame each")
    parser.add_argument("--via", choices=["http", "broker"], default="http")
    parser.add_argument("--kills", type=int, choices=[0, 2], default=2, help="how often the site is killed")
    parser.add_argument("--listeners", type=int, default=1, help="listeners on the one database")
    parser.add_argument("--postgres", action="store_true", help="into PostgreSQL, else SQLite")
    given = parser.parse_args()
    given.repeats = 1
    with ExitStack() as open_ones:
        folder = Path(tempfile.mkdtemp())
        # A day leaves as many files, and clearing them away takes minutes: nobody waits for that.
        open_ones.callback(subprocess.Popen, ["rm", "-rf", str(folder)])
        url, database = open_ones.enter_context(fresh_database(folder, postgres=given.postgres))
        server = NatsServer(folder / "nats") if given.via == "broker" else None
        if server:
            open_ones.callback(server.kill)
        site = Site(folder, url, server.url if server else "", given.listeners)
        open_ones.callback(site.close)
        by_database = open_ones.enter_context(watched(database)) if database else Watched()
        begin, own_s = time.time(), time.process_time()
        crossed = asyncio.run(by_broker(given, site, server) if server else by_http(given, site))
        sent_s, own_s = time.time() - begin, time.process_time() - own_s
        until_quiet(site, len(crossed) + 1)
        chance = random.Random(2)  # noqa: S311 (as the replay drew it)
        over = sum(chance.random() < given.over for _ in crossed)
        lines = [
            f"through {given.via}, {given.speed:g} times as fast, sent in {sent_s:.0f} s "
            f"({len(crossed) / sent_s:.0f} a second); listeners: {given.listeners}; all killed "
            f"{given.kills} times" + (", the broker once" if server and given.kills else ""),
            *outcome(site, crossed, over),
        ]
        site.end(signal.SIGTERM)
        spent_s = {"sender": own_s, **site.spent_s, "database": by_database.total_s}
        took = ", ".join(f"{name} {1000 * one / len(crossed):.1f}" for name, one in spent_s.items() if one)
        versions = machine(("sqlalchemy", "fastapi", "uvicorn", "aiohttp", "nats-py"))
        how = f"stream-{given.via}" + "-postgres" * given.postgres
        how += f"-{given.listeners}-listeners" * (given.listeners > 1) + "-full-speed" * (given.kills == 0)
        keep(how, given, [*lines, f"processor time, ms a record: {took}", *versions])


if __name__ == "__main__":
    main()
