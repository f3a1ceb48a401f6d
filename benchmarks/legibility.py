"""Judge what can be seen of plates whose truth is known: real photos and drawn trucks, hidden and spoiled.

    python benchmarks/legibility.py              everything
    python benchmarks/legibility.py untouched    all photos as they are: how many are called covered
    python benchmarks/legibility.py photos       specimens of the half that was not tuned on, and the gallery
    python benchmarks/legibility.py nights       drawn nights with fog, rain, a dying lamp, a dirty lens

Skips with a reason where the photos are absent. Seeds and photos are not those of `legibility_fit.py`.
"""

import argparse
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np
from legibility_data import ON_PLATE, WORDS, loaded_reader, share_of, specimens, unreadable, word_counts
from legibility_gallery import Shown, write_gallery
from legibility_made import Specimen
from legibility_nights import nights
from plates_data import FULL, PHOTOS, SETS, photos
from runner import RESULTS, machine

from models.values.legibility import Legibility, PlateLegibility
from pipeline.frame_files import load_frame
from pipeline.plates.find import box_of, overlap
from pipeline.plates.look import FrameLook, LookingReader
from pipeline.plates.second_look import look_where_usual
from pipeline.plates.usual import LEAST_VEHICLES, UsualPlace, picture
from stations.roadside.objects import EXTENTS
from stations.roadside.sights import Weather

ROOT = Path(__file__).parents[1]
GALLERY = ROOT / "build" / "legibility-gallery.html"
PARTS = ("untouched", "photos", "nights")
SEEDS, SHARE = (9970, 9971, 9973), 0.04
NIGHTS = (9890, 9891, 9892)
# Deviations of a plate from its camera's usual place, in its own widths and heights, of its size, and of the
# sharpness, contrast and light of one camera's frames, as in drawn nights.
OFF, SIZE_OFF, PICTURE_OFF = (0.25, 0.4), 0.08, (0.06, 0.3, 0.3)
THRESHOLDS = (0.5, 0.6, 0.7, 0.75, 0.8, 0.9)
INNOCENT = ("clear", "camera")
HIDING = ("covered", "missing")
NONE = "(none)"


