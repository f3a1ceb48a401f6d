"""The gallery of verdicts with their masks: what was done to each plate, and what was said of it.

It shows real photos: it is written below build/ and stays on the machine.
"""

import base64
import html
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from models.values.legibility import PlateLegibility

SHOWN_PX = 240
STYLE = (
    "body{font:13px sans-serif}figure{display:inline-block;margin:6px;width:244px;vertical-align:top}"
    "img{display:block}.wrong{outline:3px solid #c33}.right{outline:3px solid #393}"
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shown:
    """One specimen, its truth, and what was said of it; `picture` is what the gallery shows."""

    name: str
    what: str
    truth: str
    said: str
    crop: bool
    seen: PlateLegibility | None
    picture: NDArray[np.uint8]


def write_gallery(shown: Sequence[Shown], path: Path) -> None:
    """Write one page, wrong words first within each truth."""
    ordered = sorted(shown, key=lambda one: (one.truth, one.said == one.truth, one.said, one.name))
    parts = [f"<!doctype html><meta charset=utf-8><style>{STYLE}</style><h1>{len(shown)} verdicts</h1>"]
    truth = ""
    for one in ordered:
        if one.truth != truth:
            truth = one.truth
            parts.append(f"<h2>truth: {truth}</h2>")
        parts.append(_figure(one))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(parts), encoding="utf-8")


def marked(one: Shown) -> NDArray[np.uint8]:
    """Return the picture, what can't be seen tinted, at the gallery's width; masks only for crops."""
    picture = one.picture.copy()
    if one.crop and one.seen is not None:
        tint = picture.copy()
        for outline in one.seen.mask:
            cv2.fillPoly(tint, [np.rint(np.array(outline)).astype(np.int32)], (50, 60, 235))
        picture = np.asarray(cv2.addWeighted(tint, 0.45, picture, 0.55, 0), dtype=np.uint8)
    scale = SHOWN_PX / max(picture.shape[1], 1)
    return np.asarray(cv2.resize(picture, None, fx=scale, fy=scale), dtype=np.uint8)


def _figure(one: Shown) -> str:
    _, jpeg = cv2.imencode(".jpg", marked(one))
    sentence = one.seen.sentence if one.seen else ""
    share = f"{one.seen.probability:.2f}" if one.seen else ""
    words = html.escape(f"{one.what} → {one.said} {share} {sentence} ({one.name})")
    kind = "right" if one.said == one.truth else "wrong"
    source = base64.b64encode(jpeg.tobytes()).decode()
    image = f"<img class={kind} src='data:image/jpeg;base64,{source}'>"
    return f"<figure>{image}<figcaption>{words}</figcaption></figure>"
