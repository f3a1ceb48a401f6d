"""Read the plates of image files: a line for each plate or image without, and pictures, plates marked."""

import glob
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path
from typing import Annotated, Any

import cv2
import numpy as np
import typer
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from rich.console import Console
from rich.table import Table

from models.fonts import chinese_font
from models.values.plates import PlateReading
from pipeline.frame_files import UnreadableFrameError, load_frame
from pipeline.plates.look import FrameLook, load_looking_reader
from stations.images import SUFFIXES, image_damage, image_problem
from zhichao import show
from zhichao.exits import CONFIG, ConfigOption, Exit, JsonOption, explained
from zhichao.legibility_rows import legibility_values, mark_legibility, unread_row
from zhichao.progress import Bars
from zhichao.settings import ConfigError, Settings, load_settings

# Below this a plate found in a frame is shown, and what it may say, but no text stands for it: in the tuning
# half no plate is lost by it, and none told falsely (docs/plates.md).
FRAME_THRESHOLD = 0.86
# A crop is a plate by the user's word: it is told what it most likely says, and how likely that is.
CROP_THRESHOLD = 0.0
_SURE, _IN_DOUBT = (60, 220, 60), (255, 170, 0)
_JPEG_QUALITY = 90


@dataclass(slots=True, kw_only=True)
class PlatesReport:
    """What a run met: images, plates read, in doubt, that nobody can read, images without, what was wrong."""

    images: int = 0
    plates: int = 0
    doubtful: int = 0
    unread: int = 0
    without: int = 0
    problems: list[str] = field(default_factory=list)

    def summary(self) -> str:
        """Say it in one line."""
        return (
            f"图片 images {self.images}  号牌 plates {self.plates}  存疑 in doubt {self.doubtful}"
            f"  无法识读 unreadable {self.unread}"
            f"  未见号牌 no plate {self.without}  问题 problems {len(self.problems)}"
        )


def weights_folder(settings: Settings, config: Path) -> Path:
    """Return where model directories are kept: with the installation's data, or in the user's cache."""
    return (
        settings.data_dir / "weights" if config.exists() else Path.home() / ".cache" / "zhichao" / "weights"
    )


def image_files(paths: Sequence[Path]) -> Iterator[Path]:
    """Yield the files that paths, folders (with all below) and patterns name, each once, in name order.

    A path that names nothing is yielded as it stands: its problem is told when it is opened.
    """
    seen: set[Path] = set()
    for path in paths:
        for one in _named(path):
            if one not in seen:
                seen.add(one)
                yield one