def main() -> None:
    """Run what was asked for and keep the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=list(PARTS), help=f"of {', '.join(PARTS)}")
    parser.add_argument("--share", type=float, default=SHARE, help="share of all specimens to look at")
    parser.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS), help="of the specimens")
    parser.add_argument("--passages", type=int, default=40, help="passages of each drawn night")
    parser.add_argument(
        "--nights", type=int, nargs="+", default=list(NIGHTS), help="seeds of the drawn nights"
    )
    given = parser.parse_args()
    if not PHOTOS.is_dir():
        print(f"skipped: no labelled photos at {PHOTOS}")
        return
    today = datetime.now(UTC).date()
    RESULTS.mkdir(exist_ok=True)
    for name in given.parts:
        lines = {
            "untouched": untouched,
            "photos": lambda: of_photos(given.share, given.seeds),
            "nights": lambda: of_nights(given.passages, given.nights),
        }[name]()
        heading = f"legibility, {name}: {today}"
        text = "\n".join([heading, *lines, *machine(("onnxruntime", "numpy")), ""])
        (RESULTS / f"legibility-{name}-{today}.txt").write_text(text, encoding="utf-8")
        print(text, flush=True)


def untouched() -> Iterator[str]:
    """Tell what is said of every photo as it is; none of their plates is covered."""
    everything = Counter[str]()
    with ProcessPoolExecutor(2) as pool:
        for set_name, (counts, plates) in zip(SETS, pool.map(_untouched, SETS), strict=True):
            yield f"{set_name:14} {word_counts(counts)}"
            everything.update(counts)
            everything["plates"] += plates
    yield share_of("called covered", everything["covered"], everything["plates"]) + "; aim 0.3 %"


def _untouched(set_name: str) -> tuple[Counter[str], int]:
    reader, counts, plates = loaded_reader(), Counter[str](), 0
    for photo in photos(set_name):
        look = reader.look(load_frame(photo.path), crop=set_name not in FULL)
        plates += len(photo.plates)
        counts.update(one.legibility.value for one in look.legibilities)
        for one in look.legibilities:
            if one.legibility is Legibility.COVERED:
                print(set_name, photo.path.name, one.text, round(one.probability, 2), one.box, flush=True)
    return counts, plates


def of_photos(share: float, seeds: Sequence[int]) -> Iterator[str]:
    """Tell the confusion of truths and words, and what was missed and who was accused."""
    yield f"seeds {', '.join(map(str, seeds))}, a share of {share} each"
    with ProcessPoolExecutor(2) as pool:
        parts = [pool.map(partial(_photos, share=share, seed=seed), SETS) for seed in seeds]
        told = [one for of_seed in parts for part in of_seed for one in part]
    yield from confusion([(one.truth, one.said) for one in told])
    covered = [one for one in told if one.truth == "covered"]
    for words, group in (
        ("all", covered),
        ("crops", [one for one in covered if one.crop]),
        ("frames", [one for one in covered if not one.crop]),
        ("objects that tuning never saw", [one for one in covered if one.what.startswith("leaves")]),
        *(
            (extent, [one for one in covered if one.what.endswith(extent)])
            for extent in (*EXTENTS, "flipped")
        ),
    ):
        yield "covered called covered or missing, " + share_of(
            words, sum(one.said in HIDING for one in group), len(group)
        )
    absent = [one for one in told if one.truth == "missing"]
    yield share_of("absent called missing or covered", sum(one.said in HIDING for one in absent), len(absent))
    for words, crop in (("crops", True), ("frames", False)):
        yield from _trade(words, [one for one in told if one.crop is crop])
    # What a fault moved out of the frame has no picture.
    write_gallery([one for one in told if one.picture.size], GALLERY)


def _trade(words: str, told: Sequence[Shown]) -> Iterator[str]:
    """Tell what is found and who is wrongly accused where an accusing word needs ever more probability."""
    covered = [one for one in told if one.truth == "covered"]
    innocent = [one for one in told if one.truth in INNOCENT]
    for least in THRESHOLDS:
        found, wrong = (
            sum(one.said in HIDING and one.seen.probability >= least for one in group if one.seen)
            for group in (covered, innocent)
        )
        found_words, wrong_words = (
            share_of("found", found, len(covered)),
            share_of("wrong", wrong, len(innocent)),
        )
        yield f"{words}, at {least:.2f} and more: {found_words}; {wrong_words}"


def _photos(set_name: str, share: float, seed: int) -> list[Shown]:
    reader = loaded_reader()
    shown = []
    for one in specimens(tuning=False, seed=seed, share=share, sets=(set_name,)):
        look = reader.look(one.image, crop=one.plain.crop)
        seen = _again(reader, one, look, seed) or of_plate(one, look)
        shown.append(
            Shown(
                name=f"{set_name}/{one.plain.name}",
                what=one.what,
                truth=one.truth.value,
                said=seen.legibility.value if seen else NONE,
                crop=one.plain.crop,
                seen=seen,
                picture=_around(one),
            )
        )
    return shown


def _again(reader: LookingReader, one: Specimen, look: FrameLook, seed: int) -> PlateLegibility | None:
    """Return what a second look says where the photo's camera, a fixed one, would show its plates.

    What a camera usually shows can't be learnt from a single photo. It is taken to be the untouched photo,
    the place moved and the picture's measures changed at random as those of one camera's vehicles are.
    """
    if one.plain.crop or one.image.shape != one.plain.image.shape:
        return None
    rng = np.random.default_rng([seed, zlib.crc32(f"{one.plain.name}{one.what}".encode())])
    left, top, right, bottom = box_of(one.plain.corners)
    wide, high = right - left, bottom - top
    centre = np.array(((left + right) / 2, (top + bottom) / 2)) + rng.normal(0, OFF) * (wide, high)
    scale = np.exp(rng.normal(0, SIZE_OFF))
    place = UsualPlace(
        vehicles=LEAST_VEHICLES,
        centre=(float(centre[0]), float(centre[1])),
        reach=(3 * OFF[0] * wide, 3 * OFF[1] * high),
        size=(float(wide * scale), float(high * scale)),
    )
    of_neighbours = look.readings and all(place.passed_by(reading.box) for reading in look.readings)
    if not (unreadable(look) or of_neighbours):
        return None
    plain = picture(place.window(one.plain.image))
    sharp, contrast, bright = np.exp(rng.normal(0, PICTURE_OFF)).tolist()
    usual = replace(
        plain, sharp=plain.sharp * sharp, contrast=plain.contrast * contrast, bright=plain.bright * bright
    )
    return look_where_usual(one.image, place, usual, reader.engines.second)


def of_plate(one: Specimen, look: FrameLook) -> PlateLegibility | None:
    """Return what is said of the specimen's own plate, the gravest where several places lie on it."""
    if one.plain.crop:
        return next(iter(look.legibilities), None)
    box = box_of(one.corners)
    there = [seen for seen in look.legibilities if overlap(seen.box, box) > ON_PLATE and seen.rows]
    return max(there, key=lambda seen: (bool(seen.text), seen.probability), default=None)


def _around(one: Specimen) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Return the plate with what is around it, small, for the gallery."""
    if one.plain.crop:
        return one.image
    left, top, right, bottom = (int(n) for n in box_of(one.corners))
    margin = (right - left) // 3
    return one.image[max(top - margin, 0) : bottom + margin, max(left - margin, 0) : right + margin]


def confusion(pairs: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Yield the table of truths (rows) and words (columns)."""
    counts = Counter(pairs)
    columns = [*WORDS, NONE]
    yield f"{'truth':10}" + "".join(f"{word:>10}" for word in columns)
    for truth in WORDS:
        if any(counts[truth, said] for said in columns):
            yield f"{truth:10}" + "".join(f"{counts[truth, said]:10}" for said in columns)


def of_nights(passages: int, seeds: Sequence[int]) -> Iterator[str]:
    """Tell for drawn nights what frames show and who is flagged, fair and foul weather beside each other."""
    yield f"seeds {', '.join(map(str, seeds))}"
    with ProcessPoolExecutor(2) as pool:
        kinds = (None, *Weather)
        told = pool.map(partial(nights, passages=passages, seeds=seeds), kinds)
        for weather, lines in zip(kinds, told, strict=True):
            yield f"-- {weather or 'fair'}"
            yield from lines


if __name__ == "__main__":
    main()
