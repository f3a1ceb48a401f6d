"""One plate on two vehicles: seen where no error explains it, not where a clock or a trailer does."""

import tracemalloc
from typing import Any

import numpy as np
import pytest
from driven import trucks
from trucks import HOUR_S, fleet

from models.values.reidentify import ConflictKind
from pipeline.reidentify.conflicts import STUCK, conflicts
from pipeline.reidentify.noise import Noise

NOISE = Noise.of_class(5)
ROADS = {frozenset("ab"): 30.0}
PLATE = "浙Z00001"


def found(times_s: list[float], plates: list[str], stations: str, **columns: Any) -> Any:  # noqa: ANN401
    made = fleet(trucks(times_s, **columns), plates, station=list(stations))
    return conflicts(made, NOISE, ROADS, np.full(len(plates), True))[:2]


def test_axles_of_another_vehicle() -> None:
    spacing = [[1900, 4500, 1350], [3200, 3200, 1350]]
    ((one,), troubles) = found([0, HOUR_S], [PLATE] * 2, "ab", spacing_mm=spacing)
    assert (one.kind, one.earlier, one.later) == (ConflictKind.SIGNATURE, 0, 1)
    assert "1.90米、本次3.20米" in one.sentence
    assert troubles == []


def test_measuring_errors_and_another_trailer_are_no_conflict() -> None:
    spacing = [[1900, 4500, 1350], [1980, 6500, 1310]]
    assert found([0, HOUR_S], [PLATE] * 2, "ab", spacing_mm=spacing) == ([], [])
    assert found([0, HOUR_S], [PLATE] * 2, "ab", spacing_mm=[[0, 0, 0], [1980, 6500, 1310]]) == ([], [])


def test_a_road_driven_faster_than_any_truck_can() -> None:
    ((one,), _) = found([0, 600], [PLATE] * 2, "ab")
    assert one.kind is ConflictKind.TRAVEL_TIME
    assert "只用10.0分钟，按130 km/h至少需13.8分钟" in one.sentence
    assert one.sentence.endswith("，不像同一辆车")
    assert found([0, 1000], [PLATE] * 2, "ab") == ([], [])


@pytest.mark.parametrize(
    ("taken_s", "gross_kg"),
    [pytest.param(720, 20_000, id="a truck that speeds"), pytest.param(600, 2_000, id="a fast car")],
)
def test_who_may_have_driven_too_fast_is_not_told_as_another_vehicle(taken_s: float, gross_kg: int) -> None:
    ((one,), _) = found([0, taken_s], [PLATE] * 2, "ab", gross_kg=[gross_kg] * 2)
    assert f"只用{taken_s / 60:.1f}分钟，按100 km/h至少需18.0分钟" in one.sentence
    assert one.sentence.endswith("，或超速，或不是同一辆车")


def test_a_road_that_nobody_declared_tells_nothing() -> None:
    assert found([0, 60], [PLATE] * 2, "ac") == ([], [])


def test_a_clock_that_is_off_makes_no_conflicts() -> None:
    plates = [f"浙Z{number:05d}" for number in range(4)]
    times = [0, 300, 600, 900]
    result, troubles = found([*times, *(one + 240 for one in times)], plates * 2, "aaaabbbb")
    assert result == []
    assert len(troubles) == 1
    assert "疑为时钟不准" in troubles[0]


def test_two_records_of_one_crossing_are_one_passage() -> None:
    spacing = [[1900, 4500, 1350], [3200, 3200, 1350]]
    assert found([0, 20], [PLATE] * 2, "aa", spacing_mm=spacing) == ([], [])


def test_only_what_is_asked_for_is_held_against_what_was_before() -> None:
    spacing = [[1900, 4500, 1350], [3200, 3200, 1350]]
    made = fleet(trucks([0, HOUR_S], spacing_mm=spacing), [PLATE] * 2)
    assert conflicts(made, NOISE, ROADS, np.array([True, False])) == ([], [], 0)


RIGID, LONGER = [4200, 1350, 0], [5000, 1607, 0]


@pytest.mark.parametrize(
    "once",
    [
        pytest.param([5000, 1607, 0], id="a speed that was taken wrongly"),
        pytest.param([1350, 0, 0], id="the first axle missed"),
        pytest.param([5550, 0, 0], id="the second axle missed"),
        pytest.param([1400, 2800, 1350], id="a stray axle counted"),
    ],
)
def test_one_spoiled_record_is_no_second_vehicle(once: list[int]) -> None:
    times = [HOUR_S * n for n in range(7)]
    assert found(times, [PLATE] * 7, "a" * 7, spacing_mm=[RIGID] * 3 + [once] + [RIGID] * 3) == ([], [])


def test_what_a_wrong_speed_explains_is_told_once_it_is_seen_again_and_again() -> None:
    times = [HOUR_S * n for n in range(8)]
    ((one,), _) = found(times, [PLATE] * 8, "a" * 8, spacing_mm=[RIGID] * 3 + [LONGER] * 5)
    assert (one.earlier, one.later) == (2, 5)
    assert "两种轴距此前另见2次、2次" in one.sentence


