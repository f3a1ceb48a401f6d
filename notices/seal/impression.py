"""The picture of a test seal: a red ring, the agency's name around a star, and that it is a test."""

import io
import math

from PIL import Image, ImageDraw, ImageFont

from models.fonts import chinese_font

SIDE_PX = 480
RED = (200, 16, 16, 255)
ARC_DEGREES = 250
BANNER = "测试 TEST"


def draw_test_impression(name: str) -> bytes:
    """Return a round seal on a transparent ground, as PNG."""
    seal = Image.new("RGBA", (SIDE_PX, SIDE_PX), (255, 255, 255, 0))
    draw = ImageDraw.Draw(seal)
    middle = SIDE_PX / 2
    draw.ellipse((6, 6, SIDE_PX - 6, SIDE_PX - 6), outline=RED, width=12)
    draw.polygon(_star(middle, 0.17 * SIDE_PX), fill=RED)
    font = chinese_font(min(52, round(0.92 * math.radians(ARC_DEGREES) * 0.37 * SIDE_PX / len(name))))
    for number, letter in enumerate(name):
        turn = (number / max(len(name) - 1, 1) - 0.5) * ARC_DEGREES
        _letter(seal, letter, font, turn, 0.385 * SIDE_PX)
    draw.text((middle, 0.8 * SIDE_PX), BANNER, font=chinese_font(44), fill=RED, anchor="mm")
    target = io.BytesIO()
    seal.quantize(16, method=Image.Quantize.FASTOCTREE).save(target, "PNG", optimize=True)
    return target.getvalue()


def _star(middle: float, radius: float) -> list[tuple[float, float]]:
    corners = []
    for point in range(10):
        length = radius if point % 2 == 0 else radius * 0.382
        angle = math.radians(36 * point)
        corners.append((middle + length * math.sin(angle), middle - length * math.cos(angle)))
    return corners


def _letter(seal: Image.Image, letter: str, font: ImageFont.FreeTypeFont, turn: float, radius: float) -> None:
    """Set one letter upright on a circle around the middle, `turn` degrees clockwise from the top."""
    tile = Image.new("RGBA", (80, 80), (255, 255, 255, 0))
    ImageDraw.Draw(tile).text((40, 40), letter, font=font, fill=RED, anchor="mm")
    tile = tile.rotate(-turn, resample=Image.Resampling.BICUBIC)
    x = SIDE_PX / 2 + radius * math.sin(math.radians(turn))
    y = SIDE_PX / 2 - radius * math.cos(math.radians(turn))
    seal.alpha_composite(tile, (round(x) - 40, round(y) - 40))
