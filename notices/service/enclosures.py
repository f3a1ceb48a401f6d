"""Files that a party or an officer hands in: PDF or picture, of a size, doing nothing but being looked at."""

import io
from collections.abc import Iterator
from dataclasses import dataclass, field

from PIL import Image
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader

from models.apart import Apart, TooMuchError
from models.errors import NotDoneError

MOST_BYTES = 10_000_000
MOST_PIXELS = 60_000_000
MOST_OBJECTS = 100_000
PICTURES = {"JPEG": "image/jpeg", "PNG": "image/png"}
PDF = "application/pdf"
# What a viewer would run, start, send, or unpack (ISO 32000-1, 12.6.4 and 7.11.4).
ACTIVE_KEYS = frozenset({"/JS", "/JavaScript", "/EmbeddedFiles", "/EF", "/XFA", "/RichMediaContent"})
ACTIONS = frozenset(
    {"/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/GoToE", "/GoToR", "/Rendition", "/Movie"}
)


class EnclosureError(NotDoneError):
    """A file can't be taken; the text says why, for people, and nothing was kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosure:
    """A file that was looked at: its bytes, and what kind they are."""

    content: bytes = field(repr=False)
    media_type: str


def inspector() -> Apart:
    """Return where files are looked at."""
    return Apart(preload=(__name__,), seconds=10)


def inspect(apart: Apart, content: bytes) -> Enclosure:
    """Return a file with its kind, told by what it holds and not by its name.

    Raises:
        EnclosureError: too large, no PDF, JPEG or PNG, broken, locked, or more than a page to look at.

    """
    if not 0 < len(content) <= MOST_BYTES:
        raise EnclosureError(f"文件最多{MOST_BYTES // 1_000_000}MB，收到{len(content):,}字节")
    try:
        return Enclosure(content=content, media_type=apart.run(_media_type, content))
    except TooMuchError as error:
        raise EnclosureError("文件无法在限定的时间和内存内读完，请改为拍照上传") from error


def _media_type(content: bytes) -> str:
    if content.startswith(b"%PDF-"):
        _check_pdf(content)
        return PDF
    return _check_picture(content)


def _check_picture(content: bytes) -> str:
    try:
        with Image.open(io.BytesIO(content), formats=tuple(PICTURES)) as image:
            if image.width * image.height > MOST_PIXELS:
                raise EnclosureError(f"图片过大：{image.width}×{image.height}像素")
            found = PICTURES[str(image.format)]
            image.load()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise EnclosureError("只接受PDF文件和JPEG、PNG图片，此文件不是或者已损坏") from error
    return found


def _check_pdf(content: bytes) -> None:
    try:
        # Writers in daily use break the format in small ways; a viewer forgives them, and so must we.
        reader = PdfFileReader(io.BytesIO(content), strict=False)
        locked = reader.encrypted
        active = "" if locked else next(_active(reader), "")
    except EnclosureError:
        raise
    except Exception as error:  # A hostile file makes the reader fail in more ways than it names.
        raise EnclosureError("PDF文件无法读取，请另存为PDF后重试，或者拍照上传") from error
    if locked:
        raise EnclosureError("PDF文件有密码或者已加密，请去除后上传")
    if active:
        raise EnclosureError(f"PDF文件含有脚本、附件或者外部操作（{active}），请打印为PDF后上传")


def _active(reader: PdfFileReader) -> Iterator[str]:
    """Yield what in a PDF would do more than be shown."""
    waiting: list[generic.PdfObject] = [reader.trailer.flatten()]
    seen: set[tuple[int, int]] = set()
    while waiting:
        one = waiting.pop()
        if isinstance(one, generic.IndirectObject):
            if (one.idnum, one.generation) in seen:
                continue
            seen.add((one.idnum, one.generation))
            if len(seen) > MOST_OBJECTS:
                raise EnclosureError("PDF文件的内容过多，请改为拍照上传")
            one = one.get_object()  # type: ignore[no-untyped-call]  # pyHanko leaves it untyped
        if isinstance(one, generic.DictionaryObject):
            yield from (str(key) for key in one if key in ACTIVE_KEYS)
            # A stream whose content is a file elsewhere (ISO 32000-1, 7.3.8.2).
            if isinstance(one, generic.StreamObject) and "/F" in one:
                yield "/F"
            # The name of an action may be a reference: `[]` resolves it, `get` does not.
            if (action := one["/S"] if "/S" in one else None) in ACTIONS:  # noqa: SIM401
                yield str(action)
            waiting += [one.raw_get(key) for key in one]
        elif isinstance(one, generic.ArrayObject):
            waiting += [one.raw_get(index) for index in range(len(one))]
