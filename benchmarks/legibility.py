"""Judge what can be seen of plates whose truth is known: real photos and drawn trucks, hidden and spoiled.

    python benchmarks/legibility.py              everything
    python benchmarks/legibility.py untouched    all photos as they are: how many are called covered
    python benchmarks/legibility.py photos       specimens of the half that was not tuned on, and the gallery
    python benchmarks/legibility.py nights       drawn nights with fog, rain, a dying lamp, a dirty lens

Skips with a reason where the photos are absent. Seeds and photos are not those of `legibility_fit.py`.
"""

import argparse
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from legibility_data import ON_PLATE, specimens
from legibility_gallery import Shown, write_gallery
from legibility_made import Specimen
from plates_data import FULL, PHOTOS, SETS, interval, photos
from runner import RESULTS, machine

from models.values.legibility import Legibility, PlateLegibility
from models.values.passages import FrameKind
from pipeline.deliberate import FrameSeen, PassageSeen, judge_obscuring
from pipeline.frame_files import load_frame
from pipeline.plates.find import box_of, overlap
from pipeline.plates.look import FrameLook, LookingReader, load_looking_reader
from stations.roadside.draw import draw_frame
from stations.roadside.night import simulate_vehicles
from stations.roadside.objects import EXTENTS
from stations.roadside.shot import Side, take_shot
from stations.roadside.sights import Weather
from stations.roadside.station import RoadsideStation, random_stream
from stations.roadside.vehicle import PlateCondition, TrueVehicle

ROOT = Path(__file__).parents[1]
WEIGHTS, GALLERY = ROOT / "build" / "weights", ROOT / "build" / "legibility-gallery.html"
PARTS = ("untouched", "photos", "nights")
SEED, SHARE = 9000, 0.05
WORDS = [one.value for one in Legibility]
INNOCENT = ("clear", "camera")
NONE = "(none)"
NIGHT = date(2026, 6, 18)
STATION = RoadsideStation(station_id="drawn", station_code="drawn", format="hs_data")
CONDITIONS = {
    PlateCondition.COVERED: 0.04,
    PlateCondition.CARD: 0.04,
    PlateCondition.RAG: 0.03,
    PlateCondition.FLIPPED: 0.03,
    PlateCondition.DIRTY: 0.06,
    PlateCondition.BENT: 0.03,
    PlateCondition.DARK: 0.06,
    PlateCondition.GLARE: 0.04,
    PlateCondition.BLUR: 0.04,
    PlateCondition.SHADOW: 0.05,
}
GUILTY = {PlateCondition.COVERED, PlateCondition.CARD, PlateCondition.RAG, PlateCondition.FLIPPED}


