from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hs_file import HEADER, hs_row, write_hs
from hypothesis import given, settings
from hypothesis import strategies as st

from models.values.passages import PassageBatch
from stations.formats import text
from stations.formats.base import FileRefusedError, Problem
from stations.formats.hs_data import HsData

FORMAT = HsData(zone=ZoneInfo("Asia/Shanghai"))
TIME = "2026-06-18 01:02:03.000"


def read(path: Path) -> tuple[list[PassageBatch], list[Problem]]:
    blocks = list(FORMAT.read(path))
    return [block.batch for block in blocks], [problem for block in blocks for problem in block.problems]


def test_values_and_units(tmp_path: Path) -> None:
    (batch,), problems = read(
        write_hs(tmp_path / "a.csv", [hs_row(TIME, 49_000, axles=6, lane=2, speed=61.5)])
    )
    assert not problems
    assert batch.row.tolist() == [1]
    assert batch.passed_at_ms.tolist() == [1781715723000]  # 2026-06-17T17:02:03Z
    assert batch.lane.tolist() == [2]
    assert batch.gross_kg.tolist() == [49_000]
    assert batch.axle_kg.sum() == 49_000
    assert batch.spacing_mm[0].tolist() == [3300, 1350, 6500, 1310, 1310]
    assert batch.speed_kmh.tolist() == [61.5]


def test_a_block_is_as_wide_as_its_longest_vehicle(tmp_path: Path) -> None:
    (batch,), _ = read(
        write_hs(tmp_path / "a.csv", [hs_row(TIME, 9_000, axles=2), hs_row(TIME, 30_000, axles=4)])
    )
    assert batch.axle_kg.shape == batch.left_kg.shape == (2, 4)
    assert batch.spacing_mm.tolist() == [[5000, 0, 0], [1900, 4500, 1350]]
    assert batch.left_kg[0, 2:].tolist() == [-1, -1]


