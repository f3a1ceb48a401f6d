"""Seeded traffic of one night at one station: who passes when, how heavy, and what goes wrong."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import TypeVar
from zoneinfo import ZoneInfo

import numpy as np

from stations.roadside.kinds import KINDS, LIGHT_KIND, VehicleKind
from stations.roadside.masses import draw_gross_kg, measure_wheels, spread_over_axles
from stations.roadside.numbers import NumberOffice
from stations.roadside.station import RoadsideStation, random_stream
from stations.roadside.vehicle import Defect, PlateCondition, TrueVehicle

Thing = TypeVar("Thing", bound=StrEnum)

SHANGHAI = ZoneInfo("Asia/Shanghai")
NIGHT_MS = 6 * 3600 * 1000
LEAST_GAP_MS = 2000
DEFECT_SHARE = 1 / 120  # of each kind
CONDITION_SHARES = {
    PlateCondition.DARK: 0.10,
    PlateCondition.DIRTY: 0.06,
    PlateCondition.COVERED: 0.03,
    PlateCondition.MISSING_FRAME: 0.03,
}
# Beyond the drawn overloads, so that every night shows one above 50 % even after the scale's tolerance.
EXTREME_EXCESSES = ((0.70, 0.85), (0.54, 0.66), (0.25, 0.45))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """All that is settled of a passage before the vehicle itself is drawn."""

    kind: VehicleKind
    passed_at: datetime
    lane: int
    condition: PlateCondition
    defect: Defect | None
    excess: float | None


def simulate_traffic(
    station: RoadsideStation,
    night: date,
    count: int,
    seed: int,
    office: NumberOffice,
    conditions: Mapping[PlateCondition, float] = CONDITION_SHARES,
) -> tuple[TrueVehicle, ...]:
    """Return `count` passages of the station from 00:00 to 06:00 of `night`, in order of time.

    `conditions` are the shares of vehicles whose plates are in each condition; the rest is clear.
    """
    rng = random_stream(seed, station.station_id, "traffic")
    plans = _plans(station, night, count, rng, conditions)
    return tuple(_vehicle(station.station_id, i, plan, office, rng) for i, plan in enumerate(plans, start=1))


def _plans(
    station: RoadsideStation,
    night: date,
    count: int,
    rng: np.random.Generator,
    shares: Mapping[PlateCondition, float],
) -> list[_Plan]:
    """Settle times, lanes and kinds; conditions and defects come in fixed numbers, at random places."""
    kinds = [KINDS[index] for index in rng.choice(len(KINDS), size=count, p=[kind.share for kind in KINDS])]
    conditions = _scatter(shares, count, rng)
    defects = _scatter(dict.fromkeys(_possible_defects(station), DEFECT_SHARE), count, rng)
    odd = conditions.keys() | defects.keys()
    plain = [i for i, kind in enumerate(kinds) if i not in odd and kind is not LIGHT_KIND]
    excesses = {
        int(i): float(rng.uniform(*bounds))
        for i, bounds in zip(rng.permutation(plain), EXTREME_EXCESSES, strict=False)
    }
    midnight = datetime.combine(night, time(), SHANGHAI)
    return [
        _Plan(
            kind=kinds[i],
            passed_at=midnight + timedelta(milliseconds=passed_ms),
            lane=lane,
            condition=conditions.get(i, PlateCondition.CLEAR),
            defect=defects.get(i),
            excess=excesses.get(i),
        )
        for i, (passed_ms, lane) in enumerate(_arrivals(station.lanes, count, rng))
    ]


def _arrivals(lanes: int, count: int, rng: np.random.Generator) -> list[tuple[int, int]]:
    """Return (ms after midnight, lane) in order of time: Poisson arrivals, a least gap in each lane."""
    arrivals: list[tuple[int, int]] = []
    for lane, in_lane in enumerate(rng.multinomial(count, [1 / lanes] * lanes), start=1):
        free_ms = NIGHT_MS - int(in_lane) * LEAST_GAP_MS
        if free_ms <= 0:
            message = f"{in_lane} passages do not fit into one lane of one night"
            raise ValueError(message)
        times_ms = np.sort(rng.integers(0, free_ms, in_lane)) + LEAST_GAP_MS * np.arange(in_lane)
        arrivals += [(int(passed_ms), lane) for passed_ms in times_ms]
    return sorted(arrivals)


def _scatter(shares: Mapping[Thing, float], count: int, rng: np.random.Generator) -> dict[int, Thing]:
    """Give each thing its share of the `count` places; no place gets two."""
    things = [thing for thing, share in shares.items() for _ in range(round(share * count))]
    return {int(place): thing for place, thing in zip(rng.permutation(count), things, strict=False)}


def _possible_defects(station: RoadsideStation) -> tuple[Defect, ...]:
    """Return the defects that the station's format can show: without wheel masses no side is heavier."""
    wheels_shown = station.format == "hs_data"
    return tuple(defect for defect in Defect if wheels_shown or defect is not Defect.ONE_SIDED)


def _vehicle(
    station_id: str, serial: int, plan: _Plan, office: NumberOffice, rng: np.random.Generator
) -> TrueVehicle:
    """Draw the vehicle of a settled passage."""
    kind = plan.kind
    empty_kg, gross_kg = draw_gross_kg(kind, rng, plan.excess)
    axle_kg = spread_over_axles(kind, empty_kg, gross_kg, rng)
    left_kg, right_kg = measure_wheels(axle_kg, rng)
    spacings_mm = tuple(int(rng.integers(*bounds)) for bounds in kind.spacing_mm_ranges)
    too_fast = plan.defect is Defect.OVERSPEED
    front_plate, rear_plate = office.plates(kind.layout)
    return TrueVehicle(
        station_id=station_id,
        serial=serial,
        passed_at=plan.passed_at,
        lane=plan.lane,
        axle_count=kind.axle_count,
        layout=kind.layout,
        axle_kg=axle_kg,
        gross_kg=gross_kg,
        limit_kg=kind.limit_kg,
        left_kg=left_kg,
        right_kg=right_kg,
        spacings_mm=spacings_mm,
        speed_kmh=int(rng.integers(104, 119)) if too_fast else int(np.clip(rng.normal(58, 11), 22, 95)),
        length_mm=sum(spacings_mm) + int(rng.integers(*kind.overhang_mm)),
        front_plate=front_plate,
        rear_plate=rear_plate,
        plate_condition=plan.condition,
        defect=plan.defect,
    )
