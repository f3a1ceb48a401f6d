"""Collect the views of plates that the network of `legibility_net.py` is taught on: photos and drawn trucks.

    python benchmarks/legibility_views.py

A view is the plate with a margin around it, upright; of a crop the margin is empty. No reading is asked for,
so views are soon made: specimens of the tuning half, now and then under a fault of the camera besides.
"""

# ruff: noqa: PLR2004 (the shares of each kind stand where they are drawn)

import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import cv2
import numpy as np
from legibility_collage import OUTLINE
from legibility_data import plains
from legibility_made import HIDDEN, TOUCHED, Picture, Plain, Specimen, made
from numpy.typing import NDArray
from plates_data import PHOTOS, SETS

from pipeline.plates.covered import ABOVE, BESIDE, about, seen_at
from pipeline.plates.find import Quad, box_of, size_px
from pipeline.plates.legibility import PLATE_CLASSES
from stations.roadside.camera_faults import FAULTS
from stations.roadside.draw import DrawnFrame, draw_frame
from stations.roadside.night import simulate_vehicles
from stations.roadside.shot import Shot, Side, take_shot
from stations.roadside.sights import Weather
from stations.roadside.station import RoadsideStation, random_stream
from stations.roadside.vehicle import PlateCondition

Floats = NDArray[np.float32]
# The map of what is hidden.
MAP = (32, 12)
# So many objects, faults and other changes of each photo; of one held out so many times the faults.
OBJECTS, LENS_FAULTS, HELD_FAULTS = 30, 14, 3
SEED, DRAWN, DRAWN_CLEAR = 5000, 300, 50
# Of a frame, this many widths and heights of its plate around it are enough.
AROUND = (2.0, 4.0)
# How far a room may be off, in widths and heights of the plate, and in size; so often one is tried.
ASTRAY, SIZE_ASTRAY, TRIES = (0.28, 0.4), 0.15, 8
HELD_OUT = 5
COLLECTED = Path(__file__).parents[1] / "build" / "legibility-views.npz"
_NIGHT = date(2026, 5, 4)
_STATION = RoadsideStation(station_id="drawn", station_code="drawn", format="hs_data")
_SURE = ("plain", "shadow", "object", "dirt", "flipped")
# Over these something may be laid.
_BARE = ("plain", "shadow", "fault")
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
_UNHIDDEN = (PlateCondition.CLEAR, PlateCondition.SHADOW)
_HIDING = (PlateCondition.COVERED, PlateCondition.CARD, PlateCondition.RAG)
_CONDITIONS = {one: 0.13 if one in _HIDING else 0.06 for one in _DRAWN}
del _CONDITIONS[PlateCondition.CLEAR]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class View:
    """A plate as the network sees it, and the truth.

    `pixels` (HIGH, WIDE, 3) BGR; `about` is crop, rows and width in pixels; `word` how much of each of
    PLATE_CLASSES it is; `hidden` (12, 32) the share that something hides, where that is `known`; `corners`
    (4, 2) the plate's own in the view, `characters` how many it has, 0 where nothing may be laid over it.
    """

    pixels: Picture
    about: Floats
    word: Floats
    hidden: Floats
    known: bool
    corners: Quad
    characters: int
    held: bool
    kind: str


def of_photos(set_name: str, *, tuning: bool = True, seed: int = SEED) -> Iterator[View]:
    """Yield the views of one set's half."""
    for photo, plain in plains(set_name):
        if photo.tuning is tuning:
            yield from _of_plain(_near(plain), seed, held=held_out(plain.name))


def held_out(name: str) -> bool:
    """Whether a photo is held out from teaching: one in five, with what was cut from it."""
    stem = re.sub(r"_\d$", "", Path(name).stem)
    return zlib.crc32(stem.encode()) % HELD_OUT == 0


