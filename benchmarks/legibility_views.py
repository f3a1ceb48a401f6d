"""Collect the views of plates that the network of `legibility_net.py` is taught on: photos and drawn trucks.

    python benchmarks/legibility_views.py

A view is the plate with a margin around it, upright; of a crop the margin is empty. No reading is asked for,
so views are soon made: specimens of the tuning half, now and then under a fault of the camera besides.
"""

# ruff: noqa: PLR2004 (the shares of each kind stand where they are drawn)

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import cv2
import numpy as np
from legibility_data import plains
from legibility_made import HIDDEN, TOUCHED, Picture, Plain, Specimen, made
from numpy.typing import NDArray
from plates_data import PHOTOS, SETS

from pipeline.plates.covered import ABOVE, BESIDE, about, seen_at
from pipeline.plates.find import Quad, box_of, size_px
from pipeline.plates.frame_quality import FrameQuality, frame_quality
from pipeline.plates.legibility import PLATE_CLASSES
from stations.roadside.camera_faults import FAULTS
from stations.roadside.draw import draw_frame
from stations.roadside.night import simulate_vehicles
from stations.roadside.shot import Side, take_shot
from stations.roadside.sights import Weather
from stations.roadside.station import RoadsideStation, random_stream
from stations.roadside.vehicle import PlateCondition

Floats = NDArray[np.float32]
# The map of what is hidden.
MAP = (22, 8)
OBJECTS, LENS_FAULTS = 6, 5
SEED, DRAWN = 5000, 130
COLLECTED = Path(__file__).parents[1] / "build" / "legibility-views.npz"
_NIGHT = date(2026, 5, 4)
_STATION = RoadsideStation(station_id="drawn", station_code="drawn", format="hs_data")
_SURE = ("plain", "shadow", "object", "dirt", "flipped")
_DRAWN = {
    PlateCondition.CLEAR: {"clear": 1.0},
    PlateCondition.SHADOW: {"clear": 1.0},
    PlateCondition.DARK: {"camera": 0.6, "clear": 0.4},
    PlateCondition.GLARE: {"camera": 0.9, "clear": 0.1},
    PlateCondition.BLUR: {"camera": 0.9, "clear": 0.1},
    PlateCondition.DIRTY: {"dirty": 0.8, "clear": 0.2},
    PlateCondition.BENT: {"damaged": 1.0},
    PlateCondition.ABSENT: {"nothing": 1.0},
    PlateCondition.COVERED: {"covered": 1.0},
    PlateCondition.CARD: {"covered": 1.0},
    PlateCondition.RAG: {"covered": 1.0},
    PlateCondition.FLIPPED: {"covered": 1.0},
}
_CONDITIONS = {one: 0.1 if one in {PlateCondition.CARD, PlateCondition.RAG} else 0.07 for one in _DRAWN}
del _CONDITIONS[PlateCondition.CLEAR]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class View:
    """A plate as the network sees it, and the truth.

    `pixels` (HIGH, WIDE, 3) BGR; `about` is crop, rows, width in pixels, the frame's sharpness and light;
    `word` how much of each of PLATE_CLASSES it is; `hidden` (8, 22) the share that something hides, where
    that is `known`.
    """

    pixels: Picture
    about: Floats
    word: Floats
    hidden: Floats
    known: bool
    name: str
    kind: str


def of_photos(set_name: str, *, tuning: bool = True, seed: int = SEED) -> Iterator[View]:
    """Yield the views of one set's half."""
    for photo, plain in plains(set_name):
        if photo.tuning is tuning:
            rng = np.random.default_rng([seed, zlib.crc32(f"{plain.name}{plain.text}".encode())])
            for kind, number in _plan(plain, rng):
                yield from _views(made(plain, kind, seed + 7 * number + 1), kind, rng)


