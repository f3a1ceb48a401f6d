"""Text of unknown encoding and line ends, as blocks of whole UTF-8 lines of bounded size."""

import codecs
import re
from collections.abc import Iterator
from pathlib import Path

from stations.formats.base import FileRefusedError

BLOCK_BYTES = 8 << 20
LINE_BYTES = 64 << 10
# Small enough to stay in the processor's cache.
SCAN_BYTES = 256 << 10
# What stands in place of bytes that are no text; a line that holds it can't be trusted.
REPLACEMENT = "�".encode()
# UTF-8 of the CJK unified ideographs. GBK text can be valid UTF-8 by chance (鲁 is C2 B3), but such chance
# pairs never make three bytes of this shape decode as a whole line.
CJK = re.compile(rb"[\xe4-\xe9][\x80-\xbf]{2}")


def encoding_of(path: Path) -> str:
    """Return "utf-8" or "gb18030" (which holds GBK).

    GBK is chosen only for a file without a line of UTF-8 Chinese: almost any UTF-8 text also decodes as
    GBK, into other characters, so one damaged byte must not turn every plate of a file into another.

    Raises:
        FileRefusedError: the file is empty, binary, UTF-16, or no line of it is text.

    """
    if _is_ascii(path):
        return "utf-8"
    lines, chinese, damaged = _survey(path)
    if not lines:
        raise FileRefusedError("empty", "the file is empty; expected a header line and records")
    if not damaged or chinese:
        return "utf-8"
    reason = _not_gbk(path)
    if not reason:
        return "gb18030"
    if 2 * damaged > lines:
        raise FileRefusedError("encoding", f"neither UTF-8 nor GBK text: {reason}")
    return "utf-8"


def _is_ascii(path: Path) -> bool:
    """Tell whether a file that is not empty holds ASCII alone, without NUL."""
    with path.open("rb") as source:
        text = source.read(SCAN_BYTES)
        while text and text.isascii() and b"\0" not in text:
            if not (text := source.read(SCAN_BYTES)):
                return True
    return False


def _survey(path: Path) -> tuple[int, bool, int]:
    """Count lines and those that are no UTF-8, and tell whether one is UTF-8 Chinese.

    A block of ASCII counts as one line.
    """
    lines, chinese, damaged = 0, False, 0
    for block in _line_bytes(path):
        if b"\0" in block:
            raise FileRefusedError("binary", "the file holds NUL bytes; expected text")
        if block.isascii():
            lines += 1
        elif _is_utf8(block):
            lines += block.count(b"\n")
            chinese = chinese or CJK.search(block) is not None
        else:
            kept = block.split(b"\n")
            whole = [line for line in kept if _is_utf8(line)]
            lines += sum(map(bool, kept))
            damaged += len(kept) - len(whole)
            chinese = chinese or any(CJK.search(line) for line in whole)
    return lines, chinese, damaged


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def _not_gbk(path: Path) -> str:
    decoder = codecs.getincrementaldecoder("gb18030")()
    with path.open("rb") as source:
        try:
            while block := source.read(BLOCK_BYTES):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError as error:
            return error.reason
    return ""


def line_blocks(path: Path) -> Iterator[bytes]:
    r"""Yield the file as UTF-8 in blocks of whole lines ended by \n, without byte-order mark.

    Bytes that are no text become REPLACEMENT. A line longer than LINE_BYTES comes cut to a little more than
    that, so that it can be told.
    """
    encoding = encoding_of(path)
    for block in _line_bytes(path):
        if block.isascii() or (encoding == "utf-8" and _is_utf8(block)):
            yield block
        else:
            yield block.decode(encoding, errors="replace").encode()


def _line_bytes(path: Path) -> Iterator[bytes]:
    """Yield whole lines, their ends made LF. Neither UTF-8 nor GB18030 uses CR or LF inside a character."""
    with path.open("rb") as source:
        rest = source.read(len(codecs.BOM_UTF8)).removeprefix(codecs.BOM_UTF8)
        if rest.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise FileRefusedError("encoding", "the text is UTF-16; expected UTF-8 or GBK")
        while block := source.read(BLOCK_BYTES):
            text = rest + block
            # A CR at the very end may be half of a CR LF.
            held = b"\r" if text.endswith(b"\r") else b""
            lines, newline, rest = _unix(text.removesuffix(held)).rpartition(b"\n")
            rest = rest[: LINE_BYTES + 1] + held
            if newline:
                yield lines + newline
        if rest := _unix(rest):
            yield rest if rest.endswith(b"\n") else rest + b"\n"


def _unix(text: bytes) -> bytes:
    return text.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in text else text