def _of_plain(plain: Plain, seed: int, *, held: bool) -> Iterator[View]:
    rng = np.random.default_rng([seed, zlib.crc32(f"{plain.name}{plain.text}".encode())])
    faults = LENS_FAULTS * (HELD_FAULTS if held else 1)
    counts = {"plain": 1, "object": OBJECTS, "fault": faults, "dirt": 2, "flipped": 1, "shadow": 2, "bent": 1}
    if not plain.crop:
        counts |= {"missing": 2, "dirt": 4, "flipped": 2, "shadow": 4, "bent": 2}
    for kind, count in counts.items():
        for number in range(count):
            yield from _views(made(plain, kind, seed + 7 * number + 1), kind, rng, held=held)


def _near(plain: Plain) -> Plain:
    """Return a frame's plate with less around it: the rest isn't looked at."""
    if plain.crop:
        return plain
    left, top, right, bottom = box_of(plain.corners)
    wide, high = AROUND[0] * (right - left), AROUND[1] * (bottom - top)
    low = max(int(left - wide), 0), max(int(top - high), 0)
    image = plain.image[low[1] : int(bottom + high), low[0] : int(right + wide)]
    corners = np.asarray(plain.corners - np.array(low), dtype=np.float32)
    return replace(plain, image=np.ascontiguousarray(image), corners=corners)


def _views(one: Specimen, kind: str, rng: np.random.Generator, *, held: bool) -> Iterator[View]:
    image, fault = one.image, 0.0
    cut = image.shape != one.plain.image.shape
    if cut and not one.plain.crop:
        return
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
    bare = len(one.plain.text) if kind in _BARE and not cut else 0
    of = _Of(one.corners, one.plain.rows, one.plain.crop, held, kind)
    for corners in [one.corners] if one.plain.crop else _rooms(one.corners, rng):
        yield _view(image, corners, word, hidden, of, known=known, bare=bare)
    if not one.plain.crop and kind in _BARE:
        yield from _none(image, of, rng)


@dataclass(frozen=True, slots=True)
class _Of:
    corners: Quad
    rows: int
    crop: bool
    held: bool
    kind: str


