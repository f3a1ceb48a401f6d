"""What a night found, held against what was true."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from pipeline.rules.tolerance import Allowance, share
from stations.roadside.evaders import is_evader
from stations.roadside.truth import Troubles
from stations.roadside.vehicle import Defect, PlateCondition, TrueVehicle

REJECTED = {Defect.GROSS_SUM, Defect.OVERSPEED, Defect.IMPOSSIBLE_SPACING}

Key = tuple[str, str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Cases found against the truth; plates count only the cases of vehicles truly over their limit."""

    truly_over: int
    with_case: int
    within_tolerance: int
    record_rejected: int
    evaded: int
    missed: int
    wrong_cases: int
    plates: Counter[tuple[PlateCondition, str]]
    troubles_expected: int
    troubles_found: int

    def as_json(self) -> dict[str, Any]:
        """Return the fields as JSON values, plates as [true condition, verdict, count]."""
        plates = [[*key, count] for key, count in sorted(self.plates.items())]
        return asdict(self) | {"plates": plates, "sound": self.sound}

    @property
    def sound(self) -> bool:
        """Tell whether no case is missing, none accuses the innocent, and every trouble was told."""
        return not self.missed and not self.wrong_cases and self.troubles_expected == self.troubles_found


def compare(
    vehicles: Sequence[TrueVehicle],
    troubles: Sequence[Troubles],
    cases: Sequence[dict[str, Any]],
    troubles_found: int,
    mpe_percent: dict[str, float],
) -> Comparison:
    """Hold cases against the truth, matched by station, second and lane."""
    by_key = {(case["station"], case["time"][:19], case["lane"]): case for case in cases}
    counts: Counter[str] = Counter()
    plates: Counter[tuple[PlateCondition, str]] = Counter()
    for vehicle in vehicles:
        case = by_key.get(_key(vehicle))
        over = vehicle.gross_kg > vehicle.limit_kg
        counts["over"] += over
        counts["wrong"] += case is not None and not over
        if not over:
            continue
        if case is not None:
            counts["case"] += 1
            plates[vehicle.plate_condition, _verdict(case["plate"], vehicle.front_plate.text)] += 1
        elif vehicle.defect in REJECTED:
            counts["rejected"] += 1
        elif is_evader(vehicle):
            counts["evaded"] += 1
        elif decided_kg_of(vehicle, mpe_percent) <= vehicle.limit_kg:
            counts["tolerance"] += 1
        else:
            counts["missed"] += 1
    return Comparison(
        truly_over=counts["over"],
        with_case=counts["case"],
        within_tolerance=counts["tolerance"],
        record_rejected=counts["rejected"],
        evaded=counts["evaded"],
        missed=counts["missed"],
        wrong_cases=counts["wrong"],
        plates=plates,
        troubles_expected=sum(len(one.spoiled_images) + one.unreadable_records for one in troubles),
        troubles_found=troubles_found,
    )


def decided_kg_of(vehicle: TrueVehicle, mpe_percent: dict[str, float]) -> int:
    """Return the mass that a sound record of the vehicle leads to."""
    measured = np.array([vehicle.measured_gross_kg], dtype=np.int64)
    return int(Allowance(deducted=share(mpe_percent[vehicle.station_id])).decided_kg(measured)[0])


def _key(vehicle: TrueVehicle) -> Key:
    return vehicle.station_id, vehicle.passed_at.isoformat()[:19], vehicle.lane


def _verdict(read: str, true: str) -> str:
    if not read:
        return "unread"
    return "right" if read == true else "wrong"