@pytest.mark.parametrize(
    ("change", "code", "column"),
    [
        (lambda row: row.replace("49000", "4x000", 1), "bad_integer", "Gross_Load"),
        (lambda row: row.replace("49000", "", 1), "missing_value", "Gross_Load"),
        (lambda row: row.replace("49000", "-49000", 1), "bad_integer", "Gross_Load"),
        (lambda row: row.replace("2026-06-18", "2026-02-30"), "bad_time", "HSData_DT"),
        (lambda row: row.replace("2026-06-18 01", "2026-06-18 25"), "bad_time", "HSData_DT"),
        (lambda row: row.replace("2026-06-18", "9999-06-18"), "bad_time", "HSData_DT"),
        (lambda row: row[: row.rindex(",")], "field_count", ""),
        (lambda row: row + ",7", "field_count", ""),
        (lambda row: row[: row.rindex(",")] + ",NaN", "bad_number", "Speed"),
        (lambda row: row[: row.rindex(",")] + ",fast", "bad_number", "Speed"),
        (lambda row: row + "9" * 70_000, "line_too_long", ""),
        (lambda row: '"' + row + "9" * 200_000, "line_too_long", ""),
        (lambda row: row.replace("49000", "4_9000", 1), "bad_integer", "Gross_Load"),
        (lambda row: row.replace("49000", "４９０００", 1), "bad_integer", "Gross_Load"),
    ],
)
def test_a_bad_row_is_named_and_the_rest_goes_on(
    tmp_path: Path, change: Callable[[str], str], code: str, column: str
) -> None:
    good = hs_row(TIME, 49_000)
    batches, problems = read(write_hs(tmp_path / "a.csv", [good, change(good), good]))
    assert [row for batch in batches for row in batch.row] == [1, 3]
    assert [(problem.row, problem.code, problem.column) for problem in problems] == [(2, code, column)]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (HEADER.encode() + b"\n", "empty"),
        (HEADER.encode(), "empty"),
        (b"\xff\xfe" + HEADER.encode("utf-16-le"), "encoding"),
        (b"\x80\x81\xff\xff\xfe" * 9, "encoding"),
        (b"PK\x03\x04\0\0\0", "binary"),
        (HEADER.replace(",", ";").encode() + b"\n1;2", "delimiter"),
        (HEADER.replace("Speed", "Tempo").encode() + b"\n1", "missing_column"),
        (HEADER.encode() + b",Surprise\n1", "unknown_column"),
        (HEADER.encode() + b",Speed\n1", "repeated_column"),
        (b"a," * 100_000 + b"\n", "header"),
        (b"hello\nworld\n", "header"),
    ],
)
def test_a_file_of_another_kind_is_refused_with_its_reason(tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(FileRefusedError) as caught:
        read(path)
    assert caught.value.code == code
    assert caught.value.reason


def test_ten_million_columns_are_refused_in_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"column," * 10_000_000 + b"\n")
    with pytest.raises(FileRefusedError, match="more than 1024 columns"):
        read(path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends_read_alike(tmp_path: Path, encoding: str, end: str) -> None:
    header = HEADER + ",License_Plate"
    rows = [f"{hs_row(TIME, 40_000 + 10 * n)},浙Z0000{n}" for n in range(5)]
    path = tmp_path / "a.csv"
    path.write_bytes((end.join([header, *rows]) + end).encode(encoding))
    batches, problems = read(path)
    assert not problems
    assert [plate for batch in batches for plate in batch.plate_front] == [f"浙Z0000{n}" for n in range(5)]


def test_one_damaged_row_does_not_change_the_others(tmp_path: Path) -> None:
    lines = [HEADER + ",License_Plate", *(f"{hs_row(TIME, 40_000 + 10 * n)},浙Z00001" for n in range(6))]
    encoded = [line.encode() for line in lines]
    encoded[3] = lines[3].encode("gb18030")  # one row pasted from elsewhere
    encoded[6] = encoded[6][: encoded[6].index(b"Z") - 1]  # cut inside a character
    path = tmp_path / "a.csv"
    path.write_bytes(b"\n".join(encoded))
    batches, problems = read(path)
    assert [one for batch in batches for one in batch.plate_front] == ["浙Z00001"] * 4
    assert [(problem.row, problem.code) for problem in problems] == [(3, "encoding"), (6, "encoding")]


@pytest.mark.parametrize("plate", ["浙Z00001", "鲁Z00001", "豫Z00001"])
def test_gbk_is_told_from_utf_8(tmp_path: Path, plate: str) -> None:
    path = tmp_path / "a.csv"
    lines = [HEADER + ",License_Plate", *(f"{hs_row(TIME, 40_000 + 10 * n)},{plate}" for n in range(3))]
    lines.append(f"{hs_row(TIME, 40_500)},皖Z00002")
    path.write_bytes("\n".join(lines).encode("gb18030"))
    batches, problems = read(path)
    assert not problems
    assert [one for batch in batches for one in batch.plate_front] == [plate] * 3 + ["皖Z00002"]


def test_mixed_line_ends_blank_lines_quotes_and_padding(tmp_path: Path) -> None:
    row = hs_row(TIME, 49_000)
    quoted = '"' + row.replace(",", '","') + '"'
    path = tmp_path / "a.csv"
    path.write_bytes(f"{HEADER}\r\n{row}\n\n{quoted}\r{row.replace(',49000,', ', 49000 ,')}".encode())
    batches, problems = read(path)
    assert not problems
    assert np.concatenate([batch.row for batch in batches]).tolist() == [1, 2, 3]
    assert np.concatenate([batch.gross_kg for batch in batches]).tolist() == [49_000] * 3


def test_a_file_of_many_blocks_reads_like_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [hs_row(TIME, 30_000 + 10 * n) for n in range(200)]
    rows[77] = "broken"
    path = write_hs(tmp_path / "a.csv", rows)
    (whole,), problems = read(path)
    monkeypatch.setattr(text, "BLOCK_BYTES", 1000)
    parts, part_problems = read(path)
    assert len(parts) > 10
    assert np.concatenate([part.row for part in parts]).tolist() == whole.row.tolist()
    assert np.concatenate([part.gross_kg for part in parts]).tolist() == whole.gross_kg.tolist()
    assert part_problems == problems


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=8)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 27), CELL), max_size=20), st.booleans())
def test_every_row_is_either_read_or_named(
    tmp_path_factory: pytest.TempPathFactory, edits: list[tuple[int, str]], crlf: bool
) -> None:
    rows = []
    for position, cell in edits:
        cells = hs_row(TIME, 49_000).split(",")
        cells[position] = cell
        rows.append(",".join(cells))
    rows.append(hs_row(TIME, 20_000))
    path = write_hs(tmp_path_factory.mktemp("hs") / "a.csv", rows, end="\r\n" if crlf else "\n")
    batches, problems = read(path)
    seen = sorted(
        [int(row) for batch in batches for row in batch.row] + [problem.row for problem in problems]
    )
    assert seen == list(range(1, len(rows) + 1))
    assert len(rows) not in {problem.row for problem in problems}