def _view(
    image: Picture,
    corners: Quad,
    word: Floats,
    hidden: Floats | None,
    of: _Of,
    *,
    known: bool = False,
    bare: int = 0,
) -> View:
    shown = np.zeros(MAP[::-1], dtype=np.float32)
    if hidden is not None:
        shown = cv2.resize(seen_at(hidden, corners, crop=of.crop), MAP, interpolation=cv2.INTER_AREA)
    to_view = cv2.getPerspectiveTransform(corners.astype(np.float32), OUTLINE)
    return View(
        pixels=seen_at(image, corners, crop=of.crop).astype(np.uint8),
        about=about(image, corners, of.rows, crop=of.crop),
        word=word,
        hidden=np.asarray(shown, dtype=np.float32),
        known=known,
        corners=cv2.perspectiveTransform(of.corners[None].astype(np.float32), to_view)[0],
        characters=bare,
        held=of.held,
        kind=of.kind,
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


def _rooms(corners: Quad, rng: np.random.Generator) -> Iterator[Quad]:
    """Yield where a detector may see the plate, well and badly, and where a camera's habit expects it."""
    yield from (_moved(corners, rng, spread) for spread in (0.03, 0.12))
    yield _placed(corners, rng.uniform(-1, 1, 2) * ASTRAY, rng)


def _placed(corners: Quad, off: Floats, rng: np.random.Generator) -> Quad:
    """Return a room of about the plate's size, `off` by so many of its widths and heights."""
    centre = corners.mean(axis=0)
    grown = (corners - centre) * np.exp(rng.uniform(-1, 1) * SIZE_ASTRAY) + centre
    return np.asarray(grown + off * size_px(corners), dtype=np.float32)


def _none(image: Picture, of: "_Of", rng: np.random.Generator) -> Iterator[View]:
    """Yield rooms that hold no plate: half over it, near and away from it."""
    for kind, least, most in (("half", 0.55, 0.9), ("half", 0.55, 0.9), ("beside", 1.2, 2.5)):
        for _ in range(TRIES):
            turn, far = rng.uniform(0, 2 * np.pi), rng.uniform(least, most)
            # Beyond the edge of a square about the plate, so that it is out of the room that far.
            way = np.array((np.cos(turn), np.sin(turn))) / max(abs(np.cos(turn)), abs(np.sin(turn)))
            there = _placed(of.corners, way * far * (1, 1.4), rng)
            left, top, right, bottom = box_of(there)
            if left >= 0 and top >= 0 and right <= image.shape[1] and bottom <= image.shape[0]:
                yield _view(image, there, _of(nothing=1.0), None, replace(of, kind=kind))
                break


def of_drawn(passages: int, clear: int, seed: int = 300) -> Iterator[View]:
    """Yield the views of drawn trucks, half of them in foul weather; `clear` more spoiled as photos are."""
    for frame, shot, weather, rng in _frames(passages, seed, _CONDITIONS):
        condition = shot.vehicle.plate_condition
        left, top, right, bottom = (max(int(edge), 60) for edge in box_of(frame.plate_corners))
        light = np.percentile(frame.pixels[top - 60 : bottom + 60, left - 60 : right + 60], 90)
        word = _mixed(_of(**_DRAWN[condition]), "camera", 0.15 if weather else 0.0)
        if weather is Weather.DYING_LAMP or condition is PlateCondition.DARK:
            word = _mixed(word, "camera", (60 - float(light)) / 30)
        held = held_out(str(shot.vehicle.serial))
        of = _Of(frame.plate_corners, shot.plate.rows, False, held, condition.value)
        for corners in _rooms(frame.plate_corners, rng):
            yield _view(frame.pixels, corners, word, None, of, known=condition in _UNHIDDEN)
        if condition in _UNHIDDEN:
            yield from _none(frame.pixels, of, rng)
    for frame, shot, _, _ in _frames(clear, seed + 1, {}):
        plain = Plain(
            name=f"drawn{shot.vehicle.serial}{shot.side.value}",
            image=frame.pixels,
            corners=np.asarray(frame.plate_corners, dtype=np.float32),
            text=shot.plate.text,
            rows=shot.plate.rows,
            crop=False,
        )
        yield from _of_plain(_near(plain), seed, held=held_out(str(shot.vehicle.serial)))


def _frames(
    passages: int, seed: int, conditions: Mapping[PlateCondition, float]
) -> Iterator[tuple[DrawnFrame, Shot, Weather | None, np.random.Generator]]:
    [vehicles] = simulate_vehicles(_NIGHT, seed, passages, [_STATION], conditions)
    kinds = [None, None, None, *Weather] if conditions else [None]
    for number, vehicle in enumerate(vehicles):
        weather = kinds[number % len(kinds)]
        hour = datetime(2026, 5, 4, 7 * number % 6, tzinfo=ZoneInfo("Asia/Shanghai"))
        one = replace(vehicle, lane=1 + number % 2, passed_at=hour + timedelta(seconds=11 * number % 3000))
        for side in Side:
            shot = take_shot(one, side, _STATION, random_stream(seed, one.serial, side))
            if not shot.is_missing:
                frame = draw_frame(shot, random_stream(seed, one.serial, side, "picture"), weather)
                yield frame, shot, weather, np.random.default_rng([seed, number, side is Side.REAR])


def main() -> None:
    """Collect all views into one file."""
    if not PHOTOS.is_dir():
        print(f"skipped: no labelled photos at {PHOTOS}")
        return
    views = list(of_drawn(DRAWN, DRAWN_CLEAR))
    for set_name in SETS:
        views += of_photos(set_name)
        print(set_name, len(views), flush=True)
    COLLECTED.parent.mkdir(exist_ok=True)
    np.savez(
        COLLECTED,
        classes=np.array(PLATE_CLASSES),
        margin=np.array((BESIDE, ABOVE)),
        **{one.name: np.array([getattr(view, one.name) for view in views]) for one in fields(View)},
    )


if __name__ == "__main__":
    main()
