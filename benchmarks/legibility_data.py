"""What the legibility benchmarks look at: specimens of one half of the photos, and where the reader looks."""

import csv
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from legibility_made import Picture, Plain, Specimen, made
from numpy.typing import NDArray
from plates_data import PHOTOS, SETS, Photo, interval, photos

from models.values.legibility import CameraCause, Legibility
from models.values.plate_layout import character_cells
from pipeline.frame_files import load_frame
from pipeline.plates.calibration import characters, confidence, evidence_of
from pipeline.plates.find import box_of, overlap, part, rectify
from pipeline.plates.frame_quality import frame_quality
from pipeline.plates.look import GHOST_SCORE, FrameLook, LookingReader, load_looking_reader
from pipeline.plates.read import MIN_CONFIDENCE
from pipeline.plates.visible import Measured, Place, measure

# What is made of a photo: kind of change and its number.
PLAN = (
    ("plain", 0), *(("object", n) for n in range(1, 6)), ("dirt", 1), ("dirt", 2), ("bent", 1),
    ("flipped", 1), *(("fault", n) for n in range(1, 8)), ("shadow", 1), ("missing", 1),
)  # fmt: skip
ON_PLATE = 0.4
WORDS = [one.value for one in Legibility]
LOOKED_AT_AGAIN = (Legibility.DOUBTFUL, Legibility.COVERED)
WEIGHTS = Path(__file__).parents[1] / "build" / "weights"
# Of a full frame, this much around the plate is looked at: enough to stand out from, and soon made.
WINDOW = (960, 640)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Looked:
    """A place that the judge is asked about: what was measured, and the specimen's truth there.

    `on_plate` tells whether the specimen's plate is there; `hidden` is the share of each measured cell that
    something hides, None where nothing was laid over the plate.
    """

    name: str
    kind: str
    truth: str
    place: Place
    measured: Measured
    on_plate: bool
    hidden: tuple[float, ...] | None
    most_hidden: float


def loaded_reader() -> LookingReader:
    """Return the reader, for one core."""
    cv2.setNumThreads(1)
    return load_looking_reader(WEIGHTS, threads=1)


def unreadable(look: FrameLook) -> bool:
    """Tell whether a frame is one that the night looks at again."""
    first = look.legibilities[0]
    cut_off = first.cause is CameraCause.OUT_OF_FRAME
    return not look.readings and (first.legibility in LOOKED_AT_AGAIN or cut_off)


def word_counts(counts: Counter[str]) -> str:
    """Return how often each word was said."""
    return ", ".join(f"{word} {counts[word]}" for word in WORDS if counts[word])


def share_of(words: str, count: int, n: int) -> str:
    """Return a count as a share with its 95 % interval."""
    low, high = interval(count, n)
    return f"{words}: {count} of {n}, {100 * count / max(n, 1):.1f} % ({100 * low:.1f} to {100 * high:.1f})"


