"""Hidden on purpose or not, on drawn nights with truth: who is flagged, and who is flagged wrongly.

    python benchmarks/deliberate.py half --seeds 31 32       half of the vehicles hidden, dirty or dazzled
    python benchmarks/deliberate.py real --seeds 51          a night as nights are: 3 in 100 hide
    python benchmarks/deliberate.py mud --seeds 9910         the same, with many more muddy and bent plates
    python benchmarks/deliberate.py sequence --seeds 61      two front frames; plates that flip between them

What frames show is kept below `build/deliberate`, so that other weights are tried in seconds.
"""

import argparse
import pickle
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import legibility_nights as nights
from legibility_data import loaded_reader, share_of
from legibility_nights import CONDITIONS, GUILTY, NIGHT, NIGHT_FROM, STATION
from legibility_nights import _frames as look_at
from legibility_nights import _passage as seen_of
from runner import RESULTS, machine

from models.values.legibility import Legibility
from models.values.passages import FrameKind
from pipeline.deliberate import FrameSeen, PassageSeen, judge_obscuring
from stations.roadside.night import simulate_vehicles
from stations.roadside.shot import Side
from stations.roadside.sights import Weather
from stations.roadside.vehicle import PlateCondition, TrueVehicle

KEPT = Path(__file__).parents[1] / "build" / "deliberate"
FAIR = "fair"
# A night as nights are (judgement): 3 in 100 hide, and what is nobody's fault is rare.
REAL = {
    PlateCondition.COVERED: 0.008,
    PlateCondition.CARD: 0.007,
    PlateCondition.RAG: 0.005,
    PlateCondition.FLIPPED: 0.005,
    PlateCondition.ABSENT: 0.005,
    PlateCondition.DIRTY: 0.02,
    PlateCondition.BENT: 0.01,
    PlateCondition.DARK: 0.01,
    PlateCondition.GLARE: 0.01,
    PlateCondition.BLUR: 0.01,
    PlateCondition.SHADOW: 0.015,
}
# Few hide and most of an hour are clear, and mud and bends enough to count how they fare.
MUD = REAL | {PlateCondition.DIRTY: 0.12, PlateCondition.BENT: 0.06}
REAL_FROM, REAL_S = datetime(2026, 6, 18, 1, 30, tzinfo=ZoneInfo("Asia/Shanghai")), 4 * 3600
FLIPPING = {
    PlateCondition.FLIPPED: 0.33,
    PlateCondition.DIRTY: 0.05,
    PlateCondition.GLARE: 0.05,
    PlateCondition.BLUR: 0.05,
    PlateCondition.SHADOW: 0.05,
}
BETWEEN_MS = 1400
Truths = dict[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A kind of drawn night; vehicles pass every so many seconds from an instant on."""

    conditions: Mapping[PlateCondition, float]
    passages: int
    start: datetime
    every_s: int


PLANS = {
    "half": Plan(conditions=CONDITIONS, passages=44, start=NIGHT_FROM, every_s=180),
    "real": Plan(conditions=REAL, passages=300, start=REAL_FROM, every_s=REAL_S // 300),
    "mud": Plan(conditions=MUD, passages=150, start=REAL_FROM, every_s=REAL_S // 150),
    "sequence": Plan(conditions=FLIPPING, passages=60, start=NIGHT_FROM, every_s=120),
}


def vehicles_of(plan: Plan, seed: int) -> list[TrueVehicle]:
    """Return the vehicles of a night of one lane."""
    # The second look follows the times.
    nights.EVERY_S = plan.every_s
    [drawn] = simulate_vehicles(NIGHT, seed, plan.passages, [STATION], plan.conditions)
    return [
        replace(one, lane=1, passed_at=plan.start + timedelta(seconds=plan.every_s * number))
        for number, one in enumerate(drawn)
    ]


def drawn(name: str, seed: int, weather: str) -> tuple[Truths, list[PassageSeen]]:
    """Return the truth of a night by passage, and what its frames show."""
    plan = PLANS[name]
    kept = KEPT / f"{seed}-{weather}-{name}-{plan.passages}.pkl"
    if not kept.exists():
        vehicles = vehicles_of(plan, seed)
        foul = None if weather == FAIR else Weather(weather)
        reader = loaded_reader()
        by_frame = [look_at(reader, vehicles, side, foul, seed) for side in Side]
        if name == "sequence":
            # Another picture of the front, a moment before, in which flipping plates still show.
            before = [
                replace(one, plate_condition=PlateCondition.CLEAR)
                if one.plate_condition is PlateCondition.FLIPPED
                else one
                for one in vehicles
            ]
            by_frame.append([_earlier(one) for one in look_at(reader, before, Side.FRONT, foul, seed + 1000)])
        seen = [seen_of(one, frames) for one, *frames in zip(vehicles, *by_frame, strict=True)]
        truths = [(one.serial, one.plate_condition.value) for one in vehicles]
        KEPT.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(pickle.dumps((truths, seen)))
    told, seen = pickle.loads(kept.read_bytes())  # noqa: S301 (our own file)
    return dict(told), seen


def _earlier(frame: FrameSeen) -> FrameSeen:
    return replace(frame, taken_at_ms=None if frame.taken_at_ms is None else frame.taken_at_ms - BETWEEN_MS)


def counts(
    truths: Truths, seen: Sequence[PassageSeen], elsewhere: Sequence[PassageSeen] = ()
) -> dict[str, int]:
    """Count who hides and who is flagged of these and of the others."""
    said = {one.passage_id: judge_obscuring(one, seen, elsewhere) for one in seen}
    flagged = {number for number, one in said.items() if one is not None and one.flagged}
    guilty = {number for number, condition in truths.items() if condition in GUILTY}
    return {
        "found": len(flagged & guilty),
        "hide": len(guilty),
        "wrong": len(flagged - guilty),
        "innocent": len(truths) - len(guilty),
    }


def line(words: str, number: Mapping[str, int]) -> str:
    """Return recall, false accusations and precision in words."""
    flagged = number["found"] + number["wrong"]
    return "; ".join(
        (
            share_of(f"{words}: hiding, flagged", number["found"], number["hide"]),
            share_of("others flagged", number["wrong"], number["innocent"]),
            share_of("of the flagged hide", number["found"], flagged) if flagged else "nobody flagged",
        )
    )


def told(name: str, seeds: Sequence[int], weathers: Sequence[str]) -> list[str]:
    """Tell each night, and all of a weather together."""
    lines, everything = [], dict.fromkeys(("found", "hide", "wrong", "innocent"), 0)
    for weather in weathers:
        total = dict.fromkeys(everything, 0)
        for seed in seeds:
            number = counts(*drawn(name, seed, weather))
            total = {key: total[key] + number[key] for key in total}
        lines.append(line(weather, total))
        everything = {key: everything[key] + total[key] for key in total}
    return [*lines, line("all", everything), by_truth(name, seeds, weathers)]


def by_truth(name: str, seeds: Sequence[int], weathers: Sequence[str]) -> str:
    """Tell how many of each truth are flagged."""
    total, flagged = Counter[str](), Counter[str]()
    for weather in weathers:
        for seed in seeds:
            truths, seen = drawn(name, seed, weather)
            total.update(truths.values())
            said = {one.passage_id: judge_obscuring(one, seen) for one in seen}
            flagged.update(truths[place] for place, one in said.items() if one is not None and one.flagged)
    cells = [f"{truth} {flagged[truth]} of {count}" for truth, count in sorted(total.items())]
    return f"flagged by truth: {', '.join(cells)}"


def sequences(seeds: Sequence[int]) -> list[str]:
    """Tell what the frames' order and other stations add where plates flip."""
    lines = []
    for seed in seeds:
        truths, seen = drawn("sequence", seed, FAIR)
        one_each = [replace(one, frames=one.frames[:2]) for one in seen]
        known = [replace(one, vehicle=_read(one)) for one in seen]
        second = [_clear_elsewhere(one) for one in known if one.vehicle]
        lines += [
            line(f"seed {seed}, one frame of each end", counts(truths, one_each)),
            line(f"seed {seed}, two of the front", counts(truths, seen)),
            line(f"seed {seed}, and seen clear at another station", counts(truths, known, second)),
        ]
    return lines


def _read(passage: PassageSeen) -> str:
    """Return the plate as the clear front frames read it."""
    return next((one.text for one in passage.frames if one.legibility is Legibility.CLEAR and one.text), "")


def _clear_elsewhere(passage: PassageSeen) -> PassageSeen:
    front = next(one for one in passage.frames if one.kind is FrameKind.FRONT)
    shown = replace(front, legibility=Legibility.CLEAR, text=passage.vehicle)
    return replace(passage, station_id="other", frames=(shown,))


def main() -> None:
    """Run what was asked for, print and keep it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=sorted(PLANS))
    parser.add_argument("--seeds", type=int, nargs="+", required=True)
    parser.add_argument("--weathers", nargs="+", default=[FAIR, *Weather])
    asked = parser.parse_args()
    today = datetime.now(UTC).date()
    found = (
        sequences(asked.seeds) if asked.kind == "sequence" else told(asked.kind, asked.seeds, asked.weathers)
    )
    heading = f"deliberate or not, {asked.kind}: {today}; seeds {', '.join(map(str, asked.seeds))}"
    text = "\n".join([heading, *found, *machine(("onnxruntime", "numpy")), ""])
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"deliberate-{asked.kind}-{asked.seeds[0]}-made-{today}.txt").write_text(
        text, encoding="utf-8"
    )
    print(text)


if __name__ == "__main__":
    main()
