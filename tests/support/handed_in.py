"""Files as people hand them in: good ones, and those that do more than be looked at."""

import io
from functools import cache

from PIL import Image
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter


@cache
def picture(kind: str = "JPEG", side: int = 40) -> bytes:
    """Return a small picture, the same each time; of kind PDF, a page with one."""
    target = io.BytesIO()
    Image.new("RGB", (side, side), (200, 30, 30)).save(target, kind)
    return target.getvalue()


def acting(action: str, key: str = "/OpenAction", *, by_reference: bool = False) -> bytes:
    """Return a PDF that does something when it is opened; the action's name may stand elsewhere in it."""
    writer = IncrementalPdfFileWriter(io.BytesIO(picture("PDF")), strict=False)
    name = generic.pdf_name(action)
    does = {
        generic.pdf_name("/S"): writer.add_object(name) if by_reference else name,
        generic.pdf_name("/F"): generic.pdf_string("x"),
    }
    writer.root[key] = writer.add_object(generic.DictionaryObject(does))
    writer.update_root()
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def outside() -> bytes:
    """Return a PDF with a stream whose content is a file elsewhere."""
    writer = IncrementalPdfFileWriter(io.BytesIO(picture("PDF")), strict=False)
    elsewhere = {generic.pdf_name("/F"): generic.pdf_string("//host.example.invalid/x")}
    writer.root["/Extra"] = writer.add_object(generic.StreamObject(elsewhere, stream_data=b""))
    writer.update_root()
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()
