"""Each manoeuvre seen, and not seen where it is not there or can't be told."""

from typing import Any

import numpy as np
import pytest
from driven import scene, trucks

from models.values.driving import Manoeuvre
from models.values.passages import PassageBatch
from pipeline.evasion.detect import IN_A_QUEUE, WEIGHED_WELL, Seen, detect, observability, sightings
from pipeline.evasion.scene import Scene

ALONE = [0.0]
NONE = float("nan")


def seen(one: Scene) -> list[Seen]:
    return detect(one, sightings(one))


def kinds(one: Scene) -> list[tuple[int, str]]:
    return [(found.position, found.kind.value) for found in seen(one)]


def test_a_plain_truck_does_nothing() -> None:
    assert kinds(scene(trucks([0.0, 20.0, 41.5]))) == []


@pytest.mark.parametrize(
    ("driving", "kind", "words"),
    [
        ({"bits": [1 << 7]}, "stop_and_go", "第7位"),
        ({"bits": [1 << 6]}, "straddling", "第6位"),
        ({"bits": [1 << 5]}, "brake_tapping", "第5位"),
        ({"bits": [1 << 4]}, "weaving", "第4位"),
        ({"bits": [1 << 3]}, "accelerating", "第3位"),
        ({"bits": [1 << 2]}, "braking", "第2位"),
        ({"bits": [1 << 1]}, "lane_edge", "第1位"),
        ({"bits": [1 << 0]}, "straddling", "第0位"),
        ({"bits": [1 << 8]}, "unstated", "逃避检测标记"),
        ({"acceleration_ms2": [1.4]}, "accelerating", "+1.4 m/s²"),
        ({"acceleration_ms2": [-2.0]}, "braking", "-2.0 m/s²"),
        ({"axle_speed_kmh": [[60, 57, 49, 46]]}, "braking", "60、57、49、46"),
        ({"axle_speed_kmh": [[40, 43, 51, 54]]}, "accelerating", "40、43、51、54"),
        ({"axle_speed_kmh": [[50, 41, 44, 52]]}, "brake_tapping", "中途降速9"),
        ({"axle_speed_kmh": [[12, 9, 2, 1]]}, "stop_and_go", "几近停车"),
        ({"offset_mm": [800]}, "lane_edge", "偏右80厘米"),
        ({"offset_mm": [-1100]}, "straddling", "偏左110厘米"),
        ({"second_lane": [2]}, "straddling", "1、2车道"),
        ({"axle_offset_mm": [[-300, 0, 200, 350]]}, "weaving", "相差65厘米"),
        ({"reversed_axles": [2]}, "reversing", "2根轴倒退"),
    ],
)
def test_what_the_device_tells_is_seen(driving: dict[str, Any], kind: str, words: str) -> None:
    found = {one.kind.value: one.sentence for one in seen(scene(trucks(ALONE), **driving))}
    assert words in found[kind]


@pytest.mark.parametrize(
    "driving",
    [
        {"bits": [0]},
        {"acceleration_ms2": [0.9]},
        {"axle_speed_kmh": [[60, 61, 59.5, 60.5]]},
        {"axle_speed_kmh": [[60, NONE, NONE, NONE]]},
        {"axle_speed_kmh": [[5, 4, 5, 4]]},
        {"offset_mm": [600]},
        {"second_lane": [1]},
        {"axle_offset_mm": [[-100, 0, 100, 50]]},
        {"reversed_axles": [0]},
    ],
)
def test_what_every_driver_does_is_not_seen(driving: dict[str, Any]) -> None:
    assert kinds(scene(trucks(ALONE), **driving)) == []


def leaning(share: float, others: float = 0.5, count: int = 30) -> PassageBatch:
    """Return trucks, the last of which has this left share on every axle, the others another."""
    left = np.full((count, 4), round(5000 * others))
    left[-1] = round(5000 * share)
    return trucks([20.0 * one for one in range(count)], left_kg=left)


def test_every_axle_on_one_side_is_straddling() -> None:
    (found,) = seen(scene(leaning(0.85)))
    assert (found.position, found.kind) == (29, Manoeuvre.STRADDLING)
    assert "85%" in found.sentence
    assert "50%" in found.sentence


def test_a_leaning_load_is_not() -> None:
    batch = leaning(0.85)
    batch.left_kg[-1, 0] = 2600
    assert kinds(scene(batch)) == []


def test_a_leaning_scale_is_not_and_too_few_trucks_tell_nothing() -> None:
    assert kinds(scene(leaning(0.85, others=0.72))) == []
    assert kinds(scene(leaning(0.95, count=10))) == []


def test_a_vehicle_on_two_lanes_is_one_vehicle() -> None:
    left = [[4500] * 4, [400] * 4]
    both = trucks([0.0, 0.1], lane=[1, 2], left_kg=left)
    assert kinds(scene(both)) == [(0, "straddling"), (1, "straddling")]
    assert "同一辆车" in seen(scene(both))[0].sentence


def test_two_trucks_abreast_at_one_speed() -> None:
    beside = trucks([0.0, 0.15], lane=[1, 2], speed_kmh=[60, 62])
    assert kinds(scene(beside)) == [(0, "side_by_side"), (1, "side_by_side")]
    assert kinds(scene(trucks([0.0, 0.15], lane=[1, 2], speed_kmh=[60, 70]))) == []
    assert kinds(scene(trucks([0.0, 0.6], lane=[1, 2]))) == []
    assert kinds(scene(trucks([0.0, 0.15], lane=[1, 3]))) == []


