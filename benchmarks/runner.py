"""What benchmarks share: cases and their peers timed alternately in one run, medians, the machine, a record.

Other programs disturb a whole round alike, so what is told is the ratio within each round, not the times.
"""

import argparse
import gc
import os
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from processes import peak_kib

RESULTS = Path(__file__).parent / "results"
CPUINFO, MEMINFO = Path("/proc/cpuinfo"), Path("/proc/meminfo")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Something to be timed over `rows` records; `prepare` comes before it, untimed."""

    name: str
    run: Callable[[], object]
    rows: int
    prepare: Callable[[], object] = lambda: None


def times_s(cases: list[Case], repeats: int) -> dict[str, list[float]]:
    """Run every case once in each round and return its seconds by round; the first round isn't counted."""
    seconds: dict[str, list[float]] = {case.name: [] for case in cases}
    for number in range(repeats + 1):
        # The order turns, so that no case always follows the same one.
        for case in cases if number % 2 else cases[::-1]:
            case.prepare()
            gc.collect()
            start = time.perf_counter()
            case.run()
            taken = time.perf_counter() - start
            if number:
                seconds[case.name].append(taken)
    return seconds


def ratio_line(words: str, over: list[float], under: list[float], aim: str) -> str:
    """Say the median of over/under by round, its spread, and what was aimed at."""
    ratios = [one / other for one, other in zip(over, under, strict=True)]
    median, low, high = statistics.median(ratios), min(ratios), max(ratios)
    return f"{words}: {median:.2f} ({low:.2f} to {high:.2f}); aim {aim}"


def per_row(cases: list[Case], seconds: dict[str, list[float]]) -> list[list[float]]:
    """Return the seconds for one record of each case, by round."""
    return [[one / case.rows for one in seconds[case.name]] for case in cases]


def time_lines(cases: list[Case], seconds: dict[str, list[float]]) -> list[str]:
    """Say each case's median time, in all and for a record."""
    width = max(len(case.name) for case in cases)
    medians = [(case, statistics.median(seconds[case.name])) for case in cases]
    return [
        f"{case.name:{width}}  {median:9.3f} s  {median / case.rows * 1e6:9.3f} us a record"
        for case, median in medians
    ]


def machine(packages: tuple[str, ...]) -> list[str]:
    """Describe the machine by what its speed depends on, and by nothing that names it."""
    model = next(
        (line.partition(":")[2].strip() for line in _lines(CPUINFO) if line.startswith("model name")), ""
    )
    memory_kib = next((int(line.split()[1]) for line in _lines(MEMINFO) if line.startswith("MemTotal")), 0)
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    cores, memory_gib = len(os.sched_getaffinity(0)), round(memory_kib / 2**20)
    return [
        f"machine: {cores} cores ({model or platform.machine()}), {memory_gib} GiB, {platform.system()}",
        f"versions: Python {platform.python_version()}, {versions}",
    ]


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def own_peak_kib() -> int:
    """Return the most memory that this process ever held."""
    return peak_kib(os.getpid())


def arguments(description: str, *, rows: int, repeats: int) -> argparse.Namespace:
    """Read what every benchmark takes: how many rows, of which file, how often."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--rows", type=int, default=rows, help="records to work on")
    parser.add_argument("--file", type=Path, help="HS_Data file to repeat; made records without it")
    parser.add_argument("--repeats", type=int, default=repeats, help="rounds that count")
    return parser.parse_args()


def keep(name: str, given: argparse.Namespace, lines: list[str]) -> None:
    """Print a result and write it as text named by benchmark, rows, kind of records and day."""
    today = datetime.now(UTC).date()
    kind = "real" if given.file else "made"
    heading = f"{name}: {given.rows} {kind} records, {given.repeats} rounds, {today}"
    text = "\n".join([heading, *lines, ""])
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}-{given.rows}-{kind}-{today}.txt").write_text(text, encoding="utf-8")
    # At once: what is cleared away afterwards may take minutes.
    print(text, flush=True)
