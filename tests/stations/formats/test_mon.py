from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from foreign_lines import Truck, mon_line
from hypothesis import given, settings
from hypothesis import strategies as st

from models.values.passages import PassageBatch
from stations.formats import mon, part, text
from stations.formats.base import Block, FileRefusedError, Problem
from stations.formats.fixed_width import Rows, cutter
from stations.formats.mon import Mon

ZONE = ZoneInfo("Australia/Melbourne")
FORMAT = Mon(zone=ZONE)
TRUCK = Truck(time=datetime(2012, 11, 16, 9, 28, 13, 700_000))  # noqa: DTZ001 (local, as the record has it)
GOOD = mon_line(TRUCK)


def read(path: Path, lines: list[str], end: str = "\n") -> tuple[PassageBatch, list[Problem]]:
    path.write_bytes("".join(line + end for line in lines).encode())
    (block,) = FORMAT.read(path)
    return block.batch, block.problems


def test_values_and_units(tmp_path: Path) -> None:
    truck = replace(TRUCK, axles=(4400, 4800, 4300), spacings=(5500, 1250), lane=4, direction=1, number=77)
    batch, problems = read(tmp_path / "a.txt", [mon_line(truck)])
    assert not problems
    assert batch.passed_at_ms.tolist() == [1_353_018_493_700]  # 2012-11-15T22:28:13.700Z, summer time
    assert batch.lane.tolist() == [14]
    assert batch.axle_kg.tolist() == [[4400, 4800, 4300]]
    assert batch.spacing_mm.tolist() == [[5500, 1250]]
    assert (batch.gross_kg[0], batch.speed_kmh[0], batch.length_mm[0]) == (13_500, 80, 9000)
    assert batch.serial.tolist() == ["77"]


def altered(start: int, text_: str) -> Callable[[str], str]:
    """Overwrite columns of a line, `start` counted from 1."""
    return lambda line: line[: start - 1] + text_ + line[start - 1 + len(text_) :]


@pytest.mark.parametrize(
    ("change", "code", "column"),
    [
        (altered(31, " 15x00"), "bad_integer", "GVW"),
        (altered(31, "      "), "missing_value", "GVW"),
        (altered(31, "1500  "), "bad_integer", "GVW"),
        (altered(31, "-15000"), "bad_integer", "GVW"),
        (altered(51, " 60.0"), "bad_integer", "W1"),
        (altered(10, "30 2"), "bad_time", "Day"),
        (altered(10, " 0"), "bad_time", "Day"),
        (altered(12, "13"), "bad_time", "Day"),
        (altered(14, "1066"), "bad_time", "Day"),
        (altered(18, "24"), "bad_time", "Day"),
        (altered(20, "60"), "bad_time", "Day"),
        (altered(22, "60000"), "bad_time", "Day"),
        (altered(10, " 7102012 2 3"), "bad_time", "Day"),  # clocks go forward over this hour
        (altered(10, " 1 42012 2 3"), "bad_time", "Day"),  # this hour comes twice
        (lambda _: altered(27, " 3")(mon_line(TRUCK, slots=2)), "axle_count", "W3"),
        (altered(27, " 1"), "axle_count", "W2"),
        (altered(27, "21"), "axle_count", "nAxles"),
        (altered(27, "12"), "axle_count", "W10"),
        (altered(66, " 1000"), "axle_count", "S2"),
        (lambda line: line[:49], "line_too_short", ""),
        (lambda line: line[:63], "bad_integer", "W2"),
        (lambda line: line[:60], "axle_count", "W2"),
        (lambda line: line + " " * 200, "line_too_long", ""),
        (lambda line: line + "9" * 200_000, "line_too_long", ""),
        (altered(31, " 1500é"), "encoding", ""),
        (altered(31, " 1500\t"), "bad_integer", "GVW"),
    ],
)
def test_a_bad_row_is_named_and_the_rest_goes_on(
    tmp_path: Path, change: Callable[[str], str], code: str, column: str
) -> None:
    batch, problems = read(tmp_path / "a.txt", [GOOD, change(GOOD), GOOD])
    assert [(one.row, one.code, one.column) for one in problems] == [(2, code, column)]
    assert batch.row.tolist() == [1, 3]
    assert problems[0].reason
    assert len(problems[0].raw) <= 300


def test_an_axle_counted_without_a_load_is_left_to_the_quality_codes(tmp_path: Path) -> None:
    batch, problems = read(tmp_path / "a.txt", [altered(27, " 3")(GOOD)])
    assert not problems
    assert (batch.axle_count.tolist(), batch.axle_kg.tolist()) == ([3], [[6000, 9000, 0]])


