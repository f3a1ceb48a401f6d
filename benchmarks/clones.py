"""Plates on two vehicles: how often an honest month is told of, and how many clones and swaps are found.

A fleet with truth drives a month between three stations whose roads are declared; class 5, spacings by the
spread seen in real records, clocks that wander, trailers that change. On top, one by one: plates misread, and
records that are spoiled (the speed taken wrongly while braking; an axle missed or a stray one counted). Then
clones (another truck of the road, or one of the same model, bears a plate of the fleet) and pairs of trucks
that change plates at mid-month. Days are judged as the night does: each station's day beside all before it.
"""

import argparse
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray
from runner import RESULTS, machine

from models.values.passages import PassageBatch
from pipeline.reidentify.conflicts import Conflict, conflicts
from pipeline.reidentify.fleet import Fleet
from pipeline.reidentify.noise import Noise
from stations.roadside.identity import HOUR_MS, Identity, MeasuringNoise, Trip, draw_fleet, load, measure
from stations.roadside.vehicle import Layout

SEED, FLEET, DAYS, CLONES = 7_400, 3_000, 30, 200
START_MS, DAY_MS = 1_781_712_000_000, 24 * HOUR_MS
STATIONS = ("a", "b", "c")
ROADS_KM = {frozenset("ab"): 30.0, frozenset("bc"): 25.0, frozenset("ac"): 50.0}
CLASS = 5.0
# A truck is out on so many of the days, with another trailer on this share of them (judgement).
OUT, OTHER_TRAILER = 0.4, 0.3
AVERAGE_KMH, DWELL_H = (45.0, 88.0), (0.5, 5.0)
CLOCK_S, CLOCK_OFF_S = 30.0, 600.0
# One station's scale measures all spacings so much longer from this day on.
SCALE_LONG, SCALE_LONG_FROM = 1.2, 10
MISREAD, SPEED_WRONG, AXLE_WRONG = 0.002, 0.005, 0.005
SPEED_WRONG_BY = 0.15


@dataclass(frozen=True, slots=True, kw_only=True)
class Passages:
    """A month's passages by time: what was measured with the plates as read, station and day of each."""

    batch: PassageBatch
    station: NDArray[np.object_]
    plate: NDArray[np.object_]


def trips_of(
    trucks: Sequence[Identity], rng: np.random.Generator, days: Sequence[range]
) -> tuple[list[Trip], list[float], list[str]]:
    """Return loads, instants in ms and stations of all passages of trucks, each out on some of its days."""
    trips, times, stations = [], [], []
    for truck, of_truck in zip(trucks, days, strict=True):
        for day in of_truck:
            if rng.random() > OUT:
                continue
            here, there = (STATIONS[n] for n in rng.choice(len(STATIONS), 2, replace=False).tolist())
            drives = _with_trailer(truck, rng)
            road_h = ROADS_KM[frozenset((here, there))] / rng.uniform(*AVERAGE_KMH, 2)
            out_h = rng.uniform(0, 12)
            home_h = out_h + road_h[0] + rng.uniform(*DWELL_H)
            for station, hour in (
                (here, out_h),
                (there, out_h + road_h[0]),
                (there, home_h),
                (here, home_h + road_h[1]),
            ):
                trips.append(load(drives, rng))
                times.append(START_MS + day * DAY_MS + hour * HOUR_MS)
                stations.append(station)
    return trips, times, stations


def _with_trailer(truck: Identity, rng: np.random.Generator) -> Identity:
    tractor = 2 if truck.kind.axle_count == 6 else 1  # noqa: PLR2004 (six axles: three of the tractor)
    if truck.kind.layout is not Layout.ARTICULATED or rng.random() > OTHER_TRAILER:
        return truck
    drawn = [float(rng.uniform(*bounds)) for bounds in truck.kind.spacing_mm_ranges]
    return replace(truck, spacings_mm=(*truck.spacings_mm[:tractor], *drawn[tractor:]))


