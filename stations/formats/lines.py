r"""Lines of one block of UTF-8 text, each ended by \n: where they stand and how many fields they have."""

import csv
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from stations.formats.text import LINE_BYTES, REPLACEMENT

NEWLINE, QUOTE = ord("\n"), b'"'


class Lines:
    """The lines of one block that are not blank, N of them."""

    def __init__(self, block: bytes, delimiter: str) -> None:
        """Take a block of whole lines."""
        self.block = block
        self.delimiter = delimiter
        self.quoted = QUOTE in block
        self._data = np.frombuffer(block, dtype=np.uint8)

    def __len__(self) -> int:
        return len(self.ends)

    @cached_property
    def ends(self) -> NDArray[np.int64]:
        """Where each line ends, (N,)."""
        return self._spans[1]

    @cached_property
    def starts(self) -> NDArray[np.int64]:
        """Where each line starts, (N,)."""
        return self._spans[0]

    @cached_property
    def _spans(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        ends = np.flatnonzero(self._data == NEWLINE)
        starts = np.concatenate([[0], ends[:-1] + 1]) if len(ends) else ends
        kept = ends > starts
        return starts[kept], ends[kept]

    @cached_property
    def fits(self) -> NDArray[np.bool_]:
        """Which lines are not too long for a record, (N,)."""
        return self.ends - self.starts <= LINE_BYTES

    @cached_property
    def damaged(self) -> NDArray[np.bool_]:
        """Which lines hold bytes that are no text, (N,)."""
        result = np.zeros(len(self), dtype=bool)
        place = self.block.find(REPLACEMENT)
        while place >= 0:
            result[np.searchsorted(self.starts, place, side="right") - 1] = True
            place = self.block.find(REPLACEMENT, place + 1)
        return result

    @cached_property
    def field_count(self) -> NDArray[np.int64]:
        """How many fields each line has, (N,)."""
        if self.quoted:
            # A line too long for a record is never taken apart.
            fits = self.fits.tolist()
            counts = [len(self.fields(line)) if fits[line] else 0 for line in range(len(self))]
            return np.array(counts, dtype=np.int64)
        # Positions of all delimiters are sorted, so those before each end give the count by difference.
        marks = np.flatnonzero(self._data == ord(self.delimiter))
        return np.searchsorted(marks, self.ends) - np.searchsorted(marks, self.starts) + 1

    def seem_alike(self, fields: int) -> bool:
        """Tell, without taking the block apart, whether all its lines are sound and have `fields` fields.

        One case goes unseen: a line with more fields beside one with as many fewer, which may be blank.
        """
        sound = self.block.isascii() or REPLACEMENT not in self.block
        if not sound or self.quoted or self._any_too_long():
            return False
        breaks = np.count_nonzero(self._data == NEWLINE)
        marks = np.count_nonzero(self._data == ord(self.delimiter))
        return fields > 1 and bool(marks == breaks * (fields - 1))

    def _any_too_long(self) -> bool:
        """Leap from line end to line end, each the last that a line of full length could reach."""
        place = 0
        while place < len(self.block):
            end = self.block.rfind(b"\n", place, place + LINE_BYTES + 1)
            if end < 0:
                return True
            place = end + 1
        return False

    def text(self, line: int) -> str:
        """Return one line without its end."""
        return self.block[self.starts[line] : self.ends[line]].decode(errors="replace")

    def fields(self, line: int) -> list[str]:
        """Return the fields of one line."""
        return next(csv.reader([self.text(line)], delimiter=self.delimiter), [])

    def only(self, kept: NDArray[np.bool_]) -> bytes:
        """Return the block with the lines of the mask `kept` (N,) alone."""
        pairs = zip(self.starts[kept].tolist(), self.ends[kept].tolist(), strict=True)
        return b"".join(self.block[start : end + 1] for start, end in pairs)
