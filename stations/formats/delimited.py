"""Delimited text to typed columns, row by row accounted for."""

import csv
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
from numpy.typing import NDArray

from stations.formats.ahead import ahead
from stations.formats.base import RAW_CHARACTERS, FileRefusedError, Problem
from stations.formats.lines import Lines
from stations.formats.text import LINE_BYTES, line_blocks
from stations.formats.times import UNKNOWN_TIME, times_ms

HEADER_COLUMNS = 1024
# Python also reads 6_2000 and full-width digits as numbers; a scale writes neither.
PLAIN_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column expected in a file; a number outside minimum..maximum is an error of its row.

    `required` asks for a value in every row, `in_header` for the column itself.
    """

    name: str
    kind: Literal["integer", "number", "text", "time"]
    required: bool = True
    in_header: bool = True
    minimum: float = 0
    maximum: float = 1e9

    @property
    def expected(self) -> str:
        """Say what a cell must hold."""
        words = {"integer": "a whole number", "number": "a number", "text": "text", "time": "a local time"}
        return words[self.kind]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows that could be read: `row` (N,) int64 counted from 1, each column (N,), and the problems."""

    row: NDArray[np.int64]
    columns: dict[str, NDArray[Any]]
    problems: list[Problem]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How a station writes its tables. Times become (N,) int64 milliseconds UTC."""

    columns: Sequence[Column]
    ignored: Collection[str] = ()
    delimiter: str = ","
    time_format: str = "%Y-%m-%d %H:%M:%S%.f"
    zone: ZoneInfo


def read_tables(path: Path, dialect: Dialect) -> Iterator[Table]:
    """Yield a file's rows block by block.

    Raises:
        FileRefusedError: encoding, header or delimiter are not what the dialect expects.

    """
    yield from ahead(_tables(path, dialect))


def _tables(path: Path, dialect: Dialect) -> Iterator[Table]:
    blocks = line_blocks(path)
    first = next(blocks, b"")
    header_line, _, rest = first.partition(b"\n")
    header = _header(header_line, dialect)
    done = 0
    for block in chain([rest], blocks):
        lines = Lines(block, dialect.delimiter)
        frame = _parse_alike(lines, header, dialect)
        if frame is not None:
            yield _typed_rows(frame, lines, np.arange(frame.height), dialect, done)
            done += frame.height
        elif len(lines):
            yield _table(lines, header, dialect, done)
            done += len(lines)
    if not done:
        raise FileRefusedError("empty", "the file holds a header and no record")


def _header(line: bytes, dialect: Dialect) -> list[str]:
    if len(line) > LINE_BYTES or line.count(dialect.delimiter.encode()) >= HEADER_COLUMNS:
        reason = f"the header has more than {HEADER_COLUMNS} columns or {LINE_BYTES} bytes"
        raise FileRefusedError("header", reason)
    names = [name.strip() for name in next(csv.reader([line.decode()], delimiter=dialect.delimiter), [])]
    wanted = {column.name for column in dialect.columns if column.in_header}
    if wanted and not wanted & set(names):
        others = [mark for mark in ",;\t|" if mark != dialect.delimiter and line.count(mark.encode()) > 1]
        hint = f"; it looks delimited by {others[0]!r}" if others else ""
        start = line[:60].decode(errors="replace")
        reason = (
            f"expected a header delimited by {dialect.delimiter!r} with {min(wanted)}, got {start!r}{hint}"
        )
        raise FileRefusedError("delimiter" if others else "header", reason)
    known = {column.name for column in dialect.columns} | set(dialect.ignored)
    for code, problem in (
        ("missing_column", sorted(wanted - set(names))),
        ("unknown_column", [name for name in names if name not in known]),
        ("repeated_column", sorted({name for name in names if names.count(name) > 1})),
    ):
        if problem:
            reason = f"{code.replace('_', ' ')}: {', '.join(problem[:10])}"
            raise FileRefusedError(code, reason, column=problem[0])
    return names


def _parse_alike(lines: Lines, header: list[str], dialect: Dialect) -> pl.DataFrame | None:
    """Parse a block whose lines all have as many fields as the header, or return None for any other."""
    if not lines.block or not lines.seem_alike(len(header)):
        return None
    try:
        return _parse_csv(lines.block, header, dialect)
    except pl.exceptions.PolarsError:
        # What `seem_alike` can't see: a line has more fields than the header.
        return None


def _table(lines: Lines, header: list[str], dialect: Dialect, done: int) -> Table:
    """Read a block some of whose lines can't be read."""
    kept = (lines.field_count == len(header)) & lines.fits & ~lines.damaged
    problems = [_unusable(lines, line, len(header), done) for line in np.flatnonzero(~kept).tolist()]
    if not kept.any():
        return Table(row=np.zeros(0, dtype=np.int64), columns={}, problems=problems)
    table = _typed_rows(_parse(lines, kept, header, dialect), lines, np.flatnonzero(kept), dialect, done)
    problems = sorted([*problems, *table.problems], key=lambda problem: problem.row)
    return replace(table, problems=problems)


