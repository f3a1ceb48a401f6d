"""A light that washes the usual place out, and what is as bright and is none."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from road_frames import PLACE

from pipeline.plates.dazzle import dazzled
from pipeline.plates.usual import UsualPlace
from stations.roadside.camera_faults import fog, glare

Pixels = NDArray[np.uint8]
PLATE = np.array([[260, 220], [380, 220], [380, 260], [260, 260]], dtype=np.float32)


def body(tone: int = 60) -> Pixels:
    frame = np.full((480, 640, 3), tone, dtype=np.uint8)
    cv2.rectangle(frame, (230, 200), (410, 280), (tone // 2,) * 3, -1)
    return frame


def carded(frame: Pixels) -> Pixels:
    return cv2.rectangle(frame, (265, 222), (375, 258), (245, 245, 245), -1)


def beside(frame: Pixels) -> Pixels:
    return glare(frame, PLATE + np.array((190, 0), dtype=np.float32), 0.1, np.random.default_rng(4))


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("strength", [0.4, 1.0])
def test_glare_at_the_plate_dazzles(seed: int, strength: float) -> None:
    assert dazzled(glare(body(), PLATE, strength, np.random.default_rng(seed)), PLACE)


@pytest.mark.parametrize("seed", range(4))
def test_glare_behind_fog_dazzles(seed: int) -> None:
    rng = np.random.default_rng(seed)
    assert dazzled(fog(glare(body(), PLATE, 0.8, rng), PLATE, 0.4, rng), PLACE)


@pytest.mark.parametrize(
    "frame",
    [body(), body(215), carded(body()), carded(body(200)), beside(body())],
    ids=["dark body", "pale body", "white card", "white card on a pale body", "lamp beside"],
)
def test_what_is_bright_up_to_its_edge_or_elsewhere_does_not(frame: Pixels) -> None:
    assert not dazzled(frame, PLACE)


def test_a_card_in_fog_does_not() -> None:
    assert not dazzled(fog(carded(body()), PLATE, 0.4, np.random.default_rng(1)), PLACE)


def test_a_place_beyond_the_frame_or_in_an_even_one_shows_no_light() -> None:
    assert not dazzled(body(), UsualPlace(vehicles=20, centre=(5000, 240), reach=(80, 40), size=(120, 40)))
    assert not dazzled(body(1), PLACE)
