"""Detection and false alarms on simulated lanes; seeds unlike those of tuning and of the report."""

import numpy as np
import pytest
from rehearsal import Fault, dead_left, drift, rehearse

SEED, LANES, LAST_DAY = 700_000, 24, 200


def days_to_watched_and_barred(fault: Fault, after: int) -> tuple[list[float], list[float]]:
    lanes = [rehearse(SEED + number, fault, healthy=10, after=after) for number in range(LANES)]
    return (
        [float(lane.watched or np.inf) for lane in lanes],
        [float(lane.barred or np.inf) for lane in lanes],
    )


@pytest.mark.parametrize(
    ("percent", "over_days", "watched_by", "barred_by"),
    [
        (3, 1, 6, np.inf),
        (5, 1, 3, 9),
        (-5, 1, 4, 10),
        (10, 1, 2, 3),
        (5, 14, 11, 22),
        (10, 14, 8, 12),
    ],
)
def test_a_drift_is_found_in_time(
    percent: float, over_days: int, watched_by: float, barred_by: float
) -> None:
    watched, barred = days_to_watched_and_barred(drift(percent, over_days, LAST_DAY), 26)
    assert np.median(watched) <= watched_by
    assert np.median(barred) <= barred_by
    assert np.isfinite(watched).mean() >= 0.9


def test_a_doubled_side_is_barred_the_first_night() -> None:
    _, barred = days_to_watched_and_barred(dead_left, 2)
    assert barred == [1.0] * LANES


def test_healthy_lanes_are_seldom_watched_and_hardly_ever_barred() -> None:
    lanes = [rehearse(SEED + 1000 + number, None, healthy=120) for number in range(30)]
    years = sum(lane.healthy_days for lane in lanes) / 365
    assert sum(lane.watches for lane in lanes) / years <= 1.5
    assert sum(lane.bars for lane in lanes) <= 1