def _plan(plain: Plain, rng: np.random.Generator) -> list[tuple[str, int]]:
    plan = [
        ("plain", 0),
        *(("object", n) for n in range(OBJECTS)),
        *(("fault", n) for n in range(LENS_FAULTS)),
    ]
    more = [(kind, 0) for kind in ("dirt", "bent", "flipped", "shadow")]
    if plain.crop:
        return plan + [one for one in more if rng.random() >= 0.4]
    return [*plan, *more, ("missing", 0), ("missing", 1)]


def _views(one: Specimen, kind: str, rng: np.random.Generator) -> Iterator[View]:
    image, fault = one.image, 0.0
    cut = image.shape != one.plain.image.shape
    if kind not in {"plain", "fault", "shadow"} and rng.random() < 0.3:
        name = str(rng.choice([other for other in FAULTS if other != "cut_off"]))
        fault = float(rng.uniform(0, 0.5))
        image = FAULTS[name](image, one.corners, fault, rng)
    hidden = one.mask
    if kind == "flipped":
        hidden = np.zeros(image.shape[:2], dtype=np.float32)
        cv2.fillPoly(hidden, [np.rint(one.corners).astype(np.int32)], (1.0,))
    word = _mixed(_word(one, kind), "camera", 0.0 if kind == "missing" else fault)
    known = kind in _SURE and not cut
    quality, rows, crop = frame_quality(image), one.plain.rows, one.plain.crop
    if cut and not crop:
        return
    for spread in (0.03,) if crop else (0.03, 0.12):
        corners = one.corners if crop else _moved(one.corners, rng, spread)
        yield _view(
            image, corners, (rows, quality, crop), word, hidden, known=known, of=(one.plain.name, kind)
        )
    if not crop and kind in {"plain", "fault"}:
        for _ in range(2):
            away = _away(one.corners, image.shape, rng)
            if away is not None:
                of = (one.plain.name, "beside")
                yield _view(image, away, (rows, quality, False), _of(nothing=1.0), None, known=False, of=of)


def _view(
    image: Picture,
    corners: Quad,
    frame: tuple[int, FrameQuality, bool],
    word: Floats,
    hidden: Floats | None,
    *,
    known: bool,
    of: tuple[str, str],
) -> View:
    rows, quality, crop = frame
    shown = np.zeros(MAP[::-1], dtype=np.float32)
    if hidden is not None:
        shown = cv2.resize(seen_at(hidden, corners, crop=crop), MAP, interpolation=cv2.INTER_AREA)
    return View(
        pixels=seen_at(image, corners, crop=crop).astype(np.uint8),
        about=about(image, corners, rows, quality, crop=crop),
        word=word,
        hidden=np.asarray(shown, dtype=np.float32),
        known=known,
        name=of[0],
        kind=of[1],
    )


def _word(one: Specimen, kind: str) -> Floats:
    """Return what a specimen is, in part where it is little of it."""
    most = max(one.hidden, default=0.0)
    strength = float(one.what.split()[-1]) if kind in {"fault", "dirt"} else 0.0
    match kind:
        case "object":
            return _mixed(_of(clear=1.0), "covered", (most - TOUCHED) / (HIDDEN - TOUCHED))
        case "dirt":
            return _mixed(_of(clear=1.0), "dirty", (most - TOUCHED) / 0.18)
        case "fault":
            return _mixed(_of(clear=1.0), "camera", (strength - 0.05) / 0.35)
    return _of(**{{"flipped": "covered", "missing": "nothing", "bent": "damaged"}.get(kind, "clear"): 1.0})


def _of(**shares: float) -> Floats:
    return np.array([shares.get(one, 0.0) for one in PLATE_CLASSES], dtype=np.float32)


def _mixed(word: Floats, other: str, share: float) -> Floats:
    share = min(max(share, 0.0), 1.0)
    return np.asarray(word * (1 - share) + _of(**{other: share}), dtype=np.float32)


