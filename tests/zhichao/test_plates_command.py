"""zhichao plates: what it prints, what it draws, and what it says of images that are none."""

import io
import json
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageFile
from plate_scene import scene

from models.values.legibility import Legibility, PlateLegibility
from models.values.plates import AlternativePlate, PlateColour, PlateReading
from pipeline.plates.frame_quality import frame_quality
from pipeline.plates.look import FrameLook, nothing_seen
from stations.roadside.plate import draw_plate
from zhichao.plates_command import PlatesReport, image_files, plate_row, read_files

ROOT = Path(__file__).parents[2]
FIELDS = [
    "image", "text", "confidence", "colour", "rows", "box", "corners", "doubtful", "characters",
    "alternatives", "source", "legibility", "legibility_probability", "legibility_reason", "visible", "mask",
]  # fmt: skip


def reading(text: str = "浙F12345", confidence: float = 0.9) -> PlateReading:
    return PlateReading(
        text=text,
        confidence=confidence,
        colour=PlateColour.YELLOW,
        rows=1,
        box=(4, 4, 44, 16),
        corners=((4.0, 4.0), (44.0, 4.0), (44.0, 16.0), (4.0, 16.0)),
        characters=(0.5, *[0.99] * 6),
        reader="fake",
        alternatives=(AlternativePlate(text="皖F12345", probability=0.08),),
        source="corners, 4 views",
    )


def seen(
    legibility: Legibility = Legibility.CLEAR, text: str = "浙F12345", visible: tuple[float, ...] = (0.9,) * 7
) -> PlateLegibility:
    outline = ((4.0, 4.0), (44.0, 4.0), (44.0, 16.0), (4.0, 16.0))
    return PlateLegibility(
        legibility=legibility,
        probability=0.97,
        text=text,
        rows=1,
        box=(4, 4, 44, 16),
        corners=outline,
        visible=visible,
        mask=(outline,) * sum(one < 0.5 for one in visible),
    )


def picture(path: Path, size: tuple[int, int] = (64, 48), mode: str = "RGB", **options: object) -> Path:
    Image.new(mode, size).save(path, **options)
    return path


def rows_of(
    files: Iterable[Path],
    readings: Sequence[PlateReading],
    draw: Path | None = None,
    unread: Sequence[PlateLegibility] = (),
) -> tuple[list[dict[str, object]], PlatesReport]:
    report = PlatesReport()

    def look(image: NDArray[np.uint8]) -> FrameLook:
        assert image.ndim == 3
        assert image.dtype == np.uint8
        return FrameLook(readings=tuple(readings), legibilities=(*(seen() for _ in readings), *unread))

    rows = list(read_files(files, look, report, 0.5, draw, lambda: None))
    return rows, report


def test_a_line_says_all_of_a_plate(tmp_path: Path) -> None:
    [row], report = rows_of([picture(tmp_path / "a.png")], [reading()])
    assert list(row) == FIELDS
    assert row["image"] == str(tmp_path / "a.png")
    assert (row["text"], row["confidence"], row["colour"], row["rows"]) == ("浙F12345", 0.9, "yellow", 1)
    assert row["doubtful"] == "?F12345"
    assert row["characters"][:2] == [  # type: ignore[index]
        {"character": "浙", "probability": 0.5},
        {"character": "F", "probability": 0.99},
    ]
    assert row["alternatives"] == [{"text": "皖F12345", "probability": 0.08}]
    assert (report.images, report.plates, report.doubtful, report.problems) == (1, 1, 0, [])
    assert json.loads(json.dumps(row))["corners"][2] == [44.0, 16.0]


def test_a_plate_that_nobody_can_read_has_a_line_of_its_own(tmp_path: Path) -> None:
    hidden = seen(Legibility.COVERED, "", (0.9, 0.9, 0.1, 0.2, 0.9, 0.9, 0.9))
    [first, second], report = rows_of([picture(tmp_path / "a.png")], [reading()], unread=[hidden])
    assert list(second) == list(first) == FIELDS
    assert (first["legibility"], second["legibility"], second["text"]) == ("clear", "covered", "")
    assert second["legibility_probability"] == 0.97
    assert "第3至4位字符" in str(second["legibility_reason"])
    assert second["mask"] == [[[4.0, 4.0], [44.0, 4.0], [44.0, 16.0], [4.0, 16.0]]] * 2
    assert (report.plates, report.unread) == (1, 1)


@pytest.mark.parametrize(("gain", "word"), [(0.02, "camera"), (1.0, "doubtful")])
def test_an_image_without_any_plate_has_a_line_that_counts_as_none(
    tmp_path: Path, gain: float, word: str
) -> None:
    image = (scene()[0] * gain).astype(np.uint8)
    nothing = nothing_seen(image, frame_quality(image))
    [row], report = rows_of([picture(tmp_path / "a.png")], [], unread=[nothing])
    assert list(row) == FIELDS
    assert (row["text"], row["box"], row["corners"], row["mask"], row["rows"]) == ("", None, [], [], 0)
    assert row["legibility"] == word
    assert ("未找到号牌" in str(row["legibility_reason"])) == (word == "doubtful")
    assert (report.images, report.plates, report.unread, report.without) == (1, 0, 0, 1)
    assert "无法识读 unreadable 0  未见号牌 no plate 1" in report.summary()


