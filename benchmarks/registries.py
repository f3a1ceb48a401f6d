"""A night of candidate cases against two simulated registries in processes of their own, one with an outage.

Time is told beside its bound: median latency x requests / allowed concurrency, of the slower registry. The
10 minutes of outage are compressed, as is the pause after which a registry that is down is asked again.
"""

import argparse
import multiprocessing
import statistics
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import ClassVar

import httpx
import stamina
from records import bench_station
from runner import RESULTS, machine
from sqlalchemy import func, select
from stamina.instrumentation import RetryDetails

from models.database import Database
from models.registry_tables import CaseLookup, RegistryQuery
from pipeline.registries import asking
from pipeline.registries.line import Line
from pipeline.registries.look_up import LookupReport
from pipeline.registries.settings import RegistrySettings
from pipeline.registries.simulated.dials import Dials
from pipeline.registries.simulated.fleet import invent_fleet
from pipeline.registries.simulated.serve import registry_server, settings_of

sys.path.append(str(Path(__file__).parents[1] / "tests" / "support"))
from registry_cases import DAY, add_cases, registries_of, trucks

SECRET = "only in this benchmark"  # noqa: S105 (a simulation's)
OUTAGE_S, PAUSE_S = 600.0, 30.0
KINDS = ("zhejiang", "shanghai")


def serve(kind: str, cases: int, dials: Dials, pipe: Connection) -> None:
    """Serve one registry in this process until told to stop."""
    fleet = invent_fleet(trucks(cases), 1, {})
    # The clock of another process began at its own start.
    dials.started = time.monotonic()
    with registry_server(kind, fleet, dials, SECRET) as server:
        pipe.send(server.port)
        pipe.recv()
        dials.started = time.monotonic()
        pipe.send("ready")
        pipe.recv()
        pipe.send(dict(dials.asked))


class Timed(Line):
    """A line that notes how long each answer really took: other programs on the machine add to it."""

    latencies_s: ClassVar[list[float]] = []

    async def _fetch(self, request: httpx.Request) -> bytes:
        start = time.perf_counter()
        try:
            return await super()._fetch(request)
        finally:
            self.latencies_s.append(time.perf_counter() - start)


def night(given: argparse.Namespace, outage_s: float, patience_s: float) -> list[str]:
    """Run one night and say what it took."""
    context = multiprocessing.get_context("spawn")
    retries: Counter[str] = Counter()

    def retried(_details: RetryDetails) -> None:
        retries["all"] += 1

    stamina.instrumentation.set_on_retry_hooks([retried])
    asking.Line = Timed  # type: ignore[misc]
    Timed.latencies_s.clear()
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        secret = folder / "secret"
        secret.write_text(SECRET, encoding="ascii")
        database = Database(f"sqlite:///{folder / 'bench.sqlite'}")
        stack.callback(database.close)
        add_cases(database, bench_station(), trucks(given.cases))
        pipes: dict[str, Connection] = {}
        settings: list[RegistrySettings] = []
        for number, kind in enumerate(KINDS):
            outages = ((given.outage_from_s, given.outage_from_s + outage_s),) * (kind == "shanghai")
            dials = Dials(
                latency_s=given.latency_ms / 1000,
                error_share=given.errors,
                outages=outages if outage_s else (),
                seed=number,
            )
            ours, theirs = context.Pipe()
            process = context.Process(target=serve, args=(kind, given.cases, dials, theirs), daemon=True)
            process.start()
            stack.callback(process.join)
            pipes[kind] = ours
            settings.append(
                settings_of(
                    kind,
                    ours.recv(),
                    secret,
                    concurrency=given.concurrency,
                    per_second=10_000,
                    pause_s=PAUSE_S / given.compression,
                )
            )
        for pipe in pipes.values():
            pipe.send("begin")
            pipe.recv()
        registries = registries_of(database, settings, folder, patience_s=patience_s)
        start, cpu_start = time.perf_counter(), time.process_time()
        report = registries.look_up([bench_station()], DAY)
        taken_s, cpu_s = time.perf_counter() - start, time.process_time() - cpu_start
        lines, ratio = _lines(given, report, taken_s, outage_s, retries["all"])
        met_ms = 1000 * statistics.median(Timed.latencies_s)
        with_that = ratio * given.latency_ms / met_ms
        lines.append(
            f"  latency as met {met_ms:.0f} ms, time / bound with that {with_that:.2f}; "
            f"processor time of the asking process {cpu_s:.1f} s"
        )
        if report.waiting:
            start = time.perf_counter()
            again = registries_of(database, settings, folder, patience_s=OUTAGE_S).look_up(
                [bench_station()], None
            )
            lines.append(
                f"  asked again: {time.perf_counter() - start:.1f} s, {again.questions} questions, "
                f"{again.from_cache} answers kept from before, {dict(again.states)} {dict(again.waiting)}"
            )
        lines.append(_counts(database))
        for kind, pipe in pipes.items():
            pipe.send("end")
            lines.append(f"  {kind} counted: {pipe.recv()}")
    return lines


