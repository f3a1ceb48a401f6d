"""What a camera usually shows: where in its frames the plates are, and how good its pictures are there.

Learnt from frames whose plates read; a frame of the same camera in which none is found is held against it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.values.legibility import CameraCause
from pipeline.plates.frame_quality import frame_quality

Box = tuple[int, int, int, int]
# So many vehicles make a habit; plates that stand further off than so many of their own sizes make none.
LEAST_VEHICLES, _MOST_REACH = 8, (2.5, 4.0)
# A plate stands within this many spreads of the usual place, and at least within this many of its own sizes.
_SPREADS, _LEAST_REACH = 3.0, (0.6, 0.8)
_NORMAL = 1.4826
# Three quarters of a lane of 3.75 m, in plates of 0.44 m: nearer by it may be the truck's own, straddling.
_OTHER_LANE = 6.4
# What is around the place is looked at for this many plates' widths and heights beyond it.
_AROUND = (0.75, 1.5)
# Beside the usual picture a worse one has edges less steep, less contrast or less light.
# A dark truck without its bright plate takes contrast and light away too, so much of both may go.
_LEAST_SHARP, _LEAST_CONTRAST, _LEAST_BRIGHT = 0.85, 0.22, 0.25
# Bright: 8 % of the picture are brighter than 97 % of it usually are.
_GLARE, _BRIGHTEST = 92, 97


@dataclass(frozen=True, slots=True, kw_only=True)
class UsualPlace:
    """Where a camera's plates stand: their median centre, how far they stray, their size; in pixels."""

    vehicles: int
    centre: tuple[float, float]
    reach: tuple[float, float]
    size: tuple[float, float]

    @property
    def box(self) -> Box:
        """Return the outline of a plate at the very place."""
        (x, y), (wide, high) = self.centre, self.size
        return round(x - wide / 2), round(y - high / 2), round(x + wide / 2), round(y + high / 2)

    def holds(self, box: Sequence[float]) -> bool:
        """Tell whether a box (x1, y1, x2, y2) stands where plates do and is as large as they are."""
        middle = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        near = all(
            abs(one - usual) <= far for one, usual, far in zip(middle, self.centre, self.reach, strict=True)
        )
        return near and 0.55 <= (box[2] - box[0]) / self.size[0] <= 1.8  # noqa: PLR2004  in two rows, or in one

    def passed_by(self, box: Sequence[float]) -> bool:
        """Tell whether a plate's box stands so far to the side that it is another lane's vehicle's."""
        off = abs((box[0] + box[2]) / 2 - self.centre[0])
        return off > self.reach[0] + _OTHER_LANE * self.size[0]

    def window(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the part of a frame in which plates stand, with what is around them."""
        high, wide = image.shape[:2]
        half = [far + around * size for far, around, size in zip(self.reach, _AROUND, self.size, strict=True)]
        (x, y), (far_x, far_y) = self.centre, half
        left, right = (min(max(int(edge), 0), wide - 1) for edge in (x - far_x, x + far_x))
        top, bottom = (min(max(int(edge), 0), high - 1) for edge in (y - far_y, y + far_y))
        return image[top : bottom + 1, left : right + 1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """How good a picture is where plates stand: steepness of edges, contrast, light, its bright parts."""

    sharp: float
    contrast: float
    bright: float
    glare: float
    brightest: float

    def worse_than(self, usual: "Picture") -> Iterator[CameraCause]:
        """Yield in what a picture falls short of the camera's usual one, the gravest first.

        Glare is told by brightness alone: what is pale or white may be as bright.
        """
        if self.bright < _LEAST_BRIGHT * usual.bright or self.contrast < _LEAST_CONTRAST * usual.contrast:
            yield CameraCause.DARK if self.bright < usual.bright else CameraCause.UNCLEAR
        if self.glare > usual.brightest:
            yield CameraCause.GLARE
        if self.sharp < _LEAST_SHARP * usual.sharp:
            yield CameraCause.BLUR


def learn_place(boxes: Sequence[Sequence[float]]) -> UsualPlace | None:
    """Return where plates stand by the boxes (x1, y1, x2, y2) of readable ones, in pixels of the frame.

    None where they are too few, or stand all over the frame.
    """
    if len(boxes) < LEAST_VEHICLES:
        return None
    table = np.array(boxes, dtype=np.float64)
    centres, sizes = (table[:, :2] + table[:, 2:]) / 2, table[:, 2:] - table[:, :2]
    middle, size = np.median(centres, axis=0), np.median(sizes, axis=0)
    spread = _NORMAL * np.median(np.abs(centres - middle), axis=0)
    reach = np.maximum(_SPREADS * spread, np.array(_LEAST_REACH) * size)
    if (reach > np.array(_MOST_REACH) * size).any():
        return None
    return UsualPlace(
        vehicles=len(boxes),
        centre=(float(middle[0]), float(middle[1])),
        reach=(float(reach[0]), float(reach[1])),
        size=(float(size[0]), float(size[1])),
    )


def picture(window: NDArray[np.uint8]) -> Picture:
    """Measure a part of a frame (BGR)."""
    quality = frame_quality(window)
    grey = cv2.cvtColor(window, cv2.COLOR_BGR2GRAY)
    low, high, glare, brightest = np.percentile(grey, (5, 95, _GLARE, _BRIGHTEST)) / 255
    return Picture(
        sharp=quality.sharp,
        contrast=float(high - low),
        bright=quality.bright,
        glare=float(glare),
        brightest=float(brightest),
    )


def usual_picture(pictures: Iterable[Picture]) -> Picture:
    """Return the median of pictures, each measure by itself."""
    measures = [(one.sharp, one.contrast, one.bright, one.glare, one.brightest) for one in pictures]
    sharp, contrast, bright, glare, brightest = np.median(measures, axis=0).tolist()
    return Picture(sharp=sharp, contrast=contrast, bright=bright, glare=glare, brightest=brightest)
