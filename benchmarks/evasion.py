"""Evasion: how many manoeuvres of each kind and strength are seen, and how many plain trucks are accused.

Simulated nights with truth, one manoeuvre in thirty vehicles. Three kinds of stations: one whose device tells
its violation byte alone, one that measures (wheels, axle speeds, place in the lane) and tells no byte, one
with masses, spacings and whole seconds alone. Then the real fortnight, where it is on this machine: it has
no truth, so only flags by kind and lane, with examples to look at.
"""

import argparse
from collections import Counter, defaultdict, deque
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
from runner import RESULTS, machine

from models.values.driving import Driving, Manoeuvre, nothing_stated
from models.values.passages import PassageBatch
from models.values.timeline import local_days
from pipeline.evasion.common import StationDay
from pipeline.evasion.detect import WEIGHED_WELL, Seen, detect, observability, sightings
from pipeline.evasion.neighbours import troubled
from pipeline.evasion.scene import Scene, scene_of
from pipeline.rules.manoeuvres import manoeuvre_rules
from stations.formats.hs_data import HsData
from stations.roadside.batch import batch_of
from stations.roadside.driving import DEGREES, Strength, drive
from stations.roadside.numbers import NumberOffice
from stations.roadside.station import RoadsideStation, random_stream
from stations.roadside.traffic import simulate_traffic
from stations.roadside.vehicle import Layout, TrueVehicle

PASSAGES, NIGHTS, SEED, ONE_IN = 2000, 12, 9_100, 30
REAL = Path(__file__).parents[2] / "shared" / "data" / "wim" / "dazhang_cn_2021" / "hs_data_20210601_15.csv"
PAIRED = {Manoeuvre.TAILGATING, Manoeuvre.SIDE_BY_SIDE}
EXAMPLES = 3
LIKE_TRUCKS, STRADDLING, DRAWN = (40, 100, 250), (0.01, 0.02, 0.03, 0.04), 200_000


def night(seed: int) -> list[TrueVehicle]:
    """Return a night's vehicles in order of time, some of them driven by a manoeuvre."""
    station = RoadsideStation(station_id="s", station_code="s", format="hs_data")
    plain = simulate_traffic(
        station, date(2026, 6, 18), PASSAGES, seed, NumberOffice(random_stream(seed, "numbers"))
    )
    rng = random_stream(seed, "driving")
    kinds = [(kind, strength) for kind in DEGREES for strength in Strength]
    vehicles = []
    number = int(rng.integers(len(kinds)))
    for place, vehicle in enumerate(plain):
        able = vehicle.layout is not Layout.LIGHT and vehicle.defect is None and vehicle.axle_count >= 3  # noqa: PLR2004
        if not able or place % ONE_IN:
            vehicles.append(drive(replace(vehicle, defect=None), rng))
            continue
        kind, strength = kinds[number % len(kinds)]
        number += 1
        near = next((one for one in reversed(vehicles) if one.layout is not Layout.LIGHT), None)
        other = near if kind in PAIRED else None
        vehicles.append(drive(vehicle, rng, kind, strength, near=other))
    return sorted(vehicles, key=lambda one: one.passed_at)


def as_told(batch: PassageBatch, station: str) -> PassageBatch:
    """Return what a kind of station tells of it."""
    driving: Driving = batch.driving or nothing_stated(len(batch))
    if station == "byte":
        none = nothing_stated(len(batch), batch.axle_kg.shape[1])
        return replace(
            batch, driving=replace(none, bits=driving.bits), left_kg=np.full_like(batch.left_kg, -1)
        )
    if station == "measures":
        return replace(batch, driving=replace(driving, bits=np.full_like(driving.bits, -1)))
    whole = batch.passed_at_ms // 1000 * 1000
    return replace(
        batch,
        driving=None,
        passed_at_ms=whole,
        left_kg=np.full_like(batch.left_kg, -1),
        length_mm=-np.ones_like(whole),
    )


def watched(batch: PassageBatch, days: deque[StationDay]) -> tuple[Scene, list[Seen]]:
    """Return the scene and what is seen in it, and put the day behind the `days` before it."""
    scene = scene_of(
        batch, batch.driving, manoeuvre_rules(), lane_width_mm=3750, least_kmh=np.full(len(batch), 0.5)
    )
    seen = detect(scene, sightings(scene), tuple(days))
    lanes, axles = batch.lane.tolist(), batch.axle_count.tolist()
    heavy = np.flatnonzero(scene.heavy).tolist()
    days.append(
        StationDay(
            trucks=Counter((lanes[at], axles[at]) for at in heavy),
            shown=Counter((one.kind, lanes[one.position], axles[one.position]) for one in seen),
        )
    )
    return scene, seen


def days_watched() -> deque[StationDay]:
    """Return no days yet, and room for as many as are looked at."""
    return deque(maxlen=manoeuvre_rules().lane.days_before)


def told_only(seen: list[Seen], vehicles: list[TrueVehicle]) -> list[str]:
    """Return how the vehicles were truly driven whose manoeuvre spoiled no weighing."""
    found = [vehicles[one.position].driving for one in seen if one.excused == WEIGHED_WELL]
    return [f"{one.kind} {one.strength}" if one and one.kind else "honest" for one in found]


