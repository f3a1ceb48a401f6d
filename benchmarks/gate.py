"""What the station gate finds on simulated lanes: days from a fault to each standing, false alarms.

Every lane is another site: its traffic, mix and scale are drawn by its seed. Day 1 is the first night.
"""

import argparse
import math
import statistics
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from functools import partial

from rehearsal import Fault, Rehearsed, dead_left, drift, rehearse
from runner import RESULTS, machine

SEED, AFTER, HEALTHY_BEFORE, HEALTHY_DAYS = 100_000, 40, 10, 120
LAST_DAY = 14 + HEALTHY_BEFORE + AFTER
FAULTS: dict[str, Fault] = {
    f"{percent:+d} % {'at once' if days == 1 else f'over {days} days'}": drift(percent, days, LAST_DAY)
    for days in (1, 14, 30)
    for percent in (3, 5, 10, -5)
} | {"dead left sensor": dead_left}


def main() -> None:
    """Rehearse every fault and healthy lanes, print the table, keep it beside the other results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lanes", type=int, default=60, help="simulated lanes for each line")
    parser.add_argument("--mpe", type=float, default=5, help="in-service permissible error of the class, %%")
    given = parser.parse_args()
    today = datetime.now(UTC).date()
    heading = f"gate: {given.lanes} simulated lanes a line, class {given.mpe:g}, {today}"
    with ProcessPoolExecutor(2) as pool:
        body = [*_faults(pool, given.lanes, given.mpe), *_healthy(pool, given.lanes, given.mpe)]
    text = "\n".join([heading, *body, *machine(("numpy",)), ""])
    RESULTS.mkdir(exist_ok=True)
    name = f"gate-{given.lanes}-class{given.mpe:g}-{today}.txt"
    (RESULTS / name).write_text(text, encoding="utf-8")
    print(text)


def _faults(pool: ProcessPoolExecutor, lanes: int, mpe: float) -> Iterator[str]:
    yield f"{'fault':22} {'days to watched':>24} {'days to barred':>24}"
    yield f"{'':22} {'median  9 of 10  found':>24} {'median  9 of 10  found':>24}"
    for name in FAULTS:
        found = list(pool.map(partial(_with_fault, name, mpe), range(lanes)))
        watched, barred = (_days([getattr(one, word) for one in found]) for word in ("watched", "barred"))
        yield f"{name:22} {watched:>24} {barred:>24}"


def _with_fault(name: str, mpe: float, number: int) -> Rehearsed:
    return rehearse(SEED + number, FAULTS[name], mpe_percent=mpe, healthy=HEALTHY_BEFORE, after=AFTER)


def _days(found: list[int | None]) -> str:
    """Say median and ninth decile of the days, never being the longest, and how many were found at all."""
    days = sorted(math.inf if one is None else one for one in found)
    ninth = days[math.ceil(0.9 * len(days)) - 1]
    share = sum(one is not None for one in found) / len(found)
    return f"{_day(statistics.median_low(days))}  {_day(ninth)}   {share:4.0%}"


def _day(value: float) -> str:
    return f"{value:7.0f}" if math.isfinite(value) else f"{'never':>7}"


def _healthy(pool: ProcessPoolExecutor, lanes: int, mpe: float) -> Iterator[str]:
    found = list(pool.map(partial(_without_fault, mpe), range(lanes)))
    years = sum(one.healthy_days for one in found) / 365
    watches, bars = sum(one.watches for one in found), sum(one.bars for one in found)
    yield f"healthy lanes, {years:.1f} lane-years: watched {watches} times, barred {bars} times"
    yield f"false alarms a lane-year: watched {watches / years:.2f}, barred {bars / years:.2f}"


def _without_fault(mpe: float, number: int) -> Rehearsed:
    return rehearse(SEED + 50_000 + number, None, mpe_percent=mpe, healthy=HEALTHY_DAYS)


if __name__ == "__main__":
    main()