def plains(set_name: str) -> Iterator[tuple[Photo, Plain]]:
    """Yield every labelled plate of a set, with the photo it is in."""
    with (PHOTOS / set_name / "labels.tsv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    for photo in photos(set_name):
        image = load_frame(photo.path)
        high, wide = image.shape[:2]
        for row in rows:
            if row["path"] != photo.path.name:
                continue
            crop = row["kind"] != "full_frame"
            box = (0, 0, wide, high) if crop else tuple(int(one) for one in row["box"].split(","))
            shown, (left, top, right, bottom) = _window(image, box)
            corners = np.array(((left, top), (right, top), (right, bottom), (left, bottom)), dtype=np.float32)
            yield (
                photo,
                Plain(
                    name=photo.path.name,
                    image=shown,
                    corners=corners,
                    text=row["plate"],
                    rows=int(row["rows"]),
                    crop=crop,
                ),
            )


def _window(image: Picture, box: tuple[int, ...]) -> tuple[Picture, tuple[int, ...]]:
    """Return what is around a box (x1, y1, x2, y2), and the box in it."""
    high, wide = image.shape[:2]
    left = min(max((box[0] + box[2] - WINDOW[0]) // 2, 0), max(wide - WINDOW[0], 0))
    top = min(max((box[1] + box[3] - WINDOW[1]) // 2, 0), max(high - WINDOW[1], 0))
    part_of = image[top : top + WINDOW[1], left : left + WINDOW[0]]
    moved = (box[0] - left, box[1] - top, box[2] - left, box[3] - top)
    return np.ascontiguousarray(part_of), moved


def specimens(*, tuning: bool, seed: int, share: float, sets: Sequence[str] = SETS) -> Iterator[Specimen]:
    """Yield a seeded share of what the plan makes of each photo of a half; of frames three times as much.

    Every photo is there as it is, too. Objects that tuning never sees are among those of the other half.
    """
    for set_name in sets:
        for photo, plain in plains(set_name):
            if photo.tuning is not tuning:
                continue
            for kind, number in PLAN:
                if plain.crop and kind == "missing":
                    continue
                drawn = zlib.crc32(f"{plain.name}{plain.text}{kind}{number}{seed}".encode()) / 2**32
                least = 1.0 if kind == "plain" else share * (1 if plain.crop else 3)
                if drawn <= (least / 2 if plain.crop and kind == "flipped" else least):
                    unseen = kind == "object" and number == 3 and not tuning  # noqa: PLR2004
                    yield made(plain, kind, seed + number, unseen=unseen)


def looked_at(reader: LookingReader, one: Specimen) -> Iterator[Looked]:
    """Yield every place of a specimen at which the judge is asked, as `LookingReader.look` would."""
    quality = frame_quality(one.image)
    box = box_of(one.corners)
    for place in _places(reader, one):
        measured = measure(one.image, place, quality)
        on_plate = one.plain.crop or overlap(box_of(place.corners), box) > ON_PLATE
        yield Looked(
            name=one.plain.name,
            kind=one.what.split()[0] if one.what.startswith("cut_off") else _kind(one),
            truth=one.truth.value,
            place=place,
            measured=measured,
            on_plate=on_plate,
            hidden=_hidden(one, place, len(measured.cells)),
            most_hidden=max(one.hidden, default=0.0),
        )


def _kind(one: Specimen) -> str:
    first = one.what.split()[0]
    if one.mask is not None:
        return "dirt" if first == "dirt" else "object"
    return first if first in {"plain", "bent", "flipped", "missing", "shadow"} else "fault"


def _places(reader: LookingReader, one: Specimen) -> Iterator[Place]:
    """Yield every place that a reading or the corner detector names."""
    image, crop = one.image, one.plain.crop
    groups = reader.sighted_crop(image) if crop else reader.sighted(image)
    taken = []
    for group in groups:
        place = _of_group(reader, group, crop=crop)
        if crop or place.score > 0 or place.characters:
            taken.append(place)
    if crop:
        high, wide = image.shape[:2]
        whole = np.array([[0, 0], [wide, 0], [wide, high], [0, high]], dtype=np.float32)
        rows = 1 if wide > 1.9 * high else 2
        none = Place(corners=whole, rows=rows, score=1.0, confidence=0.0, characters=(), crop=True)
        yield max(taken, key=lambda place: place.confidence, default=none)
        return
    yield from taken
    boxes = [box_of(place.corners) for place in taken]
    for place in reader.unread_places(image, ()):
        box = box_of(place.corners)
        if not any(overlap(box, other) > 0.5 for other in boxes):  # noqa: PLR2004  half of it
            boxes.append(box)
            yield place


def _of_group(reader: LookingReader, group, *, crop: bool) -> Place:  # noqa: ANN001 (a list of sightings)
    evidence = evidence_of(group, reader.symbols)
    probability = confidence(evidence.features) if evidence else 0.0
    read = evidence is not None and probability >= MIN_CONFIDENCE
    shown = evidence.shown if evidence else max(group, key=lambda one: (one.score, one.legible))
    return Place(
        corners=shown.candidate.corners,
        rows=len(shown.candidate.lines),
        score=max(one.score for one in group),
        confidence=probability if read else 0.0,
        characters=characters(evidence.weighed, probability) if evidence and read else (),
        crop=crop,
    )


def _hidden(one: Specimen, place: Place, count: int) -> tuple[float, ...] | None:
    """Return the share of each measured character that is hidden, None where nothing was laid over."""
    if one.mask is None:
        return None
    shown: NDArray[np.uint8] = np.repeat((one.mask * 255).astype(np.uint8)[..., None], 3, axis=2)
    cells = character_cells(count, place.rows)
    return tuple(float(rectify(shown, part(place.corners, *cell)).mean()) / 255 for cell in cells)


__all__ = [
    "GHOST_SCORE",
    "Looked",
    "loaded_reader",
    "looked_at",
    "plains",
    "share_of",
    "specimens",
    "unreadable",
    "word_counts",
]
