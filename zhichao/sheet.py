"""The cases as a picture: each with its frame, the plate marked and enlarged, and the masses."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageDraw

from models.files import FileStore
from models.fonts import chinese_font
from pipeline.frame_files import load_frame

TILE = (480, 270)
PLATE_HEIGHT = 56
CAPTION_HEIGHT = 76
COLUMNS = 3
MARK = (255, 190, 0)
INK, PAPER = (235, 235, 235), (24, 28, 34)


def write_sheet(
    rows: Sequence[Mapping[str, Any]], store: FileStore, path: Path, *, caption: str = "", most: int = 9
) -> None:
    """Write a JPEG of the first `most` cases whose plate was read; `caption` stands above all."""
    shown = [row for row in rows if row["plate_frame_sha256"]][:most]
    lines = -(-len(shown) // COLUMNS)
    height = TILE[1] + CAPTION_HEIGHT
    sheet = Image.new("RGB", (COLUMNS * TILE[0], 34 + lines * height), PAPER)
    ImageDraw.Draw(sheet).text((10, 4), f"{caption} 案件 cases", font=chinese_font(20), fill=MARK)
    for number, row in enumerate(shown):
        place = (number % COLUMNS * TILE[0], 34 + number // COLUMNS * height)
        sheet.paste(_tile(row, store.path(row["plate_frame_sha256"])), place)
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(path, "JPEG", quality=85)


def _tile(row: Mapping[str, Any], frame: Path) -> Image.Image:
    image = Image.fromarray(cv2.cvtColor(load_frame(frame), cv2.COLOR_BGR2RGB))
    scale = min(TILE[0] / image.width, TILE[1] / image.height)
    tile = Image.new("RGB", (TILE[0], TILE[1] + CAPTION_HEIGHT), PAPER)
    tile.paste(image.resize((round(image.width * scale), round(image.height * scale))), (0, 0))
    draw = ImageDraw.Draw(tile)
    if row["plate_box"]:
        box = np.clip(row["plate_box"], 0, [image.width, image.height] * 2).tolist()
        draw.rectangle([round(value * scale) for value in box], outline=MARK, width=2)
        plate = image.crop(box)
        width = min(round(PLATE_HEIGHT * plate.width / max(plate.height, 1)), TILE[0] // 2)
        tile.paste(plate.resize((max(width, 1), PLATE_HEIGHT)), (8, TILE[1] + 10))
    text = (
        f"{row['plate']}  {row['axle_count']}轴  超限 {100 * row['excess_ratio']:.1f}%\n"
        f"认定 {row['decided_kg']:,} / 限 {row['limit_kg']:,} kg\n"
        f"{row['time'][:19].replace('T', ' ')} {row['station']}"
    )
    draw.multiline_text((TILE[0] // 2 - 24, TILE[1] + 6), text, font=chinese_font(16), fill=INK, spacing=3)
    return tile
