"""Fixed-width lines to columns, many at once."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stations.formats.digits import BLANK, whole_numbers
from stations.formats.lines import Lines
from stations.formats.part import Part

NO_MORE = "nothing behind the axles counted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of `width` columns with `start` of them before it: text, or else a whole number."""

    name: str
    start: int
    width: int
    text: bool

    @property
    def end(self) -> int:
        """Return its last column, counted from 1."""
        return self.start + self.width


class Layout:
    """Fields side by side; the first `required` of them stand in every line."""

    def __init__(self, *named: tuple[str, int], required: int, texts: frozenset[str] = frozenset()) -> None:
        """Place fields of these names and widths."""
        ends = accumulate(width for _, width in named)
        fields = [
            Field(name=name, start=end - width, width=width, text=name in texts)
            for (name, width), end in zip(named, ends, strict=True)
        ]
        self.fields = {field.name: field for field in fields}
        self.required = frozenset(field.name for field in fields[:required])
        self.least, self.most = fields[required - 1].end, fields[-1].end


class Rows(Part):
    """Lines of one layout, cut into fields.

    Attributes:
        columns: by field, whole numbers (N,) int64, -1 where blank or cut off, or texts (N,) bytes.

    """

    def __init__(self, lines: Lines, which: slice, done: int, *, layout: Layout) -> None:
        """Cut the lines of `which`."""
        super().__init__(lines, which, done)
        self.layout = layout
        self.columns: dict[str, NDArray[Any]] = {}
        length = self.end - self.start
        for wrong, code, expected in (
            (length > layout.most, "line_too_long", f"expected at most {layout.most} columns"),
            (length < layout.least, "line_too_short", f"expected at least {layout.least} columns"),
        ):
            self.refuse(wrong, "", code, partial(_too, expected, length))
        cells = _cells(self, layout.most)
        for field in layout.fields.values():
            self._read(field, cells[field.start : field.end])

    def column(self, name: str) -> NDArray[Any]:
        """Return one field of the lines that are kept."""
        values = self.columns[name]
        return values if self.kept.all() else values[self.kept]

    def axle_columns(self, names: tuple[str, ...]) -> NDArray[np.int64]:
        """Return fields of the kept lines side by side, (kept, len(names)), 0 where blank."""
        # Each axle's column lies in one piece, which is how the judging goes through it.
        columns: NDArray[np.int64] = np.maximum(np.stack([self.column(name) for name in names]), 0)
        return columns.T

    def expect(
        self, sound: NDArray[np.bool_], name: str, code: str, expected: str, *, last: str = ""
    ) -> None:
        """Refuse lines that are not `sound` (N,), saying what was expected in a field, or up to `last`."""
        if sound.all():
            return
        start, end = self.layout.fields[name].start, self.layout.fields[last or name].end

        def reason(position: int) -> str:
            got = self.text(position, end)[start:]
            return f"expected {expected} in columns {start + 1} to {end}, got {got!r}"

        self.refuse(~sound, name, code, reason)

    def expect_axles(self, count: str, loads: tuple[str, ...], spacings: tuple[str, ...]) -> None:
        """Refuse lines that count an axle without a load, or hold anything behind the axles counted."""
        stated = self.columns[count]
        self.expect(stated <= len(loads), count, "axle_count", f"at most {len(loads)} axles")
        for axle, name in enumerate(loads, 1):
            load = self.columns[name]
            self.expect((load >= 0) | (axle > stated), name, "axle_count", f"the load of axle {axle}")
            self.expect((load <= 0) | (axle <= stated), name, "axle_count", NO_MORE)
        for axle, name in enumerate(spacings, 1):
            sound = (self.columns[name] <= 0) | (axle < stated)
            self.expect(sound, name, "axle_count", NO_MORE)

    def _read(self, field: Field, cells: NDArray[np.uint8]) -> None:
        if len(cells) < field.width:
            # Every line of the part ends before this field or within it.
            self.columns[field.name] = np.full(len(self), b"" if field.text else -1)
            self.expect((cells == BLANK).all(axis=0), field.name, "cut_off", "a whole field")
            return
        if field.text:
            self.columns[field.name] = np.ascontiguousarray(cells.T).view(f"S{field.width}").ravel()
            return
        values, wrong = whole_numbers(cells)
        self.columns[field.name] = values
        self.expect(~wrong, field.name, "bad_integer", "a whole number")
        if field.name in self.layout.required:
            self.expect(values >= 0, field.name, "missing_value", "a whole number")


def cutter(layout: Layout) -> Callable[[Lines, slice, int], Rows]:
    """Return what cuts lines of a layout."""
    return partial(Rows, layout=layout)


def _too(expected: str, length: NDArray[np.int64], position: int) -> str:
    return f"{expected}, got {length[position]}"


def _cells(part: Part, width: int) -> NDArray[np.uint8]:
    """Return the lines' characters as (at most `width`, N), blank after the end of each."""
    data = np.frombuffer(part.block, dtype=np.uint8)
    length = part.end - part.start
    reach = int(min(width, length.max()))
    step = int(length[0]) + 1
    if (np.diff(part.start) == step).all() and length[-1] == length[0]:
        # Lines of one length lie like the rows of a table.
        whole = data[part.start[0] :][: step * len(part)].reshape(-1, step)
        return np.ascontiguousarray(whole[:, :reach].T)
    column = np.arange(reach)[:, None]
    cells: NDArray[np.uint8] = data[np.minimum(part.start + column, len(data) - 1)]
    cells[column >= length] = BLANK
    return cells
