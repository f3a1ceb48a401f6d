"""What every record format yields: blocks of passages, and what could not be read."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Protocol

from models.values.passages import FrameKind, PassageBatch

RAW_CHARACTERS = 300
# Local years that a record can bear; a clock outside them was never set.
YEARS = (1990, 2099)


class FileRefusedError(ValueError):
    """A whole file can't be read; the message names the place and what was expected."""

    def __init__(self, code: str, reason: str, *, row: int = 0, column: str = "") -> None:
        """Keep `code` for counting, `reason` for people."""
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.row = row
        self.column = column


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One row that can't be read: `row` counts data rows from 1, `raw` is what stood there."""

    row: int
    column: str
    code: str
    reason: str
    raw: str

    def __post_init__(self) -> None:
        """Make what came from outside writable: JSON may hold halves of surrogate pairs."""
        for name in ("column", "reason", "raw"):
            text = getattr(self, name).encode("utf-8", "backslashreplace").decode()
            object.__setattr__(self, name, text)

    def __str__(self) -> str:
        place = f", row {self.row}" if self.row else ""
        column = f", field {self.column}" if self.column else ""
        return f"{place}{column}: {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A frame that the record in `row` names, by file name or URL."""

    row: int
    kind: FrameKind
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Consecutive rows of one file: what was read, what was not, and the frames they name."""

    batch: PassageBatch
    problems: list[Problem] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)


class RecordFormat(Protocol):
    """Reads one station's record files.

    `resolution_ms` is how exactly its records tell the time; beyond a second they serve statistics alone.
    """

    suffixes: ClassVar[frozenset[str]]

    @property
    def resolution_ms(self) -> int:
        """Return the step of its clock."""
        ...

    def read(self, path: Path) -> Iterator[Block]:
        """Yield the file's blocks in order; a FileRefusedError ends it."""
        ...