def _moved(corners: Quad, rng: np.random.Generator, spread: float) -> Quad:
    """Return corners as a detector gives them: off, larger or smaller, askew."""
    size = np.array(size_px(corners))
    centre = corners.mean(axis=0)
    off = rng.normal(0, spread, 2) * size * (1, 1.6)
    grown = (corners - centre) * np.exp(rng.normal(0, spread, 2)) + centre + off
    return np.asarray(grown + rng.normal(0, spread / 3, (4, 2)) * size, dtype=np.float32)


def _away(corners: Quad, shape: Sequence[int], rng: np.random.Generator) -> Quad | None:
    """Return a place beside the plate, None where that is out of the picture."""
    wide, high = size_px(corners)
    turn, far = rng.uniform(0, 2 * np.pi), rng.uniform(1.2, 3)
    off = np.array((np.cos(turn) * far * wide, np.sin(turn) * far * high * 1.5))
    there = _moved(corners + off, rng, 0.1)
    left, top, right, bottom = box_of(there)
    return there if left >= 0 and top >= 0 and right <= shape[1] and bottom <= shape[0] else None


def of_drawn(passages: int, seed: int = 300) -> Iterator[View]:
    """Yield the views of drawn trucks, half of them in foul weather."""
    [vehicles] = simulate_vehicles(_NIGHT, seed, passages, [_STATION], _CONDITIONS)
    kinds = [None, None, None, *Weather]
    for number, vehicle in enumerate(vehicles):
        weather = kinds[number % len(kinds)]
        hour = datetime(2026, 5, 4, 7 * number % 6, tzinfo=ZoneInfo("Asia/Shanghai"))
        one = replace(vehicle, lane=1 + number % 2, passed_at=hour + timedelta(seconds=11 * number % 3000))
        for side in Side:
            shot = take_shot(one, side, _STATION, random_stream(seed, one.serial, side))
            if shot.is_missing:
                continue
            stream = random_stream(seed, one.serial, side, "picture")
            frame = draw_frame(shot, stream, weather)
            left, top, right, bottom = (max(int(edge), 60) for edge in box_of(frame.plate_corners))
            light = np.percentile(frame.pixels[top - 60 : bottom + 60, left - 60 : right + 60], 90)
            word = _mixed(_of(**_DRAWN[one.plate_condition]), "camera", 0.15 if weather else 0.0)
            if weather is Weather.DYING_LAMP or one.plate_condition is PlateCondition.DARK:
                word = _mixed(word, "camera", (60 - float(light)) / 30)
            plain = one.plate_condition in {PlateCondition.CLEAR, PlateCondition.SHADOW}
            rng = np.random.default_rng([seed, number, side is Side.REAR])
            of = (f"drawn{one.serial}", one.plate_condition.value)
            frame_is = (shot.plate.rows, frame_quality(frame.pixels), False)
            for spread in (0.03, 0.12):
                corners = _moved(frame.plate_corners, rng, spread)
                yield _view(frame.pixels, corners, frame_is, word, None, known=plain, of=of)
            away = _away(frame.plate_corners, frame.pixels.shape, rng)
            if away is not None:
                yield _view(frame.pixels, away, frame_is, _of(nothing=1.0), None, known=False, of=of)


def main() -> None:
    """Collect all views into one file."""
    if not PHOTOS.is_dir():
        print(f"skipped: no labelled photos at {PHOTOS}")
        return
    views = list(of_drawn(DRAWN))
    for set_name in SETS:
        views += of_photos(set_name)
        print(set_name, len(views), flush=True)
    COLLECTED.parent.mkdir(exist_ok=True)
    fields = ("pixels", "about", "word", "hidden", "known", "name")
    np.savez(
        COLLECTED,
        classes=np.array(PLATE_CLASSES),
        margin=np.array((BESIDE, ABOVE)),
        **{field: np.array([getattr(one, field) for one in views]) for field in fields},
    )


if __name__ == "__main__":
    main()