def _typed_rows(
    frame: pl.DataFrame, lines: Lines, row: NDArray[np.intp], dialect: Dialect, done: int
) -> Table:
    """Return the frame's rows as typed columns; `row` (N,) is the line that each stands on."""
    columns: dict[str, NDArray[Any]] = {}
    wrong = np.zeros(len(row), dtype=bool)
    for column in dialect.columns:
        if column.name in frame.columns:
            columns[column.name], doubtful = _typed(frame[column.name], column, dialect)
            if doubtful is not None:
                wrong |= doubtful
    problems: list[Problem] = []
    if wrong.any():
        columns = {name: np.array(values) for name, values in columns.items()}
        for position in np.flatnonzero(wrong).tolist():
            line = int(row[position])
            mended = _mend(lines.fields(line), frame.columns, dialect)
            if isinstance(mended, dict):
                for name, value in mended.items():
                    columns[name][position] = value
                wrong[position] = False
            else:
                name, code, reason = mended
                raw = lines.text(line)[:RAW_CHARACTERS]
                problems.append(Problem(row=done + line + 1, column=name, code=code, reason=reason, raw=raw))
    if problems:
        row, columns = row[~wrong], {name: values[~wrong] for name, values in columns.items()}
    return Table(row=row.astype(np.int64) + (done + 1), columns=columns, problems=problems)


def _unusable(lines: Lines, line: int, expected: int, done: int) -> Problem:
    if lines.damaged[line]:
        code, reason = "encoding", "the row holds bytes that are no text"
    elif not lines.fits[line]:
        code, reason = "line_too_long", f"the row is longer than {LINE_BYTES} bytes"
    else:
        code, reason = "field_count", f"expected {expected} fields, got {lines.field_count[line]}"
    raw = lines.text(line)[:RAW_CHARACTERS]
    return Problem(row=done + line + 1, column="", code=code, reason=reason, raw=raw)


def _parse(lines: Lines, kept: NDArray[np.bool_], header: list[str], dialect: Dialect) -> pl.DataFrame:
    if lines.quoted:
        # Line by line, since a quote left open would otherwise swallow the rows that follow.
        rows = [lines.fields(int(line)) for line in np.flatnonzero(kept)]
        return pl.DataFrame(rows, schema=dict.fromkeys(header, pl.String), orient="row")
    return _parse_csv(lines.only(kept), header, dialect)


def _parse_csv(block: bytes, header: list[str], dialect: Dialect) -> pl.DataFrame:
    # An optional number stays text until `_typed`, which tells an empty cell from a wrong one.
    kinds = {column.name: column.kind for column in dialect.columns if column.required}
    types = {"integer": pl.Int64, "number": pl.Float64}
    return pl.read_csv(
        block,
        has_header=False,
        schema={name: types.get(kinds.get(name, "text"), pl.String) for name in header},
        separator=dialect.delimiter,
        quote_char=None,
        ignore_errors=True,
    )


def _typed(
    series: pl.Series, column: Column, dialect: Dialect
) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
    """Return the values and where they need a second look, None if nowhere."""
    if column.kind == "text":
        texts = np.array(series.fill_null("").str.strip_chars().to_list(), dtype=object)
        return texts, (texts == "") if column.required else None
    if column.kind == "time":
        values = times_ms(series, dialect.time_format, dialect.zone)
        return values, values == UNKNOWN_TIME
    empty = None
    if series.dtype == pl.String:
        stripped = series.str.strip_chars()
        empty = (stripped.is_null() | (stripped == "")).to_numpy()
        series = stripped.cast(pl.Int64 if column.kind == "integer" else pl.Float64, strict=False)
    elif not series.null_count():
        numbers = series.to_numpy()
        # NaN is neither above nor below.
        if numbers.min() >= column.minimum and numbers.max() <= column.maximum:
            return numbers, None
    unknown = -1 if column.kind == "integer" else float("nan")
    numbers = series.fill_null(unknown).to_numpy()
    fits = (numbers >= column.minimum) & (numbers <= column.maximum) & series.is_not_null().to_numpy()
    return numbers, ~fits if empty is None or column.required else ~fits & ~empty


UNKNOWN_CELL: dict[str, float | int | str] = {
    "integer": -1,
    "number": float("nan"),
    "text": "",
    "time": int(UNKNOWN_TIME),
}


def _mend(
    fields: list[str], header: list[str], dialect: Dialect
) -> dict[str, float | int | str] | tuple[str, str, str]:
    """Read one row slowly: its values, or the first field that is wrong, with code and reason."""
    values: dict[str, float | int | str] = {}
    cells = dict(zip(header, fields, strict=True))
    for column in dialect.columns:
        if column.name not in cells:
            continue
        text = cells[column.name].strip()
        try:
            values[column.name] = _cell(text, column, dialect)
        except ValueError as error:
            return column.name, "missing_value" if not text else f"bad_{column.kind}", str(error)
    return values


def _cell(text: str, column: Column, dialect: Dialect) -> float | int | str:
    wrong = f"expected {column.expected}, got {text[:60]!r}"
    if not text:
        if column.required:
            raise ValueError(f"expected {column.expected}, got nothing")
        return UNKNOWN_CELL[column.kind]
    if column.kind == "text":
        return text
    if column.kind == "time":
        value = int(times_ms(pl.Series([text]), dialect.time_format, dialect.zone)[0])
        if value == UNKNOWN_TIME:
            raise ValueError(f"{wrong} (format {dialect.time_format}, {dialect.zone})")
        return value
    try:
        number = int(text) if column.kind == "integer" else float(text)
    except ValueError:
        raise ValueError(wrong) from None
    if not PLAIN_NUMBER.fullmatch(text):
        raise ValueError(wrong)
    if not column.minimum <= number <= column.maximum:
        raise ValueError(f"expected {column.minimum:g} to {column.maximum:g}, got {text[:60]!r}")
    return number
