"""A plate that reads well in a frame of blocks, and where it is."""

import cv2
import numpy as np
from numpy.typing import NDArray

from models.values.plates import PlateColour
from pipeline.plates.visible import Place
from stations.roadside.plate import draw_plate

TEXT = "浙Z12345"
Frame = NDArray[np.uint8]


def scene() -> tuple[Frame, NDArray[np.float32]]:
    rng = np.random.default_rng(1)
    blocks = rng.integers(30, 220, (30, 40, 3)).astype(np.uint8)
    frame = cv2.resize(blocks, (480, 360), interpolation=cv2.INTER_NEAREST)
    plate = cv2.resize(draw_plate(TEXT, PlateColour.BLUE, 1), (220, 70), interpolation=cv2.INTER_AREA)
    frame[150:220, 120:340] = plate
    corners = np.array(((120, 150), (340, 150), (340, 220), (120, 220)), dtype=np.float32)
    return np.asarray(frame, dtype=np.uint8), corners


def place(corners: NDArray[np.float32], *characters: float, confidence: float = 0.0) -> Place:
    return Place(corners=corners, rows=1, score=0.9, confidence=confidence, characters=characters)
