"""The Chinese face that every picture is written with."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from PIL import ImageFont

PACKAGE, FILE = "pylopdf_fonts_zh_cn", "NotoSansSC-Regular.otf"


@cache
def chinese_font(size_px: int) -> ImageFont.FreeTypeFont:
    """Return the face, found without running the package that carries it.

    Raises:
        RuntimeError: the package is not installed; it is named.

    """
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise RuntimeError(f"no Chinese face to write with: the package {PACKAGE} is not installed")
    return ImageFont.truetype(Path(spec.origin).parent / FILE, size_px)
