"""The picture of docs/legibility.md: drawn trucks alone, the word on each plate, what can't be seen tinted.

`python benchmarks/legibility_picture.py`: one truck of each plate condition, the first drawn, right or wrong,
after as many clear ones of the same camera as the second look needs.
"""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
from legibility_data import loaded_reader
from legibility_nights import EVERY_S, NIGHT, NIGHT_FROM, STATION, look_twice
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from models.fonts import chinese_font
from models.values.legibility import PlateLegibility
from pipeline.look_again import LEAST_PICTURES
from pipeline.plates.usual import LEAST_VEHICLES
from stations.roadside.draw import DrawnFrame, draw_frame
from stations.roadside.night import simulate_vehicles
from stations.roadside.shot import Side, take_shot
from stations.roadside.station import random_stream
from stations.roadside.vehicle import PlateCondition
from zhichao.legibility_rows import mark_legibility

OUT = Path(__file__).parents[1] / "docs" / "legibility-drawn.jpg"
SEED = 9990
# Clear ones, so that the camera's usual place and picture are known; then every other condition.
CLEAR = max(LEAST_VEHICLES, LEAST_PICTURES)
SHOWN = [one for one in PlateCondition if one is not PlateCondition.MISSING_FRAME]
ACROSS, WIDE, HIGH, WORDS_HIGH = 3, 320, 170, 28
# Of the picture, beside the middle of the plate: in widths of the plate.
AROUND = 1.1


def main() -> None:
    """Draw, look, mark and keep."""
    [drawn] = simulate_vehicles(NIGHT, SEED, CLEAR + len(SHOWN), [STATION])
    conditions = [PlateCondition.CLEAR] * CLEAR + SHOWN
    vehicles = [
        replace(one, lane=1, plate_condition=what, passed_at=NIGHT_FROM + timedelta(seconds=EVERY_S * n))
        for n, (one, what) in enumerate(zip(drawn, conditions, strict=True))
    ]
    shots = [take_shot(one, Side.REAR, STATION, random_stream(SEED, one.serial, "shot")) for one in vehicles]
    frames = [draw_frame(one, random_stream(SEED, one.vehicle.serial, "picture")) for one in shots]
    seen = look_twice(loaded_reader(), [one.pixels for one in frames])
    down = -(-len(SHOWN) // ACROSS)
    sheet = Image.new("RGB", (ACROSS * WIDE, down * (HIGH + WORDS_HIGH)), (255, 255, 255))
    draw = ImageDraw.Draw(sheet)
    for n, what in enumerate(SHOWN):
        at = n % ACROSS * WIDE, n // ACROSS * (HIGH + WORDS_HIGH)
        sheet.paste(marked(frames[CLEAR + n], seen[CLEAR + n]), at)
        said = seen[CLEAR + n]
        words = f"{what}: {said.legibility.label} {said.legibility} {said.probability:.2f}"
        draw.text((at[0] + 4, at[1] + HIGH + 4), words, (30, 30, 30), chinese_font(16))
        print(words, said.sentence, flush=True)
    sheet.save(OUT, quality=85)


def marked(frame: DrawnFrame, seen: PlateLegibility) -> Image.Image:
    """Return the plate's surroundings as the gallery shows them, (HIGH, WIDE)."""
    pixels: NDArray[np.uint8] = np.ascontiguousarray(frame.pixels[:, :, ::-1])
    picture = Image.fromarray(pixels)
    mark_legibility(picture, seen)
    corners = np.asarray(frame.plate_corners)
    (x, y), half = corners.mean(axis=0), AROUND * np.ptp(corners[:, 0])
    tall = half * HIGH / WIDE
    box = (round(x - half), round(y - tall), round(x + half), round(y + tall))
    return picture.crop(box).resize((WIDE, HIGH))


if __name__ == "__main__":
    main()