def test_overtaking_that_left_both_records_whole_is_told_and_spoils_nothing() -> None:
    found = seen(scene(trucks([0.0, 0.15], lane=[1, 2])))
    assert [(one.excused, one.spoils) for one in found] == [(WEIGHED_WELL, False)] * 2


@pytest.mark.parametrize(
    "trouble",
    [
        {"left_kg": [[2510, 2510, 2510, 4000], [2510] * 4]},
        {"length_mm": [7000, 10_000]},
        {"axle_kg": [[5000, 5000, 10_000, 0], [5000] * 4]},
    ],
    ids=["one axle on one side", "axles beyond the vehicle", "an axle that is missing"],
)
def test_trouble_in_either_record_of_trucks_abreast_spoils_both(trouble: dict[str, object]) -> None:
    found = [
        one
        for one in seen(scene(trucks([0.0, 0.05], lane=[1, 2], **trouble)))
        if one.kind is Manoeuvre.SIDE_BY_SIDE
    ]
    assert [(one.position, one.excused, one.spoils) for one in found] == [(0, "", True), (1, "", True)]


def test_a_clock_of_whole_seconds_tells_nothing_of_trucks_abreast() -> None:
    one = scene(trucks([0.0, 0.0, 30.0], lane=[1, 2, 1]))
    assert kinds(one) == []
    told = {each.kind: each for each in observability(one, sightings(one))}
    assert not told[Manoeuvre.SIDE_BY_SIDE].observable
    assert "此处不可观察（需要" in told[Manoeuvre.SIDE_BY_SIDE].words


def test_hanging_on_the_bumper() -> None:
    # 10 m at 60 km/h take 0.6 s.
    assert kinds(scene(trucks([0.001, 0.95]))) == [(1, "tailgating")]
    assert kinds(scene(trucks([0.001, 1.2]))) == []
    assert kinds(scene(trucks([0.0, 1.0]))) == []
    assert kinds(scene(trucks([0.001, 0.95], lane=[1, 2]))) == []


def test_a_record_sent_twice_follows_nobody() -> None:
    assert kinds(scene(trucks([0.001, 0.001]))) == []


def test_a_queue_excuses_what_all_do_in_it() -> None:
    slow = trucks([10.0 * one for one in range(6)], speed_kmh=[4] * 6)
    found = seen(scene(slow))
    assert {one.kind for one in found} == {Manoeuvre.CRAWLING}
    assert {one.excused for one in found} == {IN_A_QUEUE}
    speeds = [60.0] * 6
    speeds[2] = 4
    (free,) = seen(scene(trucks([10.0 * one for one in range(6)], speed_kmh=speeds)))
    assert (free.position, free.excused) == (2, "")


def test_the_lowest_speed_of_a_certificate_counts() -> None:
    assert kinds(scene(trucks(ALONE, speed_kmh=[12]), least_kmh=15)) == [(0, "crawling")]


def test_what_a_whole_lane_does_accuses_nobody() -> None:
    bits = np.zeros(60)
    bits[:9] = 1 << 5
    found = seen(scene(trucks([20.0 * one for one in range(60)]), bits=bits))
    assert len(found) == 9
    assert all("15%" in one.excused for one in found)
    bits[3:] = 0
    assert {one.excused for one in seen(scene(trucks([20.0 * one for one in range(60)]), bits=bits))} == {""}


def test_a_sensor_that_misses_light_axles_accuses_nobody() -> None:
    left = np.full((120, 4), 2500)
    left[:4] = 4300
    batch = trucks([20.0 * one for one in range(120)], left_kg=left, axle_count=[2] * 50 + [4] * 70)
    batch.axle_kg[:50, 2:], batch.left_kg[:50, 2:] = 0, -1
    assert all("8%的2轴货车" in one.excused for one in seen(scene(batch)))
    assert len(seen(scene(batch))) == 4
    batch.left_kg[2:4, :2] = 2500
    assert [one.excused for one in seen(scene(batch))] == ["", ""]


def test_more_between_its_axles_than_it_is_long() -> None:
    assert kinds(scene(trucks(ALONE, length_mm=[6500]))) == [(0, "reversing")]
    assert kinds(scene(trucks(ALONE, length_mm=[7600]))) == []
    assert kinds(scene(trucks(ALONE, length_mm=[-1]))) == []


def test_cars_evade_no_scale() -> None:
    car = trucks(ALONE, axle_count=[2], gross_kg=[1500])
    assert kinds(scene(car, bits=[255])) == []


def test_nothing_stated_is_not_observable_rather_than_nothing() -> None:
    batch = trucks([0.001], spacing_mm=[[0, 0, 0]], left_kg=[[-1] * 4], speed_kmh=[NONE], length_mm=[-1])
    one = scene(batch)
    told = observability(one, sightings(one))
    assert kinds(one) == []
    assert [each.observable for each in told] == [0] * len(Manoeuvre)
    assert all("需要" in each.words for each in told)


def test_an_empty_day() -> None:
    assert kinds(scene(trucks([]))) == []
