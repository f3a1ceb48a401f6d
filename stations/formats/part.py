"""A file without a header, part by part: which lines are kept, and what is wrong with the others."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from stations.formats.ahead import ahead
from stations.formats.base import RAW_CHARACTERS, Block, FileRefusedError, Problem
from stations.formats.lines import Lines
from stations.formats.text import line_blocks

# Little enough that the cells of a part stay small, and that a file of another kind is soon refused.
PART_LINES, PART_BYTES = 16_384, 2 << 20
ASCII_END = 0x80


class Part:
    """Some lines of one block, N of them, until they are refused or left out.

    Attributes:
        block: the block's bytes; `start` and `end` (N,) int64 are where each line stands in it.
        row: (N,) int64, counted from 1 through the whole file.
        kept: (N,) bool.

    """

    def __init__(self, lines: Lines, which: slice, done: int) -> None:
        """Take the lines of `which`; `done` rows stand before the first of `lines`."""
        self.block = lines.block
        self.start, self.end = lines.starts[which], lines.ends[which]
        self.row = np.arange(len(self.start), dtype=np.int64) + (done + which.start + 1)
        self.kept = np.ones(len(self.start), dtype=bool)
        self._problems: dict[int, Problem] = {}
        if not lines.block.isascii():
            other = np.flatnonzero(np.frombuffer(self.block, dtype=np.uint8) >= ASCII_END)
            holds = np.searchsorted(other, self.end) > np.searchsorted(other, self.start)
            self.refuse(holds, "", "encoding", "the row holds characters that are not ASCII")

    def __len__(self) -> int:
        return len(self.row)

    @property
    def problems(self) -> list[Problem]:
        """Return what is wrong with each line refused so far."""
        return [self._problems[position] for position in sorted(self._problems)]

    def text(self, position: int, characters: int = RAW_CHARACTERS) -> str:
        """Return how a line begins."""
        start = int(self.start[position])
        end = min(int(self.end[position]), start + characters)
        return self.block[start:end].decode(errors="replace")

    def refuse(
        self, wrong: NDArray[np.bool_], column: str, code: str, reason: str | Callable[[int], str]
    ) -> None:
        """Take out lines where `wrong` (N,); `reason` may tell why by position. The first reason stands."""
        found = wrong & self.kept
        for position in np.flatnonzero(found).tolist():
            self._problems[position] = Problem(
                row=int(self.row[position]),
                column=column,
                code=code,
                reason=reason if isinstance(reason, str) else reason(position),
                raw=self.text(position),
            )
        self.kept &= ~found

    def leave_out(self, other: NDArray[np.bool_]) -> None:
        """Take out sound lines where `other` (N,) that stand for no vehicle."""
        self.kept &= ~other


SomePart = TypeVar("SomePart", bound=Part)


def read_parts(
    path: Path,
    cut: Callable[[Lines, slice, int], SomePart],
    build: Callable[[SomePart], Block],
    what: str,
) -> Iterator[Block]:
    """Yield a file's blocks: lines are cut into parts ahead of `build`, which checks them.

    Raises:
        FileRefusedError: the text is no text, or none of the first lines can be read as `what`.

    """
    readable = False
    part = None
    for part in ahead(_parts(path, cut)):
        block = build(part)
        readable = readable or len(block.problems) < len(part)
        if not readable:
            first = block.problems[0]
            place = f"row {first.row}, field {first.column}" if first.column else f"row {first.row}"
            reason = f"none of the first {len(part)} lines is {what}; {place}: {first.reason}"
            raise FileRefusedError("other_format", reason, row=first.row, column=first.column)
        yield block
    if part is None:
        raise FileRefusedError("empty", f"the file holds no line; expected {what}")


def _parts(path: Path, cut: Callable[[Lines, slice, int], SomePart]) -> Iterator[SomePart]:
    done = 0
    for block in line_blocks(path):
        lines = Lines(block, ",")
        start = 0
        while start < len(lines):
            within = int(np.searchsorted(lines.ends, lines.starts[start] + PART_BYTES))
            which = slice(start, min(start + PART_LINES, max(start + 1, within)))
            yield cut(lines, which, done)
            start = which.stop
        done += len(lines)
