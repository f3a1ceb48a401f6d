"""Frames show the plate where and how it is mounted, and that they are simulated."""

from dataclasses import replace
from io import BytesIO

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from models.values.plates import PlateColour
from stations.roadside.draw import DrawnFrame, draw_frame, encode_jpeg
from stations.roadside.mounting import smear
from stations.roadside.plate import draw_plate
from stations.roadside.scene import CAPTION_BOX
from stations.roadside.shot import Shot, Side, take_shot
from stations.roadside.station import RoadsideStation, random_stream
from stations.roadside.vehicle import PlateCondition, TruePlate, TrueVehicle

HUES = {PlateColour.YELLOW: (18, 30), PlateColour.BLUE: (100, 118), PlateColour.YELLOW_GREEN: (55, 75)}
PLATES = (
    TruePlate(text="浙Z1A370", colour=PlateColour.YELLOW, rows=1),
    TruePlate(text="苏Z0D47挂", colour=PlateColour.YELLOW, rows=2),
    TruePlate(text="沪Z8Q21B", colour=PlateColour.BLUE, rows=1),
    TruePlate(text="皖Z12345D", colour=PlateColour.YELLOW_GREEN, rows=1),
)


@pytest.fixture(scope="module")
def truck(table_traffic: tuple[TrueVehicle, ...]) -> TrueVehicle:
    return replace(next(v for v in table_traffic if v.axle_count == 6), plate_condition=PlateCondition.CLEAR)


def shot_of(vehicle: TrueVehicle, side: Side, station: RoadsideStation) -> Shot:
    return take_shot(vehicle, side, station, random_stream(1))


def draw(shot: Shot, seed: int = 1) -> DrawnFrame:
    return draw_frame(shot, random_stream(seed))


def seen_plate(frame: DrawnFrame) -> NDArray[np.uint8]:
    """Return the plate cut out upright: its box, without the perspective."""
    low = np.ceil(frame.plate_corners.min(axis=0)).astype(int)
    high = np.floor(frame.plate_corners.max(axis=0)).astype(int)
    return frame.pixels[low[1] : high[1], low[0] : high[0]]


def share_in_colour(pixels: NDArray[np.uint8], colour: PlateColour) -> float:
    hsv = cv2.cvtColor(pixels, cv2.COLOR_BGR2HSV)
    low, high = HUES[colour]
    return float(((hsv[..., 0] >= low) & (hsv[..., 0] <= high) & (hsv[..., 1] > 90)).mean())


@pytest.mark.parametrize(
    ("plate", "size"), list(zip(PLATES, [(140, 440), (220, 440), (140, 440), (140, 480)], strict=True))
)
def test_plate_pictures_have_their_size_and_colour(plate: TruePlate, size: tuple[int, int]) -> None:
    picture = draw_plate(plate.text, plate.colour, plate.rows)
    assert picture.shape == (*size, 3)
    assert picture.dtype == np.uint8
    assert share_in_colour(picture, plate.colour) > 0.4


def test_a_new_energy_plate_begins_yellow() -> None:
    picture = draw_plate("皖Z12345D", PlateColour.YELLOW_GREEN, 1)
    assert share_in_colour(picture[:, :120], PlateColour.YELLOW) > 0.5
    assert share_in_colour(picture[:, 140:], PlateColour.YELLOW) == 0


def test_each_character_is_drawn_in_its_place() -> None:
    one, other = (draw_plate(text, PlateColour.YELLOW, 2) for text in ("浙Z12345", "浙Z12945"))
    rows, columns = np.nonzero((one != other).any(axis=2))
    assert 90 <= rows.min() <= rows.max() < 200
    assert 187 <= columns.min() <= columns.max() < 252


