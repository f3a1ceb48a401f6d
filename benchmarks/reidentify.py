"""Who was it: rank-1 and rank-5 rates of re-identification by time gap and fleet size, on trucks with truth.

A fleet passes once with readable plates; some of its trucks, and some that are none of it, pass again unread.
Noise by the certificate's class, spacings by the spread seen in real records. Beside it the nearest neighbour
(by spacings and axle loads, each in its noise), which knows nothing of densities, of loads that change, or of
vehicles that are none of the fleet. Seeds of tuning and of these figures differ.
"""

import argparse
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from runner import RESULTS, machine

from models.values.passages import PassageBatch
from pipeline.reidentify.fleet import Fleet, Unread
from pipeline.reidentify.noise import Noise
from pipeline.reidentify.rank import NAMED_FROM, rank
from stations.roadside.identity import HOUR_MS, MeasuringNoise, Trip, draw_fleet, load, measure

QUERIES, STRANGERS = 200, 200
SAME_LOAD_HOURS = 8.0
SHOW_CHARACTERS = 4
SEED = 7_001
# Probabilities from which the likeliest vehicle is named.
SCREENS = (0.5, 0.8, 0.95, NAMED_FROM)
START_MS = 1_781_712_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One row of the table."""

    fleet: int
    hours: float
    mpe: float
    spacing_mm: float
    partial: bool = False
    same_load: bool = False


def run(setting: Setting, seed: int) -> dict[str, float]:
    """Return the rates of one setting."""
    rng = np.random.default_rng([seed, setting.fleet, int(setting.hours * 10), int(setting.mpe)])
    trucks = draw_fleet(setting.fleet + STRANGERS, rng)
    known, strangers = trucks[: setting.fleet], trucks[setting.fleet :]
    noise = Noise.of_class(setting.mpe)
    of_scale = MeasuringNoise(
        spacing_mm=setting.spacing_mm, speed=noise.speed, axle=0.02, gross=setting.mpe / 100 / 1.96
    )
    trips = [load(truck, rng) for truck in known]
    times = START_MS + rng.integers(0, HOUR_MS, len(trips))
    seen = measure(trips, times, of_scale, rng)
    size = len(trips)
    fleet = Fleet(
        batch=seen,
        ids=np.arange(size),
        station=np.full(size, "a", dtype=object),
        plate=seen.plate_front,
        colour=np.full(size, "", dtype=object),
    )
    chosen = rng.choice(size, min(QUERIES, size), replace=False).tolist()
    back = [trips[one] if setting.same_load else _again(trips[one], setting.hours, rng) for one in chosen]
    back += [load(one, rng) for one in strangers]
    later = START_MS + round(setting.hours * HOUR_MS) + rng.integers(0, HOUR_MS, len(back))
    again = measure(back, later, of_scale, rng)
    return _rates(setting, fleet, again, noise, rng)


def _again(trip: Trip, hours: float, rng: np.random.Generator) -> Trip:
    """Return the trip later: the load stays on for a while."""
    stays = rng.random() < 0.9 * np.exp(-hours / SAME_LOAD_HOURS)
    return trip if stays else load(trip.identity, rng)


def _rates(
    setting: Setting, fleet: Fleet, again: PassageBatch, noise: Noise, rng: np.random.Generator
) -> dict[str, float]:
    own = len(again) - STRANGERS
    first = fifth = nearest = 0
    took = 0.0
    likeliest: list[tuple[float, bool]] = []
    for place in range(len(again)):
        batch = again.take(np.array([place]))
        plate = str(batch.plate_front[0])
        read, sure = _partial(plate, rng) if setting.partial else ("", ())
        start = time.perf_counter()
        ranking = rank(Unread(batch=batch, station="b", read=read, sure=sure), fleet, noise, {})
        took += time.perf_counter() - start
        plates = [one.plate for one in ranking.candidates]
        top = ranking.candidates[0].probability if plates else 0.0
        likeliest.append((top, plates[:1] == [plate]))
        if place < own:
            first += plates[:1] == [plate]
            fifth += plate in plates
            nearest += _nearest(fleet, batch, noise) == plate
    return {
        "rank1": first / own,
        "rank5": fifth / own,
        "nearest": nearest / own,
        "ms": 1000 * took / len(again),
        **{f"{name} {screen}": rate for screen in SCREENS for name, rate in _named(likeliest, own, screen)},
    }


def _named(likeliest: Sequence[tuple[float, bool]], own: int, screen: float) -> Iterator[tuple[str, float]]:
    """Yield how many of the fleet are named at a probability, how many wrongly, how many strangers."""
    named = [right for top, right in likeliest[:own] if top >= screen]
    yield "named", len(named) / own
    yield "wrong", named.count(False) / max(len(named), 1)
    yield "strangers", sum(top >= screen for top, _ in likeliest[own:]) / STRANGERS


def _partial(plate: str, rng: np.random.Generator) -> tuple[str, tuple[float, ...]]:
    """Return a plate of which some characters can be read."""
    shown = set(rng.choice(len(plate), SHOW_CHARACTERS, replace=False).tolist())
    read = "".join(one if place in shown else "?" for place, one in enumerate(plate))
    return read, tuple(0.95 if place in shown else 0.0 for place in range(len(plate)))


def _nearest(fleet: Fleet, batch: PassageBatch, noise: Noise) -> str:
    """Return the plate of the passage nearest by spacings and axle loads, each in its noise."""
    axles = int(batch.axle_count[0])
    at = fleet.of_axles(axles)
    if not len(at):
        return ""
    gaps = (fleet.batch.spacing_mm[at] - batch.spacing_mm[0]) / noise.spacing_mm
    loads = np.log(fleet.batch.axle_kg[at][:, :axles] / batch.axle_kg[0, :axles]) / noise.axle
    return str(fleet.plate[at[((gaps**2).sum(axis=1) + (loads**2).sum(axis=1)).argmin()]])


def row(setting: Setting, got: dict[str, float]) -> str:
    """Return one row of the table."""
    known = "4 of 7" if setting.partial else "load on" if setting.same_load else "–"
    screens = (
        f"{screen}: "
        + ", ".join(f"{got[f'{name} {screen}']:.1%}" for name in ("named", "wrong", "strangers"))
        for screen in SCREENS
    )
    return (
        f"{setting.fleet:>6,} {setting.hours:>6g} {setting.mpe:>5g} {setting.spacing_mm:>5g}mm {known:>7}"
        f" | {got['rank1']:>6.1%} {got['rank5']:>6.1%} {got['nearest']:>7.1%} | {got['ms']:.1f} | "
        + "; ".join(screens)
    )


def main() -> None:
    """Run, print and keep the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--quick", action="store_true", help="the smaller fleets alone")
    asked = parser.parse_args()
    sizes = (200, 1000) if asked.quick else (200, 1000, 5000, 20_000)
    settings = [
        Setting(fleet=size, hours=hours, mpe=5, spacing_mm=30) for size in sizes for hours in (1, 8, 24)
    ]
    settings += [
        Setting(fleet=1000, hours=1, mpe=10, spacing_mm=30),
        Setting(fleet=1000, hours=1, mpe=5, spacing_mm=15),
    ]
    settings += [Setting(fleet=size, hours=24, mpe=5, spacing_mm=30, partial=True) for size in sizes]
    settings.append(Setting(fleet=50, hours=3, mpe=5, spacing_mm=30, same_load=True))
    today = datetime.now(UTC).date()
    lines = [
        f"who it was: {today}; seed {asked.seed}; {QUERIES} of the fleet, {STRANGERS} strangers pass again",
        "fleet   hours class spacing   known | rank-1 rank-5 nearest | ms | at: named, wrong, strangers",
    ]
    print("\n".join(lines), flush=True)
    for one in settings:
        lines.append(row(one, run(one, asked.seed)))
        print(lines[-1], flush=True)
    text = "\n".join([*lines, *machine(("numpy",)), ""])
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"reidentify-{sizes[-1]}-made-{today}.txt").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
