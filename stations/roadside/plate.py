"""Pictures of Chinese number plates, in the measures of GA 36: one pixel for each millimetre."""

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from models.fonts import chinese_font
from models.values.plate_layout import one_row, plate_size_mm, two_rows
from models.values.plates import PlateColour

Picture = NDArray[np.uint8]
Bgr = tuple[int, int, int]

_YELLOW: Bgr = (40, 190, 245)
_INK: Bgr = (25, 25, 25)
_COLOURS: dict[PlateColour, tuple[Bgr, Bgr]] = {  # background and ink
    PlateColour.BLUE: ((165, 75, 25), (245, 245, 245)),
    PlateColour.YELLOW: (_YELLOW, _INK),
    PlateColour.YELLOW_GREEN: ((105, 190, 85), _INK),
}
_YELLOW_PART_MM = 128  # of a large new energy plate: province and issuing letter
_SCREW: Bgr = (120, 130, 130)


def draw_plate(text: str, colour: PlateColour, rows: int) -> Picture:
    """Return the plate as BGR (height, width, 3).

    One row is 440 x 140, two rows 440 x 220, a new energy plate 480 x 140.
    """
    new_energy = colour is PlateColour.YELLOW_GREEN
    width, height = plate_size_mm(len(text), rows)
    background, ink = _COLOURS[colour]
    plate: Picture = np.full((height, width, 3), background, dtype=np.uint8)
    if new_energy:
        plate[:, :_YELLOW_PART_MM] = _YELLOW
    cv2.rectangle(plate, (5, 5), (width - 6, height - 6), ink, 3, cv2.LINE_AA)
    for x in (115, width - 115):
        for y in (13, height - 14):
            cv2.circle(plate, (x, y), 6, _SCREW, -1, cv2.LINE_AA)
    places, dot = one_row(new_energy=new_energy) if rows == 1 else two_rows()
    for character, (x, y, wide, high) in zip(text, places, strict=True):
        _blend(plate[y : y + high, x : x + wide], _glyph(character, wide, high), ink)
    cv2.circle(plate, dot, 6, ink, -1, cv2.LINE_AA)
    return plate


def shade(colour: Bgr, share: float) -> Bgr:
    """Return the colour in less light, or more."""
    blue, green, red = (int(part * share) for part in colour)
    return blue, green, red


@cache
def _glyph(character: str, width: int, height: int) -> NDArray[np.float32]:
    """Return how much ink covers each pixel (height, width): the character fills its place, as on plates."""
    canvas = Image.new("L", (400, 400))
    ImageDraw.Draw(canvas).text((100, 40), character, fill=255, font=chinese_font(200), stroke_width=5)
    inked = np.asarray(canvas.crop(canvas.getbbox()), dtype=np.float32) / 255
    natural = round(inked.shape[1] * height / inked.shape[0])
    narrow = min(width, natural) if natural < 0.45 * width else width  # no stretched strokes
    glyph = np.zeros((height, width), dtype=np.float32)
    left = (width - narrow) // 2
    glyph[:, left : left + narrow] = cv2.resize(inked, (narrow, height), interpolation=cv2.INTER_AREA)
    return glyph


def _blend(area: Picture, cover: NDArray[np.float32], ink: Bgr) -> None:
    """Put ink on `area` in place."""
    share = cover[:, :, None]
    area[:] = (area * (1 - share) + np.array(ink, dtype=np.float32) * share).astype(np.uint8)