@pytest.mark.parametrize("text", ["浙Z1234", "浙Z123456"])
def test_a_text_that_does_not_fill_the_plate_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="zip"):
        draw_plate(text, PlateColour.YELLOW, 1)


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("plate", PLATES)
def test_the_plate_is_seen_in_its_colour(
    truck: TrueVehicle, table_station: RoadsideStation, plate: TruePlate, side: Side
) -> None:
    vehicle = replace(truck, front_plate=plate, rear_plate=plate)
    frame = draw(shot_of(vehicle, side, table_station))
    seen = seen_plate(frame)
    assert frame.pixels.shape == (720, 1280, 3)
    assert 105 <= seen.shape[1] <= 185
    assert share_in_colour(seen, plate.colour) > 0.4


@pytest.mark.parametrize("side", Side)
def test_a_cloth_leaves_nothing_of_the_plate(
    truck: TrueVehicle, table_station: RoadsideStation, side: Side
) -> None:
    frame = draw(shot_of(replace(truck, plate_condition=PlateCondition.COVERED), side, table_station))
    assert share_in_colour(seen_plate(frame), PlateColour.YELLOW) < 0.02


def test_darkness_takes_from_the_plate(truck: TrueVehicle, table_station: RoadsideStation) -> None:
    clear, dark = (
        [
            seen_plate(
                draw(shot_of(replace(truck, plate_condition=condition), Side.FRONT, table_station), seed)
            )
            for seed in range(8)
        ]
        for condition in (PlateCondition.CLEAR, PlateCondition.DARK)
    )
    assert max(plate.mean() for plate in dark) < 0.5 * min(plate.mean() for plate in clear)


def test_mud_hides_a_part_of_the_plate() -> None:
    clean = draw_plate("浙Z1A370", PlateColour.YELLOW, 1)
    changes = [
        np.abs(smear(clean, random_stream(seed)).astype(int) - clean).max(axis=2) for seed in range(20)
    ]
    hidden = [(change > 40).mean() for change in changes]
    assert 0.05 < min(hidden) < max(hidden) < 0.85
    assert np.mean(hidden) > 0.2


def test_a_dirty_passage_shows_the_mud(truck: TrueVehicle, table_station: RoadsideStation) -> None:
    frames = {
        condition: draw(shot_of(replace(truck, plate_condition=condition), Side.FRONT, table_station))
        for condition in (PlateCondition.CLEAR, PlateCondition.DIRTY)
    }
    clear, dirty = frames.values()
    assert np.array_equal(clear.plate_corners, dirty.plate_corners)
    assert np.abs(seen_plate(clear).astype(int) - seen_plate(dirty)).mean() > 15


def test_front_and_rear_do_not_look_alike(truck: TrueVehicle, table_station: RoadsideStation) -> None:
    front, rear = (draw(shot_of(truck, side, table_station)).pixels.astype(float) for side in Side)
    assert np.abs(front - rear).mean() > 8
    lamps_red, lamps_white = (rear[..., 2] - rear[..., 1]).max(), front.min(axis=2).max()
    assert lamps_red > 120
    assert lamps_white > 150


@pytest.mark.parametrize("condition", PlateCondition)
def test_every_frame_says_that_it_is_simulated(
    truck: TrueVehicle, table_station: RoadsideStation, condition: PlateCondition
) -> None:
    shot = shot_of(replace(truck, plate_condition=condition), Side.FRONT, table_station)
    frame = draw(shot)
    x1, y1, x2, y2 = CAPTION_BOX
    caption = frame.pixels[y1:y2, x1:x2]
    assert caption.max() == 255
    assert 0.03 < (caption > 128).mean() < 0.3
    assert frame.plate_corners[:, 1].min() > y2
    image = Image.open(BytesIO(encode_jpeg(frame, shot)))
    assert image.info["comment"].decode() == "模拟 SIMULATED"
    assert image.getexif()[0x010E] == "SIMULATED"


def test_the_same_stream_draws_the_same_frame(truck: TrueVehicle, table_station: RoadsideStation) -> None:
    shot = shot_of(truck, Side.FRONT, table_station)
    assert np.array_equal(draw(shot, 3).pixels, draw(shot, 3).pixels)
    assert not np.array_equal(draw(shot, 3).pixels, draw(shot, 4).pixels)
