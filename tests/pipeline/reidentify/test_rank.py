"""Who it may have been: the right truck first, none where none fits, reasons where nothing can be said."""

import numpy as np
import pytest
from driven import trucks
from hypothesis import given
from hypothesis import strategies as st
from trucks import fleet, others, unread

from pipeline.reidentify.fleet import Fleet
from pipeline.reidentify.noise import Noise
from pipeline.reidentify.rank import NAMED_AMONG, NAMED_FROM, NO_AXLES, NO_FLEET, is_likely, rank

NOISE = Noise.of_class(5)
COUNT = 80
PLATES = [f"浙Z{number:05d}" for number in range(10_007, 10_007 + 97 * COUNT, 97)]


def known() -> Fleet:
    spacing, loads = others(COUNT)
    batch = trucks([10.0 * one for one in range(COUNT)], spacing_mm=spacing, axle_kg=loads)
    return fleet(batch, PLATES)


def noisy(position: int, seed: int = 5) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    spacing, loads = others(COUNT)
    return spacing[position] + rng.integers(-25, 26, 3), np.rint(loads[position] * rng.normal(1, 0.03, 4))


def test_the_same_truck_with_its_load_comes_first() -> None:
    right = 0
    for position in range(0, COUNT, 4):
        ranking = rank(unread(1, *noisy(position)), known(), NOISE, {})
        right += ranking.candidates[0].plate == PLATES[position]
        assert PLATES[position] in {one.plate for one in ranking.candidates}
        assert sum(one.probability for one in ranking.candidates) + ranking.unknown <= 1.000001
    assert right >= 16


def test_a_truck_of_no_fleet_is_probably_unknown() -> None:
    ranking = rank(unread(1, [1500, 6500, 1800], [6000, 6000, 9000, 9000]), known(), NOISE, {})
    assert ranking.unknown > 0.5


def test_some_characters_are_a_strong_key_even_with_another_load() -> None:
    position = 33
    spacing, _ = noisy(position)
    read = PLATES[position][:3] + "??" + PLATES[position][5:]
    sure = tuple(0.95 if one != "?" else 0.0 for one in read)
    ranking = rank(unread(20, spacing, [9000, 9000, 9000, 9000], read=read, sure=sure), known(), NOISE, {})
    assert ranking.candidates[0].plate == PLATES[position]
    assert ranking.candidates[0].evidence["plate"] > 3
    assert ranking.candidates[0].evidence["loads"] < 0


def test_a_truck_that_cannot_have_come_so_far_is_left_out() -> None:
    roads = {frozenset("ab"): 60.0}
    soon = unread(0.2, *noisy(0))
    assert PLATES[0] not in {one.plate for one in rank(soon, known(), NOISE, roads).candidates}
    # 60 km in half an hour are 120 km/h, and 112 by the slack of the clocks: unlawful, and possible.
    speeding = unread(0.5, *noisy(0))
    assert rank(speeding, known(), NOISE, roads).candidates[0].plate == PLATES[0]
    later = unread(1, *noisy(0))
    assert rank(later, known(), NOISE, roads).candidates[0].plate == PLATES[0]


def test_without_axles_only_characters_can_tell() -> None:
    blank = unread(1, [0, 0, 0], [5000] * 4)
    assert rank(blank, known(), NOISE, {}).trouble == NO_AXLES
    read = PLATES[7]
    shown = unread(1, [0, 0, 0], [5000] * 4, read=read, sure=(0.9,) * 7)
    assert rank(shown, known(), NOISE, {}).candidates[0].plate == read


def test_without_a_fleet_there_is_nobody() -> None:
    nobody = fleet(trucks([]), [])
    assert rank(unread(1, *noisy(0)), nobody, NOISE, {}).trouble == NO_FLEET


def test_more_axles_than_any_of_the_fleet() -> None:
    ranking = rank(unread(1, *noisy(0)), fleet(trucks([0.0]), ["浙Z00001"]), NOISE, {})
    assert ranking.trouble == ""


@pytest.mark.parametrize(
    ("mine", "theirs", "sign"), [("yellow", "yellow", 1), ("blue", "yellow", -1), ("", "blue", 0)]
)
def test_the_colour_of_the_plate(mine: str, theirs: str, sign: int) -> None:
    spacing, loads = others(COUNT)
    batch = trucks([10.0 * one for one in range(COUNT)], spacing_mm=spacing, axle_kg=loads)
    ranking = rank(
        unread(1, *noisy(3), colour=mine), fleet(batch, PLATES, colour=[theirs] * COUNT), NOISE, {}
    )
    assert np.sign(ranking.candidates[0].evidence["colour"]) == sign


@given(st.integers(0, COUNT - 1), st.floats(0.2, 100), st.integers(0, 10_000))
def test_probabilities_are_probabilities_in_order(position: int, hours: float, seed: int) -> None:
    ranking = rank(unread(hours, *noisy(position, seed)), known(), NOISE, {})
    shares = [one.probability for one in ranking.candidates]
    assert shares == sorted(shares, reverse=True)
    assert all(0 <= share <= 1 for share in (*shares, ranking.unknown))
    assert len({one.plate for one in ranking.candidates}) == len(shares)


def test_only_the_first_of_a_large_fleet_and_nearly_certain_is_called_likely() -> None:
    assert is_likely(1, NAMED_FROM, NAMED_AMONG)
    assert not is_likely(2, 1.0, NAMED_AMONG)
    assert not is_likely(1, NAMED_FROM - 0.001, NAMED_AMONG)
    assert not is_likely(1, 1.0, NAMED_AMONG - 1)


def test_the_passages_of_a_few_trucks_are_no_large_fleet() -> None:
    spacing, loads = (np.tile(one, (10, 1)) for one in others(20))
    batch = trucks([10.0 * one for one in range(200)], spacing_mm=spacing, axle_kg=loads)
    ranking = rank(unread(1, *noisy(0)), fleet(batch, PLATES[:20] * 10), NOISE, {})
    assert (ranking.fleet, ranking.vehicles) == (200, 20)
    assert not is_likely(1, 1.0, ranking.vehicles)
