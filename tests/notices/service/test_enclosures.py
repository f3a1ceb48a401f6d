"""What may be handed in: told by what it holds; whatever would act, unfold or hide is refused."""

import io
import zlib

import pytest
from handed_in import acting, outside, picture
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer

from models.apart import Apart
from notices.service.enclosures import MOST_BYTES, EnclosureError, inspect, inspector


@pytest.fixture(scope="module")
def apart() -> Apart:
    return inspector()


def locked() -> bytes:
    writer = copy_into_new_writer(PdfFileReader(io.BytesIO(picture("PDF")), strict=False))
    writer.encrypt("owner", "user")
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def vast() -> bytes:
    """Return a PNG of some bytes that says it has 900 million pixels."""
    head = b"IHDR" + (30_000).to_bytes(4, "big") * 2 + b"\x08\x02\x00\x00\x00"
    return b"\x89PNG\r\n\x1a\n" + (13).to_bytes(4, "big") + head + zlib.crc32(head).to_bytes(4, "big")


@pytest.mark.parametrize(
    ("kind", "media"), [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("PDF", "application/pdf")]
)
def test_pictures_and_plain_pages_are_taken(apart: Apart, kind: str, media: str) -> None:
    found = inspect(apart, picture(kind))
    assert (found.media_type, found.content) == (media, picture(kind))


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        pytest.param(b"", "最多10MB", id="nothing"),
        pytest.param(b"x" * (MOST_BYTES + 1), "最多10MB", id="too large"),
        pytest.param(b"MZ\x90 a program", "只接受PDF文件和JPEG、PNG图片", id="a program"),
        pytest.param(b"<html><script>", "只接受PDF文件", id="a page"),
        pytest.param(picture("GIF"), "只接受PDF文件", id="a GIF"),
        pytest.param(picture("JPEG")[:400], "已损坏", id="half a picture"),
        pytest.param(vast(), "图片过大|已损坏", id="a vast picture"),
        pytest.param(picture("PDF")[:300], "无法读取", id="half a PDF"),
        pytest.param(acting("/JavaScript"), "脚本.*JavaScript", id="a script"),
        pytest.param(acting("/Launch", "/AA"), "Launch", id="starts a program"),
        pytest.param(acting("/Launch", by_reference=True), "Launch", id="its name stands elsewhere"),
        pytest.param(outside(), "外部操作.*/F", id="its content is elsewhere"),
        pytest.param(acting("/SubmitForm"), "SubmitForm", id="sends something"),
        pytest.param(acting("/Fit", "/EmbeddedFiles"), "EmbeddedFiles", id="has files within"),
        pytest.param(locked(), "密码", id="locked"),
    ],
)
def test_what_would_do_more_is_refused_with_its_reason(apart: Apart, content: bytes, complaint: str) -> None:
    with pytest.raises(EnclosureError, match=complaint):
        inspect(apart, content)