def simulated(seed: int) -> Iterator[str]:
    """Yield detection by kind and strength, and false alarms, for each kind of station."""
    nights = [night(seed + number) for number in range(NIGHTS)]
    for station in ("byte", "measures", "plain"):
        total: Counter[tuple[str, str]] = Counter()
        right: Counter[tuple[str, str]] = Counter()
        other: Counter[str] = Counter()
        false: Counter[str] = Counter()
        told: Counter[str] = Counter()
        trucks, before = 0, days_watched()
        for vehicles in nights:
            scene, seen = watched(as_told(batch_of(vehicles), station), before)
            told.update(told_only(seen, vehicles))
            by_place: defaultdict[int, set[str]] = defaultdict(set)
            for one in seen:
                if not one.excused:
                    by_place[one.position].add(one.kind.value)
            for place, vehicle in enumerate(vehicles):
                if vehicle.driving is None or not scene.heavy[place]:
                    continue
                if vehicle.driving.kind:
                    key = vehicle.driving.kind, vehicle.driving.strength
                    total[key] += 1
                    right[key] += key[0] in by_place[place]
                    other[key[0]] += bool(by_place[place]) and key[0] not in by_place[place]
                else:
                    trucks += 1
                    false.update(by_place[place])
        yield f"\nstation: {station}; {trucks:,} plain trucks"
        yield (
            f"{'kind':<15}" + "".join(f"{one:>14}" for one in Strength) + "   seen as another   false /1,000"
        )
        for kind in DEGREES:
            cells = []
            for strength in Strength:
                key = kind.value, strength.value
                cells.append(f"{right[key]}/{total[key]} {right[key] / max(total[key], 1):.0%}")
            rate = 1000 * false[kind.value] / max(trucks, 1)
            yield (
                f"{kind.value:<15}"
                + "".join(f"{one:>14}" for one in cells)
                + f"{other[kind.value]:>18}{rate:>15.2f}"
            )
        yield f"side by side told, mass unhindered: {dict(sorted(told.items()))}"


def let_go(seed: int) -> Iterator[str]:
    """Yield how many true straddlers the lane excuses by chance, where so many of its like trucks straddle.

    By the day alone, by the days before too, and by those if the same share were enough there.
    """
    rules, rng = manoeuvre_rules().lane, np.random.default_rng(seed)
    yield "\ntrue straddlers excused by chance, %: by the day alone, by the rules, by one share for all days"
    for trucks in LIKE_TRUCKS:
        for rate in STRADDLING:
            days = rng.binomial(trucks, rate, (DRAWN, 1 + rules.days_before))
            today, most = days[:, 0], days[:, 1:].max(axis=1) / trucks
            alone = today > rules.share * trucks
            cells = [
                100 * float(today[one].sum() / today.sum())
                for one in (alone, alone | (most > rules.share_before), alone | (most > rules.share))
            ]
            yield f"{trucks:>4} like trucks a day, {rate:.0%} straddle" + "".join(
                f"{one:>8.1f}" for one in cells
            )


def real() -> tuple[list[str], list[str]]:
    """Return the flags of the real fortnight, and examples to look at, which stay on this machine."""
    if not REAL.exists():
        return [f"\nthe real fortnight is not on this machine: {REAL.name}"], []
    zone = ZoneInfo("Asia/Shanghai")
    flags: Counter[tuple[str, int, bool]] = Counter()
    spoiled: Counter[int] = Counter()
    trucks: Counter[int] = Counter()
    examples: defaultdict[str, list[str]] = defaultdict(list)
    words: list[str] = []
    before = days_watched()
    for block in HsData(zone=zone).read(REAL):
        days, which = local_days(block.batch.passed_at_ms, zone)
        for number in range(len(days)):
            scene, seen = watched(block.batch.take(which == number), before)
            spoiled.update(scene.batch.lane[troubled(scene) & scene.heavy].tolist())
            words = [one.words for one in observability(scene, sightings(scene))]
            for lane in np.unique(scene.batch.lane).tolist():
                trucks[lane] += int((scene.heavy & (scene.batch.lane == lane)).sum())
            for one in seen:
                flags[one.kind.value, int(scene.batch.lane[one.position]), bool(one.excused)] += 1
                at = one.position
                truck = f"{scene.batch.gross_kg[at]:,} kg {scene.batch.speed_kmh[at]:.0f} km/h"
                place = f"{days[number]} lane {scene.batch.lane[at]}"
                examples[one.kind.value].append(f"{place} {truck} {one.sentence} {one.excused}")
    lines = [f"\nreal fortnight: {sum(trucks.values()):,} trucks, no truth"]
    for (kind, lane, excused), count in sorted(flags.items()):
        rate = 1000 * count / trucks[lane]
        word = "excused" if excused else "accused"
        lines.append(f"{kind:<15} lane {lane} {word}: {count} ({rate:.2f} of 1,000 trucks)")
    lines += [
        f"lane {lane}, records that show trouble, abreast or not: {spoiled[lane]} "
        f"({1000 * spoiled[lane] / n:.1f} of 1,000 trucks)"
        for lane, n in sorted(trucks.items())
    ]
    shown = [one for some in examples.values() for one in some[:: max(1, len(some) // EXAMPLES)][:EXAMPLES]]
    return lines, [*shown, *words]


def main() -> None:
    """Run, print all and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=SEED)
    seed = parser.parse_args().seed
    today = datetime.now(UTC).date()
    flags, examples = real()
    text = "\n".join(
        [
            f"evasion: {today}; seeds {seed} to {seed + NIGHTS - 1}, {NIGHTS} nights of {PASSAGES} passages",
            *simulated(seed),
            *let_go(seed),
            *flags,
            *machine(("numpy",)),
            "",
        ]
    )
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"evasion-{seed}-made-{today}.txt").write_text(text, encoding="utf-8")
    print("\n".join([text, *examples]))


if __name__ == "__main__":
    main()