def month(
    trucks: Sequence[Identity],
    seed: int,
    days: Sequence[range],
    *,
    misread: bool,
    spoiled: bool,
    clock_off: bool = False,
    scale_long: bool = False,
) -> Passages:
    """Return what three stations keep of a month."""
    rng = np.random.default_rng(seed)
    trips, true_ms, stations = trips_of(trucks, rng, days)
    station = np.array(stations, dtype=object)
    day = ((np.array(true_ms) - START_MS) // DAY_MS).astype(np.int64)
    clocks = rng.normal(0, CLOCK_S, (DAYS + 2, len(STATIONS)))
    if clock_off:
        clocks[DAYS // 2, 1] += CLOCK_OFF_S
    number = np.array([STATIONS.index(one) for one in stations])
    times = (np.array(true_ms) + 1000 * clocks[day, number]).astype(np.int64)
    noise = Noise.of_class(CLASS)
    of_scale = MeasuringNoise(spacing_mm=noise.spacing_mm, speed=noise.speed, axle=0.02, gross=noise.gross)
    batch = measure(trips, times, of_scale, rng)
    if scale_long:
        hit = (station == "b") & (day >= SCALE_LONG_FROM)
        batch.spacing_mm[hit] = np.rint(batch.spacing_mm[hit] * SCALE_LONG)
    if spoiled:
        _spoil(batch, rng)
    plate = batch.plate_front.copy()
    if misread:
        for place in np.flatnonzero(rng.random(len(plate)) < MISREAD).tolist():
            at = int(rng.integers(2, len(plate[place])))
            plate[place] = plate[place][:at] + str(rng.integers(10)) + plate[place][at + 1 :]
    order = np.argsort(times, kind="stable")
    return Passages(batch=batch.take(order), station=station[order], plate=plate[order])


def _spoil(batch: PassageBatch, rng: np.random.Generator) -> None:
    """Take the speed of some records wrongly, and miss the first axle of some, or count a stray one."""
    for place in np.flatnonzero(rng.random(len(batch)) < SPEED_WRONG).tolist():
        batch.spacing_mm[place] = np.rint(batch.spacing_mm[place] * rng.normal(1, SPEED_WRONG_BY))
    for place in np.flatnonzero(rng.random(len(batch)) < AXLE_WRONG).tolist():
        axles, spacings = int(batch.axle_count[place]), batch.spacing_mm[place].copy()
        if axles > 2 and (rng.random() < 0.5 or axles == 6):  # noqa: PLR2004 (as many as a batch holds)
            batch.spacing_mm[place] = [*spacings[1:], 0]
            batch.axle_kg[place] = [*batch.axle_kg[place][1:], 0]
            batch.axle_count[place] = axles - 1
        else:
            stray = int(rng.integers(500, spacings[0] - 500))
            batch.spacing_mm[place] = [stray, spacings[0] - stray, *spacings[1:-1]]
            batch.axle_kg[place] = [batch.axle_kg[place][0], 500, *batch.axle_kg[place][1:-1]]
            batch.axle_count[place] = axles + 1


def told(passages: Passages) -> tuple[list[Conflict], list[str]]:
    """Return what a month of nights tells; positions are those of the passages."""
    fleet = Fleet(
        batch=passages.batch,
        ids=np.arange(len(passages.batch)),
        station=passages.station,
        plate=passages.plate,
        colour=np.full(len(passages.batch), "", dtype=object),
    )
    found: list[Conflict] = []
    troubles: list[str] = []
    days = (passages.batch.passed_at_ms - START_MS) // DAY_MS
    for day in range(DAYS + 2):
        for station in STATIONS:
            of_day = np.asarray((days == day) & (passages.station == station), dtype=np.bool_)
            some, trouble, _ = conflicts(fleet, Noise.of_class(CLASS), ROADS_KM, of_day)
            found += some
            troubles += trouble
    return found, troubles


def honest(trucks: Sequence[Identity], seed: int) -> list[str]:
    """Tell how often an honest month is told of."""
    days, lines = [range(DAYS)] * len(trucks), []
    as_measured = {"misread": False, "spoiled": False}
    for words, asked in (
        ("as measured, trailers changed", as_measured),
        (f"and {MISREAD:.1%} of plates misread", as_measured | {"misread": True}),
        (
            f"and {SPEED_WRONG:.1%} of speeds, {AXLE_WRONG:.1%} of axle counts wrong",
            {"misread": True, "spoiled": True},
        ),
        ("as measured, one station's clock off by 10 min for a day", as_measured | {"clock_off": True}),
        (
            f"as measured, one station's spacings {SCALE_LONG - 1:.0%} long from day {SCALE_LONG_FROM}",
            as_measured | {"scale_long": True},
        ),
    ):
        passages = month(trucks, seed, days, **asked)
        found, troubles = told(passages)
        count = len(passages.batch)
        kinds = Counter(one.kind.value for one in found)
        lines.append(
            f"honest, {words}: {len(found)} of {count:,} passages, {1000 * len(found) / count:.2f} of 1,000"
            f" ({dict(kinds)}); devices told of: {len(troubles)}"
        )
    return lines


def guilty(trucks: Sequence[Identity], seed: int) -> list[str]:
    """Tell how many clones, and how many swapped pairs, are found within a month with spoiled records."""
    every, first, second = range(DAYS), range(DAYS // 2), range(DAYS // 2, DAYS)
    others = draw_fleet(CLONES, np.random.default_rng([seed, 1]))
    known = [{one.plate} for one in trucks[:CLONES]]
    pairs = list(zip(trucks[:CLONES], trucks[CLONES : 2 * CLONES], strict=True))
    changed = [one for a, b in pairs for one in (replace(a, plate=b.plate), replace(b, plate=a.plate))]
    until = [first] * 2 * CLONES + [every] * (len(trucks) - 2 * CLONES)
    cases = (
        ("a clone of any kind", known, [*trucks, *_with_plates(others, trucks)], [every] * len(trucks)),
        ("a clone of the same model", known, [*trucks, *trucks[:CLONES]], [every] * len(trucks)),
        ("swapped at mid-month", [{a.plate, b.plate} for a, b in pairs], [*trucks, *changed], until),
    )
    lines = []
    for words, wanted, all_trucks, own in cases:
        added = [second if own is until else every] * (len(all_trucks) - len(trucks))
        passages = month(all_trucks, seed, [*own, *added], misread=True, spoiled=True)
        told_of = {(one.kind.value, str(passages.plate[one.later])) for one in told(passages)[0]}
        caught = [{kind for kind, plate in told_of if plate in plates} for plates in wanted]
        by_kind = dict(Counter(kind for kinds in caught for kind in kinds))
        lines.append(f"{words}: {sum(map(bool, caught))} of {len(wanted)} found; by {by_kind}")
    return lines


def _with_plates(trucks: Sequence[Identity], owners: Sequence[Identity]) -> list[Identity]:
    return [replace(one, plate=owner.plate) for one, owner in zip(trucks, owners, strict=False)]


def main() -> None:
    """Run, print and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--fleet", type=int, default=FLEET)
    asked = parser.parse_args()
    trucks = draw_fleet(asked.fleet, np.random.default_rng(asked.seed))
    today = datetime.now(UTC).date()
    lines = [
        f"plates on two vehicles: {today}",
        f"fleet {asked.fleet:,}, {DAYS} days, class {CLASS:g}, seed {asked.seed}",
        *honest(trucks, asked.seed),
        *guilty(trucks, asked.seed),
        *machine(("numpy",)),
        "",
    ]
    text = "\n".join(lines)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"clones-{asked.fleet}-made-{today}.txt").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