def test_what_is_like_both_bears_out_neither() -> None:
    first = [4200, 4200, 4390, 4390, 4390, 4580]
    spacing = [[one, 1350, 0] for one in first]
    assert found([HOUR_S * n for n in range(6)], [PLATE] * 6, "a" * 6, spacing_mm=spacing) == ([], [])


def test_a_scale_that_measures_all_axles_wrongly_makes_no_conflicts() -> None:
    plates = [f"浙Z{number:05d}" for number in range(4)]
    spacing = [[1900, 4500, 1350]] * 4 + [[3200, 3200, 1350]] * 4
    result, troubles = found([HOUR_S * n for n in range(8)], plates * 2, "aaaacccc", spacing_mm=spacing)
    assert result == []
    assert troubles == [
        "a至c：4个号牌中4个轴距不符，疑为轴距测量不准，未作为线索：浙Z00000、浙Z00001、浙Z00002、浙Z00003"
    ]


@pytest.mark.parametrize("often", [4, 6])
def test_a_clone_that_passes_often_is_no_fault_of_the_device(often: int) -> None:
    honest = [f"浙Z{number:05d}" for number in range(10, 16)] * 2
    clone = [RIGID if turn % 2 else [6800, 1350, 0] for turn in range(often)]
    plates = honest + [PLATE] * often
    times = [600.0 * n for n in range(len(plates))]
    result, troubles = found(times, plates, "a" * len(plates), spacing_mm=[RIGID] * 12 + clone)
    assert len(result) == often - 1
    assert troubles == []


def test_a_camera_that_is_stuck_on_a_plate_is_told_of_and_its_plate_left_alone() -> None:
    clone = [RIGID, [6800, 1350, 0]]
    times = [*(120.0 * n for n in range(STUCK + 1)), 0.0, HOUR_S]
    plates = [PLATE] * (STUCK + 1) + ["浙Z00002"] * 2
    (one,), troubles = found(
        times, plates, "a" * len(plates), spacing_mm=[*[clone[n % 2] for n in range(STUCK + 1)], *clone]
    )
    assert plates[one.later] == "浙Z00002"
    assert troubles == [f"a：号牌{PLATE}一天内过车超过{STUCK}次，疑为设备反复报出同一号牌，未作比对"]


def test_a_plate_of_many_passages_costs_no_more_than_its_latest() -> None:
    count = 3_000
    made = fleet(trucks([HOUR_S * n for n in range(count)], spacing_mm=[RIGID] * count), [PLATE] * count)
    tracemalloc.start()
    try:
        assert conflicts(made, NOISE, ROADS, np.full(count, True))[:2] == ([], [])
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "crossing",
    [
        pytest.param([(0, [3500, 0, 0]), (20, [1310, 1310, 0])], id="the tractor, then its trailer"),
        pytest.param([(0, [1310, 1310, 0])], id="the trailer alone"),
    ],
)
def test_a_record_that_was_split_is_no_second_vehicle(crossing: list[tuple[float, list[int]]]) -> None:
    whole = [3500, 5800, 1310]
    passed = [(-24 * HOUR_S, whole), *crossing, (24 * HOUR_S, whole)]
    times, spacing = [one for one, _ in passed], [one for _, one in passed]
    assert found(times, [PLATE] * len(times), "a" * len(times), spacing_mm=spacing) == ([], [])


def test_of_one_crossing_the_record_with_the_front_axles_counts() -> None:
    clone = [[3500, 5800, 1310], [7400, 0, 0], [1310, 1310, 0]]
    (one,), _ = found([0, HOUR_S, HOUR_S + 20], [PLATE] * 3, "aaa", spacing_mm=clone)
    assert (one.earlier, one.later) == (0, 1)


@pytest.mark.parametrize("factor", [1.0, LONGER[0] / RIGID[0]])
def test_what_the_scale_does_to_other_plates_too_is_told_of_the_scale(factor: float) -> None:
    others = [f"浙Z{number:05d}" for number in range(10, 14)]
    plates = [*others, *[PLATE] * 3, *[PLATE] * 3, *others]
    long = [round(one * factor) for one in RIGID]
    spacing = [RIGID] * 4 + [RIGID] * 3 + [LONGER] * 3 + [long] * 4
    times = [3 * 24 * HOUR_S * (n > 6) + HOUR_S * n for n in range(14)]
    # The others' second passages are seen before the plate's third long one.
    times[9] = times[13] + HOUR_S
    result, troubles = found(times, plates, "a" * 14, spacing_mm=spacing)
    if factor == 1:
        assert [(one.earlier, one.later) for one in result] == [(6, 9)]
        assert troubles == []
    else:
        assert result == []
        assert troubles == [f"a至a：其他号牌也轴距不符，疑为轴距测量不准，未作为线索：{PLATE}"]
