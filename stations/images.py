"""Frames from outside: what is an image at all, told from its header, within bounds."""

import warnings
from pathlib import Path

from PIL import Image, UnidentifiedImageError

FORMATS = ("JPEG", "PNG", "BMP", "WEBP")
SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp"})
CLIP_SUFFIXES = frozenset({".mp4", ".avi", ".mkv", ".mov", ".ts"})
# 64 megapixels is above any traffic camera and decodes to 192 MB.
PIXELS = 64_000_000
FRAME_BYTES = 64 << 20
CLIP_BYTES = 1 << 30
# Without its end mark a JPEG was cut off: what came before it can be seen. Cameras may add a trailer.
JPEG_START, JPEG_END = b"\xff\xd8", b"\xff\xd9"
TRAILER_BYTES = 64 << 10


def image_problem(path: Path) -> str:
    """Return why the file can't serve as a frame, or "" when its header says it can."""
    size_bytes = path.stat().st_size
    if not size_bytes:
        return "the file is empty"
    if size_bytes > FRAME_BYTES:
        return f"the file is larger than {FRAME_BYTES >> 20} MiB"
    try:
        with warnings.catch_warnings():
            # Pillow warns of a bomb from 89 megapixels on; ours is the lower bound below.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path, formats=FORMATS) as image:
                width, height = image.size
    except UnidentifiedImageError:
        return f"no image; expected one of {', '.join(FORMATS)}"
    except Image.DecompressionBombError:
        return f"the image has more than {PIXELS} pixels"
    except Exception as error:  # noqa: BLE001 (decoders fail in many ways on hostile headers)
        return f"the image's header is damaged: {error}"
    if width * height > PIXELS:
        return f"the image has {width} x {height} pixels, more than {PIXELS}"
    return ""


def image_damage(path: Path) -> str:
    """Return what is wrong with a frame that can still be shown, or ""; it is read, and doubted."""
    with path.open("rb") as source:
        start = source.read(len(JPEG_START))
        source.seek(max(path.stat().st_size - TRAILER_BYTES, 0))
        end_mark = JPEG_END if start == JPEG_START else b""
        return "" if end_mark in source.read() else "the image breaks off before its end"
