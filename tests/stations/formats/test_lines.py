"""The short way through a block of sound lines, and what must not pass it."""

from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hs_file import HEADER, hs_row, write_hs

from stations.formats import delimited, text
from stations.formats.ahead import ahead
from stations.formats.hs_data import HsData
from stations.formats.lines import Lines

FORMAT = HsData(zone=ZoneInfo("Asia/Shanghai"))
TIME = "2026-06-18 01:02:03.000"
GOOD = hs_row(TIME, 49_000)


@pytest.mark.parametrize(
    ("block", "alike"),
    [
        (b"1,2,3\n4,5,6\n", True),
        (b"1,2,3\n,,\n", True),
        (b"1,2,3\n4,5\n", False),
        (b"1,2,3\n\n4,5,6\n", False),
        (b'1,2,3\n4,"5",6\n', False),
        (b"1,2,3\n4,5,\xef\xbf\xbd\n", False),
        ("1,2,浙\n".encode(), True),
        (b"1,2,3\n" + b"4" * (text.LINE_BYTES - 4) + b",5,6\n1,2,3\n", True),
        (b"1,2,3\n" + b"4" * (text.LINE_BYTES - 3) + b",5,6\n1,2,3\n", False),
        (b"1,2,3\n4,5,6,7\n8,9\n", True),  # the one case that it leaves to the parser
    ],
)
def test_lines_alike(block: bytes, alike: bool) -> None:
    assert Lines(block, ",").seem_alike(3) == alike


@pytest.mark.parametrize("other", [GOOD[: GOOD.rindex(",")], "", "1" + "," * 26])
def test_a_field_too_many_beside_one_too_few_is_named(tmp_path: Path, other: str) -> None:
    rows = [GOOD] * 3000
    longer = GOOD + "," * (27 - other.count(","))
    rows[1000], rows[2000] = longer, other
    (block,) = FORMAT.read(write_hs(tmp_path / "a.csv", rows))
    named = [(problem.row, problem.code) for problem in block.problems]
    expected = [(1001, "field_count"), (2001, "field_count")]
    assert named == (expected if other else expected[:1])
    assert len(block.batch) == 2998


def test_bad_cells_are_named_without_counting_fields(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unexpected(*_: object) -> None:
        raise AssertionError("a block of equal lines was taken apart")

    monkeypatch.setattr(delimited, "_table", unexpected)
    rows = [GOOD, GOOD.replace("49000", "4x000", 1), GOOD.replace(",49000,", ", 49000,"), GOOD]
    (block,) = FORMAT.read(write_hs(tmp_path / "a.csv", rows))
    assert [(problem.row, problem.column) for problem in block.problems] == [(2, "Gross_Load")]
    assert block.batch.row.tolist() == [1, 3, 4]
    assert block.batch.gross_kg.tolist() == [49_000] * 3


@pytest.mark.parametrize(
    ("time", "ms"),
    [
        ("2026-06-18 01:02:03", 0),
        ("2026-06-18 01:02:03.5", 500),
        ("2026-06-18 01:02:03.050", 50),
        ("2026-06-18 01:02:03.123456", 123),
    ],
)
def test_a_block_may_mix_digits_of_the_second(tmp_path: Path, time: str, ms: int) -> None:
    (block,) = FORMAT.read(write_hs(tmp_path / "a.csv", [GOOD, hs_row(time, 49_000)]))
    whole, broken = block.batch.passed_at_ms.tolist()
    assert broken - whole == ms


@pytest.mark.parametrize("change", [lambda row: row, lambda row: row.replace("49000", '"49000"', 1)])
def test_chinese_text_takes_either_way(tmp_path: Path, change: Callable[[str], str]) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"{HEADER},License_Plate\n{change(GOOD)},浙Z00001\n", encoding="utf-8")
    (block,) = FORMAT.read(path)
    assert block.batch.plate_front.tolist() == ["浙Z00001"]


def test_work_ahead_keeps_order_and_error() -> None:
    def items():  # noqa: ANN202 (an iterator that breaks off)
        yield from range(3)
        raise ValueError("broken off")

    taken = []
    with pytest.raises(ValueError, match="broken off"):
        taken.extend(ahead(items()))
    one = ahead(iter(range(10)))
    assert next(one) == 0
    one.close()
