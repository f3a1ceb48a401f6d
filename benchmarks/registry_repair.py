"""Misread plates: how many the fit check catches, how many it repairs, and whether it repairs any wrongly.

One character of each true plate is flipped at random. Two worlds: one where only the simulated fleet is
registered, and a dense one where every second other number belongs to some other truck of that fleet, which
gives accidents every chance. The flipped character is the doubted one in every second reading; in the others
nothing is doubted. No other frame helps.
"""

import random
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from runner import RESULTS, machine

from models.values.lookups import LookupDoubt, LookupState
from models.values.registry import Plate, RegisteredVehicle
from pipeline.plates.grammar import PATTERNS
from pipeline.registries.decide import Answered, Decision, Reading, decide_near_misses, decide_own
from pipeline.registries.fit import Seen
from pipeline.registries.near_misses import near_misses
from pipeline.registries.simulated.fleet import Fleet, invent_fleet
from stations.roadside.vehicle import TrueVehicle

sys.path.append(str(Path(__file__).parents[1] / "tests" / "support"))
from registry_cases import trucks

READINGS = 5000


def flipped(text: str, dice: random.Random) -> tuple[str, int]:
    """Return the plate with one character changed to another that the grammar allows there, and where."""
    pattern = next(one for one in PATTERNS if one.matches(text))
    while True:
        place = dice.randrange(len(text))
        made = text[:place] + dice.choice(pattern.slots[place]) + text[place + 1 :]
        if made != text:
            return made, place


class World:
    """Who is registered under a number: the fleet, and by a share of all other numbers some truck of it."""

    def __init__(self, fleet: Fleet, density: float) -> None:
        """Draw each number's fate once."""
        self._fleet, self._density = fleet, density
        self._drawing = [one for one in fleet.vehicles.values() if not one.vehicle_class.is_trailer]

    def answer(self, text: str) -> Answered:
        """Return what a registry would say."""
        own = self._fleet.vehicles.get(text)
        if own is None:
            dice = random.Random(text)  # noqa: S311 (a simulation)
            if dice.random() < self._density:
                own = dice.choice(self._drawing)
        return Answered(vehicle=own)


def decide(true: TrueVehicle, read: str, sure: list[float], world: World) -> Decision:
    """Decide as a night does."""
    colour = true.front_plate.colour
    seen = Seen(
        axle_count=true.axle_count,
        gross_kg=true.measured_gross_kg,
        spacing_mm=true.spacings_mm,
        length_mm=true.length_mm,
        colour=colour,
    )
    drawn = true.rear_plate.text.endswith("挂")
    trailer: RegisteredVehicle | None = world.answer(true.rear_plate.text).vehicle if drawn else None
    reading = Reading(plate=Plate(text=read, colour=colour), confidence=min(sure), disputed=False)
    decision = decide_own(reading, seen, world.answer(read), trailer)
    if decision.state not in {LookupState.CONTRADICTED, LookupState.UNREGISTERED}:
        return decision
    near = [(Plate(text=text, colour=colour), world.answer(text)) for text in near_misses(read, sure, [])]
    return decide_near_misses(decision, seen, near, trailer)


def trial(density: float) -> list[str]:
    """Flip a character of each plate and say what became of the readings."""
    dice = random.Random(20260618)  # noqa: S311 (a simulation)
    vehicles = trucks(READINGS, provinces="浙沪苏皖")
    world = World(invent_fleet(vehicles, 1, {}), density)
    counts: Counter[str] = Counter()
    for true in vehicles:
        plate = true.front_plate.text
        read, place = flipped(plate, dice)
        sure = [dice.uniform(0.985, 0.9999) for _ in read]
        if dice.random() < 0.5:  # noqa: PLR2004 (every second)
            sure[place] = dice.uniform(0.4, 0.9)
        decision = decide(true, read, sure, world)
        counts[_word(decision, plate)] += 1
    caught = READINGS - counts["undetected"] - counts["undetected, fit not strong"]
    said = ", ".join(f"{name} {number:,}" for name, number in sorted(counts.items()))
    return [f"density {density:g}: {READINGS:,} misread, caught {caught:,} ({caught / READINGS:.1%}): {said}"]


def _word(decision: Decision, plate: str) -> str:
    if LookupDoubt.PLATE_FROM_REGISTRY in decision.doubts:
        return "repaired" if decision.plate.text == plate else "REPAIRED WRONGLY"
    if decision.state is LookupState.IDENTIFIED:
        return "undetected, fit not strong" if decision.fit and not decision.fit.strong() else "undetected"
    tied = LookupDoubt.NEAR_MISSES_TIED in decision.doubts
    return f"{decision.state}, tied" if tied else str(decision.state)


def main() -> None:
    """Try both worlds."""
    lines = [line for density in (0.0, 0.5) for line in trial(density)]
    today = datetime.now(UTC).date()
    text = "\n".join([f"registry_repair: {today}", *lines, *machine(("numpy",)), ""])
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"registry_repair-{READINGS}-made-{today}.txt").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
