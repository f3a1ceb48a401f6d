"""How far what is told can be believed: the calibration error, and the diagram of it."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from models.fonts import chinese_font

Floats = NDArray[np.float64]
BINS = 10
SIZE, EDGE = 420, 60
INK, PAPER, GRID, BAR, LINE = (30, 30, 30), (255, 255, 255), (225, 225, 225), (90, 140, 200), (200, 60, 50)


def calibration_error(told: Floats, right: Floats) -> float:
    """Return the mean distance between told and true shares over ten bins of equal width (ECE)."""
    return sum(abs(told[part].mean() - right[part].mean()) * part.mean() for part in _parts(told))


def reliability_chart(before: Floats, after: Floats, right: Floats, path: Path) -> None:
    """Draw told against true shares, the confidence of before beside that of now."""
    picture = Image.new("RGB", (2 * (SIZE + EDGE) + EDGE, SIZE + 2 * EDGE), PAPER)
    draw = ImageDraw.Draw(picture)
    for number, (words, told) in enumerate((("校准前 before", before), ("校准后 after", after))):
        left = EDGE + number * (SIZE + EDGE)
        error = calibration_error(told, right)
        title = f"{words}: {len(right)} readings, calibration error {error:.3f}"
        draw.text((left, 18), title, INK, chinese_font(18))
        _panel(draw, left, told, right)
    draw.text((EDGE, SIZE + EDGE + 18), "所报置信度 told → ， 实际正确 right ↑", INK, chinese_font(16))
    path.parent.mkdir(exist_ok=True)
    picture.save(path, optimize=True)


def _panel(draw: ImageDraw.ImageDraw, left: int, told: Floats, right: Floats) -> None:
    bottom = EDGE + SIZE
    for tenth in range(BINS + 1):
        at = SIZE * tenth // BINS
        draw.line((left, bottom - at, left + SIZE, bottom - at), GRID)
        draw.text((left - 6, bottom - at), f"{tenth / BINS:.1f}", INK, chinese_font(12), anchor="rm")
    for part in _parts(told):
        bin_left = left + SIZE * min(int(told[part].mean() * BINS), BINS - 1) // BINS
        high = round(SIZE * right[part].mean())
        draw.rectangle((bin_left + 2, bottom - high, bin_left + SIZE // BINS - 2, bottom), BAR)
        draw.text(
            (bin_left + SIZE // BINS // 2, bottom - 10),
            str(int(part.sum())),
            INK,
            chinese_font(12),
            anchor="mm",
        )
    draw.line((left, bottom, left + SIZE, EDGE), LINE, 2)
    draw.rectangle((left, EDGE, left + SIZE, bottom), outline=INK)


def _parts(told: Floats) -> list[NDArray[np.bool_]]:
    """Return who falls into each bin that anyone falls into."""
    bins = np.minimum((told * BINS).astype(int), BINS - 1)
    return [bins == number for number in range(BINS) if np.any(bins == number)]
