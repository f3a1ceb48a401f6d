"""Rank the vehicles of a fleet by how likely each made an unread passage, with what speaks for each."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.reidentify import likelihood
from pipeline.reidentify.fleet import Fleet, Unread
from pipeline.reidentify.noise import Noise
from pipeline.reidentify.travel import Roads, possible

KEPT = 5
# Before anything is measured: the probability that the vehicle is none of the fleet (judgement).
UNKNOWN = 0.3
# The first candidate is called the likely vehicle from this probability, in a fleet of so many vehicles: then
# at most one stranger in a hundred is taken for a vehicle of the fleet (docs/evasion.md).
NAMED_FROM, NAMED_AMONG = 0.99, 200
# Wheelbases further apart than so many standard errors are not looked at.
REACH = 5.0
# So many characters read for certain find a vehicle whatever its axles.
STRONG_CHARACTERS = 4
SURE = 0.8
NO_AXLES = "记录缺少轴距，也没有读出足够的号牌字符，无法比对"
NO_FLEET = "此前没有号牌可读的过车记录可供比对"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One vehicle that it may have been: `position` of its likest passage in the fleet, what speaks for it.

    `evidence` holds natural logarithms of likelihood ratios by kind; above 0 speaks for, below against.
    """

    position: int
    plate: str
    probability: float
    evidence: dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """The likeliest vehicles first, the probability that it was another, and why none was sought.

    `fleet` counts the passages that were there to compare with, `vehicles` who made them.
    """

    candidates: tuple[Candidate, ...]
    unknown: float
    fleet: int
    vehicles: int
    trouble: str = ""


def is_likely(place: int, probability: float, vehicles: int) -> bool:
    """Tell whether a candidate, by its place from 1 on, may be called the likely vehicle."""
    return place == 1 and probability >= NAMED_FROM and vehicles >= NAMED_AMONG


def rank(query: Unread, fleet: Fleet, noise: Noise, roads: Roads) -> Ranking:
    """Return who a passage may have been."""
    strong = sum(one != "?" and sure >= SURE for one, sure in zip(query.read, query.sure, strict=True))
    nobody = Ranking(candidates=(), unknown=1.0, fleet=len(fleet), vehicles=len(fleet.vehicles))
    gaps = int(query.one("axle_count")) - 1
    mine = query.one("spacing_mm")[: max(gaps, 0)]
    measured = gaps >= 1 and len(mine) == gaps and bool((mine > 0).all())
    if not measured and strong < STRONG_CHARACTERS:
        return replace(nobody, trouble=NO_AXLES)
    if not len(fleet):
        return replace(nobody, trouble=NO_FLEET)
    at = _looked_at(query, fleet, noise, by_axles=measured, by_plate=strong >= STRONG_CHARACTERS)
    at = at[possible(roads, query.station, query.one("passed_at_ms"), fleet.station[at], _times(fleet, at))]
    if not len(at):
        return nobody
    evidence = {
        "spacings": likelihood.spacings(query, fleet, at, noise),
        "loads": likelihood.loads(query, fleet, at, noise),
        "length": likelihood.overhangs(query, fleet, at, noise),
        "plate": likelihood.plates(query, fleet, at),
        "colour": likelihood.colours(query, fleet, at),
    }
    return _ranked(fleet, at, evidence)


def _ranked(fleet: Fleet, at: NDArray[np.int64], evidence: dict[str, NDArray[np.float64]]) -> Ranking:
    total = np.sum(list(evidence.values()), axis=0)
    order = np.argsort(-total, kind="stable")
    _, firsts = np.unique(fleet.plate[at[order]].astype(str), return_index=True)
    best = order[np.sort(firsts)]
    vehicles = len(fleet.vehicles)
    # One of the fleet, each alike, or another: the ratio of the other is 1 by its definition.
    weights = np.append(total[best] + np.log((1 - UNKNOWN) / vehicles), np.log(UNKNOWN))
    shares = np.exp(weights - weights.max())
    shares /= shares.sum()
    candidates = tuple(
        Candidate(
            position=int(at[one]),
            plate=str(fleet.plate[at[one]]),
            probability=float(share),
            evidence={name: round(float(values[one]), 2) for name, values in evidence.items()},
        )
        for one, share in zip(best[:KEPT].tolist(), shares[:-1][:KEPT].tolist(), strict=True)
    )
    return Ranking(
        candidates=candidates, unknown=float(shares[-1]), fleet=len(fleet), vehicles=len(fleet.vehicles)
    )


def _times(fleet: Fleet, at: NDArray[np.int64]) -> NDArray[np.int64]:
    return fleet.batch.passed_at_ms[at]


def _looked_at(
    query: Unread, fleet: Fleet, noise: Noise, *, by_axles: bool, by_plate: bool
) -> NDArray[np.int64]:
    """Return the positions worth a closer look."""
    found = []
    if by_axles:
        axles, mine = int(query.one("axle_count")), query.one("spacing_mm")
        wheelbase = float(mine[: axles - 1].sum())
        error = np.sqrt(2) * np.hypot(noise.spacing_mm * np.sqrt(axles - 1), noise.speed * wheelbase)
        found.append(fleet.near(axles, wheelbase, REACH * error))
    if by_plate:
        known = {plate for plate in fleet.vehicles if _like(query, plate)}
        found.append(np.flatnonzero([plate in known for plate in fleet.plate.tolist()]))
    return np.unique(np.concatenate(found))


def _like(query: Unread, plate: str) -> bool:
    """Tell whether at most one character that was read for certain is another on this plate."""
    if len(plate) != len(query.read):
        return False
    sure = [(a, b) for a, s, b in zip(query.read, query.sure, plate, strict=True) if a != "?" and s >= SURE]
    return sum(a != b for a, b in sure) <= 1
