"""Text of unknown encoding and line ends, as blocks of whole UTF-8 lines of bounded size."""

import codecs
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from stations.formats.base import FileRefusedError

BLOCK_BYTES = 8 << 20
LINE_BYTES = 64 << 10


def encoding_of(path: Path) -> str:
    """Return "utf-8" or "gb18030" (which holds GBK), whichever decodes the whole file.

    Raises:
        FileRefusedError: the file is empty, binary, or neither.

    """
    with path.open("rb") as source:
        start = source.read(4)
    if not start:
        raise FileRefusedError("empty", "the file is empty; expected a header line and records")
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise FileRefusedError("encoding", "the text is UTF-16; expected UTF-8 or GBK")
    reason = ""
    for encoding in ("utf-8", "gb18030"):
        problem = _undecodable(path, encoding)
        if not problem:
            return encoding
        reason = reason or problem
    raise FileRefusedError("encoding", f"neither UTF-8 nor GBK text: {reason}")


def _undecodable(path: Path, encoding: str) -> str:
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as source:
        done = 0
        while block := source.read(BLOCK_BYTES):
            if b"\0" in block:
                raise FileRefusedError("binary", f"byte {done + block.index(0)} is NUL; expected text")
            try:
                if not (block.isascii() and not decoder.getstate()[0]):
                    decoder.decode(block)
            except UnicodeDecodeError as error:
                return f"{error.reason} near byte {done + error.start}"
            done += len(block)
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return f"the last character is cut off at byte {done}"
    return ""


def line_blocks(path: Path) -> Iterator[bytes]:
    r"""Yield the file as UTF-8 in blocks of whole lines ended by \n, without byte-order mark.

    A line longer than LINE_BYTES comes alone, cut to LINE_BYTES + 1 bytes, so that it can be told.
    """
    encoding = encoding_of(path)
    with path.open("r", encoding="utf-8-sig" if encoding == "utf-8" else encoding) as source:
        rest = ""
        while text := source.read(BLOCK_BYTES):
            lines, newline, rest = (rest + text).rpartition("\n")
            if newline:
                yield (lines + newline).encode()
            if len(rest) > LINE_BYTES:
                yield (rest[: LINE_BYTES + 1] + "\n").encode()
                rest = _after_line(source)
        if rest:
            yield (rest + "\n").encode()


def _after_line(source: TextIO) -> str:
    while text := source.read(BLOCK_BYTES):
        _, newline, rest = text.partition("\n")
        if newline:
            return rest
    return ""