def test_a_problem_says_what_stood_where(tmp_path: Path) -> None:
    _, (problem,) = read(tmp_path / "a.txt", [GOOD, altered(31, " 15x00")(GOOD)])
    assert str(problem) == ", row 2, field GVW: expected a whole number in columns 31 to 36, got ' 15x00'"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"hello\nworld\n", "other_format"),
        (b"HSData_DT,Lane_Id\n" + b"2026-06-18 01:02:03,1\n" * 9, "other_format"),
        (b"PK\x03\x04\0\0\0", "binary"),
        (b"\xff\xfe" + GOOD.encode("utf-16-le"), "encoding"),
        (b"W17018115" + b"1" * 138 + b"\n", "other_format"),
    ],
)
def test_a_file_of_another_kind_is_refused_with_its_reason(tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(content)
    with pytest.raises(FileRefusedError) as caught:
        list(FORMAT.read(path))
    assert caught.value.code == code
    assert caught.value.reason


def test_lines_of_one_length_and_of_several_read_alike(tmp_path: Path) -> None:
    trucks = [replace(TRUCK, number=number) for number in range(50)]
    alike, _ = read(tmp_path / "a.txt", [mon_line(truck) for truck in trucks])
    mixed, problems = read(
        tmp_path / "b.txt", [mon_line(truck, slots=2 + truck.number % 9) for truck in trucks], end="\r\n"
    )
    assert not problems
    assert alike.axle_kg.tolist() == mixed.axle_kg.tolist()
    assert alike.serial.tolist() == mixed.serial.tolist()


def test_a_file_of_many_parts_and_blocks_reads_like_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [mon_line(replace(TRUCK, number=number)) for number in range(200)]
    lines[77] = "broken"
    whole, problems = read(tmp_path / "a.txt", lines)
    monkeypatch.setattr(text, "BLOCK_BYTES", 5000)
    monkeypatch.setattr(part, "PART_LINES", 7)
    blocks = list(FORMAT.read(tmp_path / "a.txt"))
    assert len(blocks) > 20
    assert np.concatenate([block.batch.row for block in blocks]).tolist() == whole.row.tolist()
    assert np.concatenate([block.batch.serial for block in blocks]).tolist() == whole.serial.tolist()
    assert [one for block in blocks for one in block.problems] == problems


TRUCKS = st.integers(2, 20).flatmap(
    lambda axles: st.builds(
        Truck,
        # Winter, when no hour is skipped or comes twice.
        time=st.datetimes(datetime(1990, 5, 1), datetime(1990, 8, 31)).map(  # noqa: DTZ001
            lambda time: time.replace(microsecond=time.microsecond // 1000 * 1000)
        ),
        axles=st.tuples(*[st.integers(1, 40_000)] * axles),
        spacings=st.tuples(*[st.integers(1, 30_000)] * (axles - 1)),
        lane=st.integers(0, 9),
        direction=st.integers(0, 1),
        speed=st.integers(0, 999),
        length=st.integers(1, 99_999),
        number=st.integers(0, 999_999_999),
    )
)


@settings(max_examples=60, deadline=None)
@given(st.lists(TRUCKS, min_size=1, max_size=8), st.integers(20, 30).map(lambda slots: min(slots, 20)))
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, trucks: list[Truck], slots: int
) -> None:
    path = tmp_path_factory.mktemp("mon") / "a.txt"
    batch, problems = read(path, [mon_line(truck, slots) for truck in trucks])
    assert not problems
    instants = [int(truck.time.replace(tzinfo=ZONE).timestamp() * 1000 + 0.5) for truck in trucks]
    assert batch.passed_at_ms.tolist() == instants
    assert batch.gross_kg.tolist() == [truck.total for truck in trucks]
    for position, truck in enumerate(trucks):
        axles = len(truck.axles)
        assert tuple(batch.axle_kg[position, :axles].tolist()) == truck.axles
        assert not batch.axle_kg[position, axles:].any()
        assert tuple(batch.spacing_mm[position, : axles - 1].tolist()) == truck.spacings
        assert (batch.axle_count[position], batch.length_mm[position]) == (axles, truck.length)
        assert batch.lane[position] == 10 * truck.direction + truck.lane
        assert (batch.speed_kmh[position], batch.serial[position]) == (truck.speed, str(truck.number))


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=12)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 140), CELL), max_size=12))
def test_every_row_is_either_read_or_named(
    tmp_path_factory: pytest.TempPathFactory, edits: list[tuple[int, str]]
) -> None:
    lines = [altered(start, cell)(GOOD) for start, cell in edits] + [GOOD]
    batch, problems = read(tmp_path_factory.mktemp("mon") / "a.txt", lines)
    seen = sorted([*batch.row.tolist(), *(problem.row for problem in problems)])
    assert seen == list(range(1, len(lines) + 1))
    assert len(lines) in batch.row


WIDTHS = (9, 2, 2, 4, 2, 2, 5, 2, 2, 6, 3, 5, 1, 1, 4)


@pytest.mark.parametrize(
    ("name", "rows", "axle_totals"),
    [
        ("wim/btls_garage/garage_docs_5000.txt", 5000, {2: 1762, 3: 907, 4: 266, 5: 235, 6: 1346, 7: 101}),
        ("wim/btls_garage/garage_examples.txt", 1000, {}),
    ],
)
def test_real_records_are_read_and_written_back_byte_for_byte(
    real_data: Callable[[str], Path], name: str, rows: int, axle_totals: dict[int, int]
) -> None:
    path = real_data(name)
    written: list[str] = []

    def keep(part_: Rows) -> Block:
        block = FORMAT._block(part_)
        table = np.stack(list(part_.columns.values()), axis=1)
        for values in table.tolist():
            head = "".join(f"{value:{width}d}" for value, width in zip(values, WIDTHS, strict=False))
            written.append(head + "".join(f"{value:5d}" for value in values[len(WIDTHS) :] if value >= 0))
        return block

    blocks = list(part.read_parts(path, cutter(mon.LAYOUT), keep, "a MON record"))
    assert not [problem for block in blocks for problem in block.problems]
    assert "\n".join(written).encode() == path.read_bytes().rstrip(b"\n")
    counts = np.concatenate([block.batch.axle_count for block in blocks])
    assert len(counts) == rows
    assert all((counts == axles).sum() == number for axles, number in axle_totals.items())
    for block in blocks:
        assert (block.batch.axle_kg.sum(axis=1) == block.batch.gross_kg).all()
