"""Background colours on painted crops."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.values.plates import PlateColour
from pipeline.plates.colour import plate_colour

BLUE, YELLOW, GREEN, WHITE, BLACK = (
    (170, 60, 10),
    (20, 180, 240),
    (110, 190, 80),
    (235, 235, 235),
    (25, 25, 25),
)


def painted(background: tuple[int, int, int], ink: tuple[int, int, int]) -> NDArray[np.uint8]:
    """Return a plate of a third ink."""
    crop = np.full((44, 140, 3), background, dtype=np.uint8)
    for x in range(8, 140, 18):
        crop[8:36, x : x + 9] = ink
    return crop


@pytest.mark.parametrize(
    ("background", "ink", "colour"),
    [
        (BLUE, WHITE, PlateColour.BLUE),
        (YELLOW, BLACK, PlateColour.YELLOW),
        (GREEN, BLACK, PlateColour.GREEN),
        (WHITE, BLACK, PlateColour.WHITE),
        (BLACK, WHITE, PlateColour.BLACK),
        ((110, 110, 110), (120, 120, 120), PlateColour.UNKNOWN),
    ],
)
def test_colours(background: tuple[int, int, int], ink: tuple[int, int, int], colour: PlateColour) -> None:
    assert plate_colour(painted(background, ink)) is colour


def test_large_new_energy_plates_are_yellow_and_green() -> None:
    crop = painted(GREEN, BLACK)
    crop[:, :40] = painted(YELLOW, BLACK)[:, :40]
    assert plate_colour(crop) is PlateColour.YELLOW_GREEN


@pytest.mark.parametrize(("background", "colour"), [(BLUE, PlateColour.BLUE), (YELLOW, PlateColour.YELLOW)])
def test_colours_washed_out_by_glare_or_dusk(background: tuple[int, int, int], colour: PlateColour) -> None:
    plate = painted(background, background).astype(float)
    pale = plate * 0.3 + 255 * 0.7
    assert plate_colour(pale.astype(np.uint8)) is colour
    assert plate_colour((plate * 0.35).astype(np.uint8)) is colour


@given(hue=st.integers(0, 179), saturation=st.integers(0, 255), value=st.integers(0, 255))
def test_every_crop_has_an_answer(hue: int, saturation: int, value: int) -> None:
    hsv = np.full((10, 30, 3), (hue, saturation, value), dtype=np.uint8)
    colour = plate_colour(np.asarray(cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR), dtype=np.uint8))
    if 100 <= hue <= 125 and saturation > 80 and value > 60:
        assert colour is PlateColour.BLUE
    if saturation < 10:
        assert colour in {PlateColour.WHITE, PlateColour.BLACK, PlateColour.UNKNOWN}


def test_one_pixel() -> None:
    assert plate_colour(np.full((1, 1, 3), BLUE, dtype=np.uint8)) is PlateColour.BLUE
