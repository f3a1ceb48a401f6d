"""Stored frames as pixels."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray


class UnreadableFrameError(ValueError):
    """A stored frame can't be decoded."""


# What is raised over a frame's content, by who opens or reads it. Anything else is the machine's.
OF_THE_FRAME = (cv2.error, ValueError, ArithmeticError, LookupError)


def load_frame(path: Path) -> NDArray[np.uint8]:
    """Return the frame as BGR, (height, width, 3) uint8, turned as its orientation tag says.

    Its size was bounded by the intake, which reads the header before it stores a frame.

    Raises:
        UnreadableFrameError: the bytes are no image that can be decoded.

    """
    try:
        image = cv2.imdecode(np.fromfile(path, dtype=np.uint8), cv2.IMREAD_COLOR)
    except (cv2.error, OSError) as error:
        raise UnreadableFrameError(f"{path.name}: {error}") from error
    if image is None:
        raise UnreadableFrameError(f"{path.name}: no image that can be decoded")
    return np.asarray(image, dtype=np.uint8)
