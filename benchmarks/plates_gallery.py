"""The error gallery: every plate that was missed or misread, with its picture and a guess at the reason.

It shows real photos: it is written below build/ and stays on the machine.
"""

import base64
import html
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from models.values.plates import PlateReading

SMALL_PX, BLURRED, GLARING, TRUSTED = 70, 120.0, 0.35, 0.97
SHOWN_PX = 360


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """A labelled plate that no reading named; `plate` is its picture, `best` what was read there."""

    name: str
    text: str
    plate: NDArray[np.uint8]
    best: PlateReading | None

    @property
    def reason(self) -> str:
        """The likeliest reason."""
        if self.best is None:
            return "not found"
        if self.best.confidence >= TRUSTED:
            return "label or overlay"
        grey = cv2.cvtColor(self.plate, cv2.COLOR_BGR2GRAY)
        if self.plate.shape[1] < SMALL_PX:
            return "too small"
        if np.mean(grey >= 250) > GLARING:  # noqa: PLR2004  all but white
            return "glare"
        if self.best.text[1:] == self.text[1:]:
            return "province"
        if len(self.best.text) != len(self.text):
            return "length"
        return "blur" if cv2.Laplacian(grey, cv2.CV_64F).var() < BLURRED else "character"


def write_gallery(missed: list[Missed], path: Path) -> Counter[str]:
    """Write one page with all that was missed, and return how many there are of each reason."""
    counts = Counter(one.reason for one in missed)
    figures = [_figure(one) for one in sorted(missed, key=lambda one: (one.reason, one.name))]
    heading = ", ".join(f"{reason} {count}" for reason, count in counts.most_common())
    style = "body{font:14px sans-serif}figure{display:inline-block;margin:8px}img{display:block}"
    path.parent.mkdir(parents=True, exist_ok=True)
    page = (
        f"<!doctype html><meta charset=utf-8><style>{style}</style><h1>{len(missed)} missed: {heading}</h1>"
    )
    path.write_text(page + "\n".join(figures), encoding="utf-8")
    return counts


def _figure(one: Missed) -> str:
    scale = SHOWN_PX / max(one.plate.shape[1], 1)
    shown = cv2.resize(one.plate, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    _, png = cv2.imencode(".png", shown)
    read = f"{one.best.text} {one.best.confidence:.3f}" if one.best else "–"
    words = html.escape(f"{one.reason}: {one.text}, read {read} ({one.name})")
    source = base64.b64encode(png.tobytes()).decode()
    return f"<figure><img src='data:image/png;base64,{source}'><figcaption>{words}</figcaption></figure>"
