"""Photographs and codes as files that a template places."""

import hashlib
import io

import segno
from PIL import Image, ImageOps

from notices.documents.parts import Photograph

LONGEST_PX = 1600
MOST_PIXELS = 60_000_000
QUALITY = 85


class PhotographError(ValueError):
    """A photograph can't stand in a document; the message names it."""


def printable(photograph: Photograph, content: bytes) -> bytes:
    """Return a frame as a JPEG fit for print: turned upright, at most 1600 pixels long, without metadata.

    The original stays what it is; its digest is printed beside the picture.

    Raises:
        PhotographError: the bytes are not those of the digest, no image, or too large.

    """
    name = f"{photograph.shows} {photograph.sha256[:12]}…"
    if hashlib.sha256(content).hexdigest() != photograph.sha256:
        raise PhotographError(f"{name}: the stored bytes are not those of the digest")
    try:
        with Image.open(io.BytesIO(content)) as image:
            if image.width * image.height > MOST_PIXELS:
                raise PhotographError(f"{name}: {image.width}x{image.height} pixels are too many")
            image.draft("RGB", (LONGEST_PX, LONGEST_PX))
            upright = ImageOps.exif_transpose(image).convert("RGB")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        if isinstance(error, PhotographError):
            raise
        raise PhotographError(f"{name}: no image that can be opened ({error})") from error
    upright.thumbnail((LONGEST_PX, LONGEST_PX))
    target = io.BytesIO()
    upright.save(target, "JPEG", quality=QUALITY)
    return target.getvalue()


def code_picture(address: str) -> bytes:
    """Return an address as QR code, an SVG."""
    target = io.BytesIO()
    segno.make(address, error="m", micro=False).save(target, kind="svg", border=0, xmldecl=False)
    return target.getvalue()