def _named(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(one for one in path.rglob("*") if one.suffix.lower() in SUFFIXES and one.is_file())
    if path.exists() or not glob.has_magic(str(path)):
        return [path]
    matches = [Path(one) for one in sorted(glob.glob(str(path), recursive=True))]  # noqa: PTH207 (may be absolute)
    return [one for one in matches if one.is_file()] or [path]


def read_files(
    files: Iterable[Path],
    look: Callable[[NDArray[np.uint8]], FrameLook],
    report: PlatesReport,
    threshold: float,
    draw: Path | None,
    step: Callable[[], None],
) -> Iterator[dict[str, Any]]:
    """Yield a row for each plate of each file, one for a file that shows none.

    What can't be opened is told in `report`, the rest goes on.
    """
    for path in files:
        step()
        try:
            image = _opened(path, report)
            seen = look(image)
        except (UnreadableFrameError, OSError, MemoryError, cv2.error) as error:
            report.problems.append(f"{path}: {error}")
            continue
        report.images += 1
        readings, unread = seen.readings, seen.unread
        report.plates += len(readings)
        report.unread += sum(one.rows > 0 for one in unread)
        report.without += sum(one.rows == 0 for one in unread)
        report.doubtful += sum(reading.confidence < threshold for reading in readings)
        if draw is not None:
            _write_marked(image, seen, threshold, _free_name(draw, path.stem))
        for reading, legibility in zip(readings, seen.legibilities, strict=False):
            yield plate_row(path, reading, threshold) | legibility_values(legibility)
        yield from (unread_row(path, one) for one in unread)


def _opened(path: Path, report: PlatesReport) -> NDArray[np.uint8]:
    """Return the pixels of a file; a broken-off one is noted and shown as far as it goes."""
    problem = image_problem(path)
    if problem:
        raise UnreadableFrameError(problem)
    image = load_frame(path)
    damage = image_damage(path)
    if damage:
        report.problems.append(f"{path}: {damage}; read as far as it goes")
    return image


def plate_row(path: Path, reading: PlateReading, threshold: float) -> dict[str, Any]:
    """Return a reading as JSON values; `text` is "" where its confidence stays below the threshold."""
    return {
        "image": str(path),
        "text": reading.text if reading.confidence >= threshold else "",
        "confidence": round(reading.confidence, 4),
        "colour": reading.colour.value,
        "rows": reading.rows,
        "box": reading.box,
        "corners": [[round(x, 1), round(y, 1)] for x, y in reading.corners],
        "doubtful": reading.doubtful,
        "characters": [
            {"character": character, "probability": round(probability, 4)}
            for character, probability in zip(reading.text, reading.characters, strict=True)
        ],
        "alternatives": [
            {"text": one.text, "probability": round(one.probability, 4)} for one in reading.alternatives
        ],
        "source": reading.source,
    }


def _free_name(folder: Path, stem: str) -> Path:
    """Return a name for a picture that is not taken: images of several folders may share theirs."""
    names = (folder / f"{stem}{'-' * bool(n)}{n or ''}.jpg" for n in count())
    return next(name for name in names if not name.exists())


def _write_marked(image: NDArray[np.uint8], seen: FrameLook, threshold: float, path: Path) -> None:
    """Write the frame with every plate outlined, its text and confidence above it."""
    picture = Image.fromarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB))
    draw = ImageDraw.Draw(picture)
    size = max(14, round(max(image.shape[:2]) / 50))
    for one in seen.legibilities:
        mark_legibility(picture, one)
    for reading in seen.readings:
        colour = _SURE if reading.confidence >= threshold else _IN_DOUBT
        draw.polygon(reading.corners, outline=colour, width=max(1, size // 10))
        words = f"{reading.doubtful} {reading.colour.label} {reading.confidence:.2f}"
        font = chinese_font(size)
        left, top = reading.box[0], max(reading.box[1] - size - size // 3, 0)
        draw.rectangle(draw.textbbox((left, top), words, font=font), fill=(0, 0, 0))
        draw.text((left, top), words, font=font, fill=colour)
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.save(path, "JPEG", quality=_JPEG_QUALITY)


def plates_table(rows: Iterable[dict[str, Any]]) -> Table:
    """Return the plates for people."""
    table = Table(title="号牌识别 plates", title_justify="left")
    for heading in (
        "图片 image",
        "号牌 plate",
        "置信度 confidence",
        "颜色 colour",
        "行 rows",
        "可辨性 legibility",
    ):
        table.add_column(heading)
    for row in rows:
        unread = "无法识读 unreadable" if row["box"] else "未见号牌 no plate"
        text = row["text"] or (f"存疑 in doubt: {row['doubtful']}" if row["doubtful"] else unread)
        seen = f"{row['legibility']} {row['legibility_probability']:.2f}"
        table.add_row(row["image"], text, f"{row['confidence']:.3f}", row["colour"], str(row["rows"]), seen)
    return table


def plates(
    paths: Annotated[list[Path], typer.Argument(help="images, folders with all below them, or patterns")],
    *,
    crops: Annotated[bool, typer.Option("--crops", help="each image is one plate, cut out")] = False,
    draw: Annotated[Path | None, typer.Option(help="also write the images here, plates marked")] = None,
    threshold: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="confidence from which a text is given; default: 0.86, for crops 0"),
    ] = None,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Read the number plates of images, a line for each or an image without, and what can be seen of it."""
    out, notes = show.console(), Console(stderr=True)
    report = PlatesReport()
    if threshold is None:
        threshold = CROP_THRESHOLD if crops else FRAME_THRESHOLD
    with explained(notes):
        settings = load_settings(config) if config != CONFIG or config.exists() else Settings()
        files = list(image_files(paths))
        if not files:
            raise ConfigError(f"no images in {', '.join(map(str, paths))}")
        reader = load_looking_reader(weights_folder(settings, config), settings.reader_threads)
        with Bars(notes) as bars:
            bars.stage("号牌 plates", len(files))
            rows = read_files(files, partial(reader.look, crop=crops), report, threshold, draw, bars.step)
            if as_json:
                show.json_lines(rows)
            else:
                out.print(plates_table(rows))
    show.messages(notes, report.problems)
    notes.print(report.summary(), highlight=False)
    if report.problems:
        raise typer.Exit(Exit.TROUBLE)
