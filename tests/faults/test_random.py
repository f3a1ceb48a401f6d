"""Nights killed at random and run again: one end state."""

import random
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from faults import end_state, finish, kill_after, start_night

from stations.station import Station

Make = Callable[[], tuple[Path, str]]


def kill_at_random(make: Make, station: Station, whole: dict[str, object], kills: int, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 (no secret)
    done = 0
    while done < kills:
        folder, url = make()
        for _ in range(25):
            done += kill_after(start_night(folder, station, url), chance.uniform(0.0, 0.7)) == -signal.SIGKILL
        assert finish(start_night(folder, station, url)) == 0
        assert end_state(folder, url) == whole, f"seed {seed}, after {done} kills"


def test_killed_at_random(make: Make, station: Station, whole: dict[str, object]) -> None:
    kill_at_random(make, station, whole, kills=25, seed=1)


@pytest.mark.exhaustive
@pytest.mark.timeout(1800)
def test_killed_at_random_five_hundred_times(make: Make, station: Station, whole: dict[str, object]) -> None:
    kill_at_random(make, station, whole, kills=500, seed=2)