def _lines(
    given: argparse.Namespace, report: LookupReport, taken_s: float, outage_s: float, retries: int
) -> tuple[list[str], float]:
    """Say what a night took, and return its time beside the bound."""
    latency_s = given.latency_ms / 1000
    bounds = {kind: sent * latency_s / given.concurrency for kind, sent in report.traffic.sent.items()}
    slowest = max(bounds, key=lambda kind: bounds[kind])
    said = ", ".join(f"{kind} {report.traffic.sent[kind]:,} requests" for kind in bounds)
    waited_s = outage_s if slowest == "shanghai" and report.traffic.down and not report.waiting else 0
    outage = f", outage of shanghai {outage_s:g} s ({given.compression:g}x compressed)" if outage_s else ""
    rest = f" less {waited_s:.0f} s of outage" if waited_s else ""
    ratio = (taken_s - waited_s) / bounds[slowest]
    return [
        (
            f"{given.cases:,} cases, {given.latency_ms:g} ms median latency, {given.errors:.0%} errors, "
            f"concurrency {given.concurrency} at each source{outage}"
        ),
        f"  {dict(report.states)} waiting {dict(report.waiting)} down {dict(report.traffic.down)}",
        f"  {report.questions:,} questions: {said}, of them {retries} tries again",
        (
            f"  time {taken_s:.1f} s; bound {bounds[slowest]:.1f} s ({slowest}); "
            f"time{rest} / bound: {ratio:.2f}; aim 1.3"
        ),
    ], ratio


def _counts(database: Database) -> str:
    """Say how often the same plate was asked for the same purpose, which is needless."""
    with database.read() as connection:
        answered = RegistryQuery.outcome.in_(["found", "none"])
        groups = (
            select(func.count().label("times"))
            .where(answered)
            .group_by(RegistryQuery.plate, RegistryQuery.purpose)
            .subquery()
        )
        twice = connection.scalar(select(func.count()).select_from(groups).where(groups.c.times > 1))
        asked = connection.scalar(select(func.count()).select_from(RegistryQuery))
        lookups = connection.scalar(select(func.count()).select_from(CaseLookup))
    return (
        f"  log: {asked:,} lines, plates answered twice for one purpose: {twice}; look-ups kept: {lookups:,}"
    )


def main() -> None:
    """Run the nights and keep what they said."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=5000)
    parser.add_argument("--latency-ms", type=float, default=200)
    parser.add_argument("--errors", type=float, default=0.02)
    parser.add_argument("--concurrency", type=int, default=8)
    parser.add_argument("--compression", type=float, default=20, help="of the outage's ten minutes")
    parser.add_argument("--outage-from-s", type=float, default=10)
    given = parser.parse_args()
    outage_s = OUTAGE_S / given.compression
    lines = [
        *night(given, 0, 0),
        *night(given, outage_s, 900 / given.compression),
        *night(given, outage_s, 0),
        *machine(("httpx", "stamina", "uvicorn", "fastapi")),
    ]
    text = "\n".join([f"registries: {datetime.now(UTC).date()}", *lines, ""])
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"registries-{given.cases}-made-{datetime.now(UTC).date()}.txt").write_text(
        text, encoding="utf-8"
    )
    print(text)


if __name__ == "__main__":
    main()
