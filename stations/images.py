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
# The mark that ends a file of each format: without it the transfer broke off. Cameras may add a trailer.
END_MARKS = {"JPEG": b"\xff\xd9", "PNG": b"IEND"}
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
                end_mark = END_MARKS.get(image.format or "", b"")
    except UnidentifiedImageError:
        return f"no image; expected one of {', '.join(FORMATS)}"
    except Image.DecompressionBombError:
        return f"the image has more than {PIXELS} pixels"
    except (OSError, ValueError, SyntaxError) as error:
        return f"the image's header is damaged: {error}"
    if width * height > PIXELS:
        return f"the image has {width} x {height} pixels, more than {PIXELS}"
    with path.open("rb") as source:
        source.seek(max(size_bytes - TRAILER_BYTES, 0))
        return "" if end_mark in source.read() else "the image breaks off before its end"
