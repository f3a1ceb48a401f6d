"""What hides a plate, mars it or spoils its frame does so where it should, and nowhere else."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from models.values.plates import PlateColour
from stations.roadside.camera_faults import FAULTS
from stations.roadside.draw import draw_frame
from stations.roadside.mounting import Corners
from stations.roadside.objects import EXTENTS, THINGS, cover
from stations.roadside.plate import Picture, draw_plate
from stations.roadside.shot import Side, take_shot
from stations.roadside.sights import Weather
from stations.roadside.station import RoadsideStation, random_stream
from stations.roadside.vehicle import PlateCondition, TrueVehicle

SEEDS = range(4)


@pytest.fixture(scope="module")
def plate_in_frame() -> tuple[Picture, Corners]:
    frame: Picture = np.full((240, 520, 3), 128, dtype=np.uint8)
    frame[50:190, 40:480] = draw_plate("浙Z12345", PlateColour.YELLOW, 1)
    corners = np.array(((40, 50), (480, 50), (480, 190), (40, 190)), dtype=np.float32)
    return frame, corners


@pytest.mark.parametrize("thing", THINGS)
@pytest.mark.parametrize("extent", EXTENTS)
def test_an_object_hides_what_it_says(
    thing: str, extent: str, plate_in_frame: tuple[Picture, Corners]
) -> None:
    frame, corners = plate_in_frame
    for seed in SEEDS:
        done = cover(frame, corners, 7, 1, thing, extent, np.random.default_rng(seed))
        assert len(done.characters) == 7
        assert max(done.characters) > 0.5
        if extent == "whole":
            assert min(done.characters) > 0.5
        untouched = done.share < 0.004
        assert np.array_equal(done.pixels[untouched].round(-1), frame[untouched].round(-1)) or (
            np.abs(done.pixels[untouched].astype(int) - frame[untouched]).max() <= 3
        )


def test_the_same_seed_lays_the_same_object(plate_in_frame: tuple[Picture, Corners]) -> None:
    frame, corners = plate_in_frame
    pictures = [
        cover(frame, corners, 7, 1, "cloth", "side", np.random.default_rng(seed)).pixels for seed in (5, 5, 6)
    ]
    assert np.array_equal(pictures[0], pictures[1])
    assert not np.array_equal(pictures[0], pictures[2])


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_spoils_more_the_stronger_it_is(fault: str, plate_in_frame: tuple[Picture, Corners]) -> None:
    frame, corners = plate_in_frame
    changed = []
    for strength in (0.05, 0.95):
        seen = FAULTS[fault](frame, corners, strength, np.random.default_rng(3))
        assert seen.dtype == np.uint8
        changed.append(
            frame.size - seen.size if fault == "cut_off" else np.abs(seen.astype(int) - frame).mean()
        )
    assert changed[0] < changed[1]


@pytest.mark.parametrize(
    "condition",
    ["card", "rag", "bent", "flipped", "absent", "shadow", "glare", "blur"],
)
def test_a_condition_changes_the_plate_of_a_drawn_truck(
    condition: str, table_traffic: tuple[TrueVehicle, ...], table_station: RoadsideStation
) -> None:
    truck = next(v for v in table_traffic if v.axle_count == 6)
    frames = []
    for one in (PlateCondition.CLEAR, PlateCondition(condition)):
        shot = take_shot(replace(truck, plate_condition=one), Side.FRONT, table_station, random_stream(1))
        frames.append(draw_frame(shot, random_stream(9)))
    low, high = (
        frames[0].plate_corners.min(axis=0).astype(int),
        frames[0].plate_corners.max(axis=0).astype(int),
    )
    parts = [frame.pixels[low[1] : high[1], low[0] : high[0]].astype(int) for frame in frames]
    assert np.abs(parts[0] - parts[1]).mean() > 8


@pytest.mark.parametrize("weather", Weather)
def test_weather_comes_as_the_night_goes_on(
    weather: Weather, table_traffic: tuple[TrueVehicle, ...], table_station: RoadsideStation
) -> None:
    truck = replace(table_traffic[0], plate_condition=PlateCondition.CLEAR)
    midnight = truck.passed_at.replace(hour=0, minute=0, second=0, microsecond=0)
    changed = []
    for hours in (0.5, 5.5):
        late = replace(truck, passed_at=midnight + timedelta(hours=hours))
        shot = take_shot(late, Side.FRONT, table_station, random_stream(1))
        plain, seen = (draw_frame(shot, random_stream(2), w).pixels.astype(int) for w in (None, weather))
        changed.append(float(np.abs(plain - seen).mean()))
    assert changed[0] == 0
    assert changed[1] > 1