def test_the_mask_of_what_is_hidden_is_drawn(tmp_path: Path) -> None:
    def red(unread: Sequence[PlateLegibility]) -> int:
        rows_of([picture(tmp_path / "a.png", (200, 100))], [], tmp_path / str(len(unread)), unread)
        with Image.open(next((tmp_path / str(len(unread))).glob("*.jpg"))) as drawn:
            pixels = np.asarray(drawn.convert("RGB")).astype(int)
        return int((pixels[6:14, 8:40, 0] > pixels[6:14, 8:40, 2] + 40).sum())

    assert red([]) == 0
    assert red([seen(Legibility.COVERED, "", (0.9,) * 5 + (0.1, 0.1))]) > 200


def test_a_plate_in_doubt_has_no_text_but_keeps_what_was_seen() -> None:
    row = plate_row(Path("a.png"), reading(confidence=0.49), 0.5)
    assert (row["text"], row["doubtful"]) == ("", "?F12345")
    assert plate_row(Path("a.png"), reading(confidence=0.5), 0.5)["text"] == "浙F12345"


def test_files_folders_and_patterns_each_once(tmp_path: Path) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    a, b = picture(tmp_path / "a.JPG", format="JPEG"), picture(tmp_path / "deep" / "er" / "b.png")
    (tmp_path / "notes.txt").write_text("no image")
    assert list(image_files([tmp_path])) == [a, b]
    assert list(image_files([a, tmp_path / "**" / "*.png", tmp_path])) == [a, b]
    lost = tmp_path / "lost.png"
    assert list(image_files([lost])) == [lost]


def truncated(path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (96, 128, 3), dtype=np.uint8)
    sink = io.BytesIO()
    Image.fromarray(noise).save(sink, "JPEG")
    path.write_bytes(sink.getvalue()[: sink.tell() // 2])


def bomb(path: Path) -> None:
    """Write the header of a PNG of 30,000 x 30,000 pixels, and little else."""
    sink = io.BytesIO()
    Image.new("1", (30_000, 30_000)).save(sink, "PNG")
    path.write_bytes(sink.getvalue())


def test_what_is_no_image_is_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "words.png").write_text("not an image")
    frames = [Image.new("L", (8, 8), shade) for shade in (0, 255)]
    frames[0].save(tmp_path / "moving.gif", save_all=True, append_images=frames[1:])
    bomb(tmp_path / "bomb.png")
    good = picture(tmp_path / "good.png")
    names = ["empty.jpg", "words.png", "moving.gif", "bomb.png", "lost.png"]
    rows, report = rows_of([*(tmp_path / name for name in names), good], [reading()])
    assert [row["image"] for row in rows] == [str(good)]
    for name, problem, words in zip(
        names, report.problems, ("empty", "no image", "no image", "pixels", "No such file"), strict=True
    ):
        assert str(tmp_path / name) in problem
        assert words in problem


def test_images_of_any_kind_are_read(tmp_path: Path) -> None:
    kinds = [("one.png", "RGB", (1, 1)), ("mask.png", "1", (40, 30)), ("palette.png", "P", (40, 30))]
    kinds += [
        ("deep.png", "I;16", (40, 30)),
        ("print.jpg", "CMYK", (40, 30)),
        ("clear.png", "RGBA", (40, 30)),
    ]
    files = [picture(tmp_path / name, size, mode) for name, mode, size in kinds]
    profiled = tmp_path / "profiled.jpg"
    Image.new("RGB", (40, 30)).save(profiled, icc_profile=b"\0" * 200)
    rows, report = rows_of([*files, profiled], [reading()])
    assert len(rows) == len(files) + 1
    assert report.problems == []


def test_a_turned_image_is_read_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (40, 30)).save(tmp_path / "turned.jpg", exif=exif)
    shapes = []

    def look(image: NDArray[np.uint8]) -> FrameLook:
        shapes.append(image.shape)
        return FrameLook(readings=(), legibilities=())

    list(read_files([tmp_path / "turned.jpg"], look, PlatesReport(), 0.5, None, lambda: None))
    assert shapes == [(40, 30, 3)]


def test_a_broken_off_image_is_read_as_far_as_it_goes_and_told(tmp_path: Path) -> None:
    assert not ImageFile.LOAD_TRUNCATED_IMAGES
    truncated(tmp_path / "half.jpg")
    rows, report = rows_of([tmp_path / "half.jpg"], [reading()])
    assert len(rows) == 1
    [problem] = report.problems
    assert "breaks off" in problem


def test_drawn_pictures_mark_the_plate_and_never_overwrite_each_other(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    files = [picture(tmp_path / "a.png"), picture(tmp_path / "b" / "a.png")]
    rows_of(files, [reading()], tmp_path / "drawn")
    drawn = sorted((tmp_path / "drawn").iterdir())
    assert len(drawn) == 2
    marked = cv2.imread(str(drawn[0]))
    assert marked is not None
    assert marked.shape == (48, 64, 3)
    assert marked[16, 10:40].max() > 100  # the outline, on a black picture


@pytest.mark.timeout(120)
def test_the_command_reads_crops_anywhere(tmp_path: Path) -> None:
    crop = tmp_path / "plate.png"
    cv2.imwrite(str(crop), cv2.resize(draw_plate("浙F82365", PlateColour.BLUE, 1), (220, 70)))
    (tmp_path / "words.png").write_text("not an image")
    done = subprocess.run(
        [sys.executable, "-m", "zhichao", "plates", str(tmp_path), "--crops", "--json"],
        cwd=tmp_path,
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    [line] = done.stdout.splitlines()
    row = json.loads(line)
    assert (row["image"], row["text"], row["colour"], row["rows"]) == (str(crop), "浙F82365", "blue", 1)
    assert "words.png: no image" in done.stderr
    assert done.returncode == 1


def test_no_images_at_all_is_a_mistake_of_the_caller(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "zhichao", "plates", str(tmp_path)],
        cwd=tmp_path,
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2
    assert "no images" in done.stderr
