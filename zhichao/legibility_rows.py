"""What can be seen of plates, as JSON values and as marks on a picture."""

from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from models.fonts import chinese_font
from models.values.legibility import Legibility, PlateLegibility
from models.values.plates import PlateColour

_ACCUSING = (Legibility.COVERED, Legibility.DIRTY, Legibility.DAMAGED, Legibility.MISSING)
_HIDDEN, _LOST = (235, 60, 50, 120), (90, 140, 255, 90)
_SIZE_SHARE, _LEAST_PX = 50, 14


def legibility_values(seen: PlateLegibility) -> dict[str, Any]:
    """Return what can be seen of a plate as JSON values; `mask` is the outlines of what can't, in pixels."""
    return {
        "legibility": seen.legibility.value,
        "legibility_probability": round(seen.probability, 4),
        "legibility_reason": seen.sentence,
        "visible": [round(one, 3) for one in seen.visible],
        "mask": [[[round(x, 1), round(y, 1)] for x, y in outline] for outline in seen.mask],
    }


def unread_row(path: Path, seen: PlateLegibility) -> dict[str, Any]:
    """Return a plate that nobody could read as the same JSON values as one that was read, its text empty.

    Of a frame without any plate, which has no rows, neither box nor corners.
    """
    return {
        "image": str(path),
        "text": "",
        "confidence": 0.0,
        "colour": PlateColour.UNKNOWN.value,
        "rows": seen.rows,
        "box": seen.box if seen.rows else None,
        "corners": [[round(x, 1), round(y, 1)] for x, y in seen.corners] if seen.rows else [],
        "doubtful": "",
        "characters": [],
        "alternatives": [],
        "source": "",
    } | legibility_values(seen)


def mark_legibility(picture: Image.Image, seen: PlateLegibility) -> None:
    """Lay the mask of what can't be seen over a picture (RGB, in place), the verdict below the plate."""
    over = ImageDraw.Draw(picture, "RGBA")
    tint = _HIDDEN if seen.legibility in _ACCUSING else _LOST
    for outline in seen.mask:
        over.polygon(outline, fill=tint)
    if seen.legibility is Legibility.CLEAR:
        return
    size = max(_LEAST_PX, round(max(picture.size) / _SIZE_SHARE))
    over.polygon(seen.corners, outline=tint[:3], width=max(1, size // 10))
    words, font = f"{seen.legibility.label} {seen.probability:.2f}", chinese_font(size)
    at = (seen.box[0], min(seen.box[3] + size // 4, picture.height - size - size // 3))
    over.rectangle(over.textbbox(at, words, font=font), fill=(0, 0, 0))
    over.text(at, words, font=font, fill=(255, 255, 255))
