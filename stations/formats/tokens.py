"""Delimited lines of any number of fields to whole numbers, many at once."""

import numpy as np
from numpy.typing import NDArray

from stations.formats.digits import BLANK, DIGITS, whole_numbers
from stations.formats.part import Part

COMMA = ord(",")
# Stands for a field that is no whole number, as -1 does for an empty one.
NO_NUMBER = -2


class Tokens:
    """The fields of the N lines of a part, T in all, one line's behind another's.

    Attributes:
        first: (N,) int64, where each line's fields begin among them.
        count: (N,) int64, how many it has.
        value: (T,) int64, each as a whole number, -1 where empty, NO_NUMBER where it is none.
        size: (T,) int64, how many characters each has.
        initial: (T,) uint8, the character each begins with, 0 where empty.

    """

    def __init__(self, part: Part) -> None:
        """Take the lines of `part` apart."""
        self._block = part.block
        data = np.frombuffer(part.block, dtype=np.uint8)
        offset = int(part.start[0])
        commas = np.flatnonzero(data[offset : int(part.end[-1])] == COMMA) + offset
        self._end = np.sort(np.concatenate([commas, part.end]), kind="stable")
        self._start = np.concatenate([part.start[:1], self._end[:-1] + 1])
        self.first = np.searchsorted(self._end, part.start)
        # A comma may stand first in a line; blank lines lie between one line's end and the next one's start.
        self._start[self.first] = part.start
        self.count = np.diff(np.append(self.first, len(self._end)))
        self.size = self._end - self._start
        self.initial = np.where(self.size > 0, data[np.minimum(self._start, len(data) - 1)], 0)
        self.value = self._values(data)

    def at(self, place: int | NDArray[np.int64]) -> NDArray[np.int64]:
        """Return which token is field `place` (one or (N,)) of each line, its last if it has fewer, (N,)."""
        token: NDArray[np.int64] = self.first + np.minimum(place, self.count - 1)
        return token

    def text(self, token: int) -> str:
        """Return one field."""
        return self._block[self._start[token] : self._end[token]].decode(errors="replace").strip()

    def _values(self, data: NDArray[np.uint8]) -> NDArray[np.int64]:
        cells = np.empty((DIGITS, len(self._end)), dtype=np.uint8)
        for place in range(DIGITS):
            position = self._end - (DIGITS - place)
            cells[place] = np.where(position >= self._start, data[np.maximum(position, 0)], BLANK)
        values, wrong = whole_numbers(cells)
        values[wrong | (self.size > DIGITS)] = NO_NUMBER
        return values