def main() -> None:
    """Run what was asked for and keep the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=list(PARTS), help=f"of {', '.join(PARTS)}")
    parser.add_argument("--share", type=float, default=SHARE, help="share of all specimens to look at")
    parser.add_argument("--passages", type=int, default=40, help="passages of each drawn night")
    given = parser.parse_args()
    if not PHOTOS.is_dir():
        print(f"skipped: no labelled photos at {PHOTOS}")
        return
    today = datetime.now(UTC).date()
    RESULTS.mkdir(exist_ok=True)
    for name in given.parts:
        lines = {
            "untouched": untouched,
            "photos": lambda: of_photos(given.share),
            "nights": lambda: nights(given.passages),
        }[name]()
        heading = f"legibility, {name}: {today}"
        text = "\n".join([heading, *lines, *machine(("onnxruntime", "numpy")), ""])
        (RESULTS / f"legibility-{name}-{today}.txt").write_text(text, encoding="utf-8")
        print(text, flush=True)


def _reader() -> LookingReader:
    cv2.setNumThreads(1)
    return load_looking_reader(WEIGHTS, threads=1)


def untouched() -> Iterator[str]:
    """Tell what is said of every photo as it is; none of their plates is covered."""
    everything = Counter[str]()
    with ProcessPoolExecutor(2) as pool:
        for set_name, (counts, plates) in zip(SETS, pool.map(_untouched, SETS), strict=True):
            yield f"{set_name:14} {_words(counts)}"
            everything.update(counts)
            everything["plates"] += plates
    yield _share("called covered", everything["covered"], everything["plates"]) + "; aim 0.3 %"


def _untouched(set_name: str) -> tuple[Counter[str], int]:
    reader, counts, plates = _reader(), Counter[str](), 0
    for photo in photos(set_name):
        look = reader.look(load_frame(photo.path), crop=set_name not in FULL)
        plates += len(photo.plates)
        counts.update(one.legibility.value for one in look.legibilities)
        for one in look.legibilities:
            if one.legibility is Legibility.COVERED:
                print(set_name, photo.path.name, one.text, round(one.probability, 2), one.box, flush=True)
    return counts, plates


def of_photos(share: float) -> Iterator[str]:
    """Tell the confusion of truths and words, and what was missed and who was accused."""
    with ProcessPoolExecutor(2) as pool:
        told = [one for part in pool.map(partial(_photos, share=share), SETS) for one in part]
    yield from confusion([(one.truth, one.said) for one in told])
    covered = [one for one in told if one.truth == "covered"]
    innocent = [one for one in told if one.truth in INNOCENT]
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
        yield "covered found, " + _share(words, sum(one.said == "covered" for one in group), len(group))
    wrong = sum(one.said == "covered" for one in innocent)
    yield _share("clear or camera's fault called covered", wrong, len(innocent)) + "; aim 0.1 %"
    write_gallery(told, GALLERY)


def _photos(set_name: str, share: float) -> list[Shown]:
    reader = _reader()
    shown = []
    for one in specimens(tuning=False, seed=SEED, share=share, sets=(set_name,)):
        look = reader.look(one.image, crop=one.plain.crop)
        seen = of_plate(one, look)
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


def nights(passages: int) -> Iterator[str]:
    """Tell for drawn nights what frames show and who is flagged, fair and foul weather beside each other."""
    with ProcessPoolExecutor(2) as pool:
        kinds = (None, *Weather)
        for weather, lines in zip(kinds, pool.map(partial(_night, passages=passages), kinds), strict=True):
            yield f"-- {weather or 'fair'}"
            yield from lines


def _night(weather: Weather | None, passages: int) -> list[str]:
    reader = _reader()
    [vehicles] = simulate_vehicles(NIGHT, SEED, passages, [STATION], CONDITIONS)
    seen = [_passage(reader, vehicle, weather) for vehicle in vehicles]
    truths = {one.serial: one.plate_condition for one in vehicles}
    said = {one.passage_id: judge_obscuring(one, seen) for one in seen}
    flagged = {number for number, one in said.items() if one is not None and one.flagged}
    guilty = {number for number, condition in truths.items() if condition in GUILTY}
    frames: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for one in seen:
        truth = "hidden" if one.passage_id in guilty else "not hidden"
        frames[truth].update(frame.legibility.value for frame in one.frames)
    return [
        *(f"frames, {truth:10}: {_words(counts)}" for truth, counts in sorted(frames.items())),
        _share("flagged of those that hide", len(flagged & guilty), len(guilty)),
        _share("flagged of those that do not", len(flagged - guilty), len(truths) - len(guilty)),
    ]


def _passage(reader: LookingReader, vehicle: TrueVehicle, weather: Weather | None) -> PassageSeen:
    frames = []
    for side in Side:
        shot = take_shot(replace(vehicle), side, STATION, random_stream(SEED, vehicle.serial, side))
        drawn = draw_frame(shot, random_stream(SEED, vehicle.serial, side, "picture"), weather)
        look = reader.look(drawn.pixels)
        first = look.legibilities[0]
        frames.append(
            FrameSeen(
                frame_id=vehicle.serial,
                kind=FrameKind(side.value),
                taken_at_ms=round(shot.taken_at.timestamp() * 1000),
                legibility=first.legibility,
                probability=first.probability,
                text=first.text,
            )
        )
    return PassageSeen(
        passage_id=vehicle.serial,
        station_id=STATION.station_id,
        lane=vehicle.lane,
        passed_at_ms=round(vehicle.passed_at.timestamp() * 1000),
        vehicle="",
        frames=tuple(frames),
    )


def _words(counts: Counter[str]) -> str:
    return ", ".join(f"{word} {counts[word]}" for word in WORDS if counts[word])


def _share(words: str, count: int, n: int) -> str:
    low, high = interval(count, n)
    return f"{words}: {count} of {n}, {100 * count / max(n, 1):.1f} % ({100 * low:.1f} to {100 * high:.1f})"


if __name__ == "__main__":
    main()
