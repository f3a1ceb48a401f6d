"""A fault harness: nights in processes of their own that are killed, stopped and doubled."""

import multiprocessing
import os
import signal
import threading
from collections import Counter
from collections.abc import Callable
from datetime import date
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from fake_reader import frame_bytes
from hs_file import hs_row, write_hs
from nights import DAY, Night
from snapshot import snapshot

from models import edges
from models.database import Database
from stations.station import Station

# The fork server imports these once; each night is then a fresh process that starts in milliseconds.
PRELOADED = [
    "nights",
    "fake_reader",
    "pipeline.nightly",
    "pipeline.export",
    "pipeline.rules.consequences",
    "models.database",
    "notices.documents.all_kinds",
    "notices.documents.issue",
]
CHUNK_SIZE = 7


def mixed_input(night: Night, trucks: int = 30) -> None:
    """Write a night of several files: light and heavy trucks, frames, strays, and bad input of all kinds."""
    for number in range(3):
        rows = []
        for truck in range(number, trucks, 3):
            clock = f"{truck // 60:02d}:{truck % 60:02d}:30"
            rows.append(hs_row(f"2026-06-18 {clock}.000", 48_000 + 500 * (truck % 30), lane=1 + truck % 2))
            if truck % 4 == 0:
                night.frame(clock.replace(":", "") + ".100", truck % 9, lane=1 + truck % 2)
        rows += [
            rows[0],
            rows[1].replace("-18 ", "-17 "),
            "torn",
            rows[2].replace("2026-06-18", "2026-02-30"),
        ]
        write_hs(night.inbox / f"night-{number}.csv", rows)
    (night.inbox / "empty.csv").write_bytes(b"")
    (night.inbox / "no.jpg").write_bytes(b"no picture")
    (night.inbox / "stray.png").write_bytes(frame_bytes(77))


def run_night(
    folder: Path, station: Station, url: str, die_at: tuple[str, int] | None, lease_ms: int, day: date
) -> None:
    """Run one night to its end, or to the nth time it passes the edge `die_at`."""
    passes: Counter[str] = Counter()

    def listen(edge: str) -> None:
        passes[edge] += 1
        if die_at == (edge, passes[edge]):
            os.kill(os.getpid(), signal.SIGKILL)

    edges.listener = listen
    night = Night(folder, station, url, chunk_size=CHUNK_SIZE, lease_ms=lease_ms)
    night.run(day)
    night.database.close()


def start_night(
    folder: Path,
    station: Station,
    url: str,
    *,
    die_at: tuple[str, int] | None = None,
    lease_ms: int = 600_000,
    day: date = DAY,
) -> ForkServerProcess:
    """Start a night in a process of its own."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    process = context.Process(
        target=run_night, args=(folder, station, url, die_at, lease_ms, day), daemon=True
    )
    process.start()
    return process


def finish(process: ForkServerProcess, timeout_s: float = 120) -> int:
    """Wait for a process and return its exit code: negative, the signal it died of."""
    process.join(timeout_s)
    if process.exitcode is None:
        process.kill()
        process.join()
        raise AssertionError("the night did not end")
    return process.exitcode


def edges_of(make: Callable[[], tuple[Night, str]]) -> Counter[str]:
    """Return how often an undisturbed night passes each edge."""
    passes: Counter[str] = Counter()
    night, _ = make()
    edges.listener = lambda edge: passes.update([edge])
    try:
        night.run()
    finally:
        edges.listener = None
        night.database.close()
    return passes


def end_state(folder: Path, url: str) -> dict[str, object]:
    """Return all that a night leaves: tables, originals, quarantine, what still lies in the drop folder."""
    database = Database(url)
    state: dict[str, object] = dict(snapshot(database))
    database.close()
    originals = (folder / "originals").rglob("*")
    state["originals"] = sorted(path.name for path in originals if path.is_file() and len(path.name) == 64)
    quarantine = sorted((folder / "quarantine").rglob("*"))
    state["quarantine"] = [
        (str(path.relative_to(folder)), path.read_bytes())
        for path in quarantine
        if path.is_file() and path.name != "copying"
    ]
    state["inbox"] = sorted(path.name for path in (folder / "inbox").rglob("*") if path.is_file())
    return state


def kill_after(process: ForkServerProcess, delay_s: float) -> int:
    """Kill a process after a delay, unless it ends before; return its exit code."""
    timer = threading.Timer(delay_s, process.kill)
    timer.start()
    try:
        return finish(process)
    finally:
        timer.cancel()
        timer.join()
