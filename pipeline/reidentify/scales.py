"""How much longer one scale measures than another, or than itself before, by plates that passed both."""

import numpy as np

from pipeline.reidentify.fleet import Fleet

# What passed within so long before each of two passages is compared (judgement).
WINDOW_MS = 2 * 86_400_000
# So few plates in common tell nothing (judgement).
LEAST_PLATES = 3


def longer_by(fleet: Fleet, earlier: int, later: int) -> float:
    """Return how many times longer first spacings of other plates were at `later` than at `earlier`.

    Both are positions in the fleet, of passages whose stations and times are meant. 1 where too few plates
    passed both; it is a median, which a few clones don't move.
    """
    before, after = _first_mm(fleet, earlier), _first_mm(fleet, later)
    others = (before.keys() & after.keys()) - {str(fleet.plate[later])}
    if len(others) < LEAST_PLATES:
        return 1.0
    return float(np.median([after[one] / before[one] for one in others]))


def _first_mm(fleet: Fleet, place: int) -> dict[str, float]:
    """Return each plate's first spacing at the station of a passage in the days before it."""
    times_ms, first = fleet.batch.passed_at_ms, fleet.batch.spacing_mm[:, 0]
    near = np.flatnonzero((times_ms <= times_ms[place]) & (times_ms > times_ms[place] - WINDOW_MS))
    near = near[(fleet.station[near] == fleet.station[place]) & (first[near] > 0)]
    of_plate: dict[str, list[int]] = {}
    for one in near.tolist():
        of_plate.setdefault(str(fleet.plate[one]), []).append(int(first[one]))
    return {plate: float(np.median(some)) for plate, some in of_plate.items()}
