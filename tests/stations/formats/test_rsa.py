from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from foreign_lines import Truck, block, rsa_line
from hypothesis import given, settings
from hypothesis import strategies as st

from stations.formats import part, text
from stations.formats.base import Block, FileRefusedError
from stations.formats.rsa import Rsa

ZONE = ZoneInfo("Africa/Johannesburg")
FORMAT = Rsa(zone=ZONE, code="0108")
MASS = (0, 10)  # off-sensor code, resolution in kg
TRUCK = Truck(
    time=datetime(2022, 2, 10, 15, 15, 1, 500_000),  # noqa: DTZ001 (local, as the record has it)
    lane=2,
    axles=(6000, 9000, 8000),
    spacings=(350, 135),
    length=1180,
)
SPACINGS = block("S0", *TRUCK.spacings)
GOOD = rsa_line(TRUCK, block("A0", *TRUCK.axles, between=MASS), SPACINGS)
# As a counting station writes a car: fifteen fields, the occupancy empty, no blocks.
CAR = "10,15,1,0,20220210,1515008,2,2,1,12,2,1,116,590,,3,1"


def read(path: Path, *lines: str) -> Block:
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    (found,) = FORMAT.read(path)
    return found


def test_values_and_units(tmp_path: Path) -> None:
    found = read(tmp_path / "a.rsa", GOOD)
    batch = found.batch
    assert not found.problems
    assert batch.passed_at_ms.tolist() == [1_644_498_901_500]  # 2022-02-10T13:15:01.5Z
    assert (batch.lane[0], batch.axle_count[0], batch.gross_kg[0]) == (2, 3, 23_000)
    assert batch.axle_kg.tolist() == [[6000, 9000, 8000]]
    assert batch.left_kg.tolist() == [[-1, -1, -1]]
    assert batch.spacing_mm.tolist() == [[3500, 1350]]
    assert (batch.speed_kmh[0], batch.length_mm[0]) == (80, 11_800)


@pytest.mark.parametrize(
    ("blocks", "axle_kg", "left_kg", "gross_kg"),
    [
        ([block("W0", 3000, 4400, 4100, between=MASS)], [6000, 8800, 8200], [3000, 4400, 4100], 23_000),
        (
            [block("W0", 2900, 3100, 4400, 4600, 4100, 3900, between=MASS)],
            [6000, 9000, 8000],
            [2900, 4400, 4100],
            23_000,
        ),
        (
            [block("A0", 6000, 9000, 8000, between=MASS), block("W1", 2900, 4400, 4100, between=MASS)],
            [6000, 9000, 8000],
            [2900, 4400, 4100],
            23_000,
        ),
        (
            [block("A0", 6000, 9000, 8000, between=MASS), block("G0", 6100, 17_000, between=MASS)],
            [6000, 9000, 8000],
            [-1, -1, -1],
            23_100,
        ),
        ([block("G0", 6100, 17_000, between=MASS), block("C0", 1, 2)], [0, 0, 0], [-1, -1, -1], 23_100),
        ([block("T0", 1, 2, 2)], [0, 0, 0], [-1, -1, -1], 0),
    ],
    ids=["one side", "both sides", "axles and one side", "axles and groups", "groups alone", "not weighed"],
)
def test_masses(
    tmp_path: Path, blocks: list[str], axle_kg: list[int], left_kg: list[int], gross_kg: int
) -> None:
    found = read(tmp_path / "a.rsa", rsa_line(TRUCK, SPACINGS, *blocks))
    assert not found.problems
    assert found.batch.axle_kg.tolist() == [axle_kg]
    assert found.batch.left_kg.tolist() == [left_kg]
    assert found.batch.gross_kg.tolist() == [gross_kg]
    assert found.batch.spacing_mm.tolist() == [[3500, 1350]]


def test_images_and_plate_come_from_the_block_of_identification(tmp_path: Path) -> None:
    line = GOOD + ",V0,2,ZZ000ZZ,a.jpg,https://cameras.invalid/b.jpg"
    found = read(tmp_path / "a.rsa", CAR, line)
    assert not found.problems
    assert found.batch.plate_front.tolist() == ["", "ZZ000ZZ"]
    named = [(one.row, one.kind, one.name) for one in found.references]
    assert named == [(2, "unknown", "a.jpg"), (2, "unknown", "https://cameras.invalid/b.jpg")]
    unsafe = read(tmp_path / "b.rsa", CAR, line.replace("a.jpg", "../a.jpg"))
    assert [(one.row, one.code) for one in unsafe.problems] == [(2, "unsafe_name")]
    assert not unsafe.references


def test_headers_counts_and_declarations_are_no_vehicles(tmp_path: Path) -> None:
    others = ["H0,6,RSA", "S0,0108,Nowhere", "L1,1,2", "10,1,2", "10,8,1", "21,1,0,20220210,0100,60", "H9"]
    found = read(tmp_path / "a.rsa", *others, CAR, GOOD)
    assert not found.problems
    assert found.batch.row.tolist() == [8, 9]
    assert found.batch.axle_count.tolist() == [0, 3]  # a car that was only counted


@pytest.mark.parametrize(
    ("date", "time", "expected"),
    [
        ("20220210", "151501", "2022-02-10T15:15:01.000"),
        ("20220210", "1515015", "2022-02-10T15:15:01.500"),
        ("20220210", "15150152", "2022-02-10T15:15:01.520"),
        ("20220210", "151501523", "2022-02-10T15:15:01.523"),
        ("220210", "000000", "2022-02-10T00:00:00.000"),
        ("990210", "000000", "1999-02-10T00:00:00.000"),
        ("500210", "235959", "2050-02-10T23:59:59.000"),
    ],
)
def test_dates_and_times_of_every_length(tmp_path: Path, date: str, time: str, expected: str) -> None:
    found = read(tmp_path / "a.rsa", CAR.replace("20220210,1515008", f"{date},{time}"))
    instant = datetime.fromisoformat(expected).replace(tzinfo=ZONE)
    assert found.batch.passed_at_ms.tolist() == [round(instant.timestamp() * 1000)]


def swap(place: int, cell: str) -> Callable[[str], str]:
    """Replace one field of a line, the type being field 0."""
    return lambda line: ",".join([*line.split(",")[:place], cell, *line.split(",")[place + 1 :]])


@pytest.mark.parametrize(
    ("change", "code", "column"),
    [
        (lambda _: "hello", "no_type", "type"),
        (swap(0, "100"), "no_type", "type"),
        (lambda _: "10", "field_count", "fields"),
        (swap(1, "14"), "field_count", "fields"),
        (swap(1, "21"), "field_count", "fields"),
        (swap(1, "x"), "field_count", "fields"),
        (lambda line: ",".join(line.split(",")[:12]), "field_count", "fields"),
        (swap(4, "20220230"), "bad_time", "date"),
        (swap(4, "2022021"), "bad_time", "date"),
        (swap(4, ""), "bad_time", "date"),
        (swap(5, "245900"), "bad_time", "date"),
        (swap(5, "15150"), "bad_time", "date"),
        (swap(5, "15:15:01"), "bad_time", "date"),
        (swap(6, ""), "bad_integer", "lane"),
        (swap(6, "100"), "bad_integer", "lane"),
        (swap(12, "fast"), "bad_integer", "speed"),
        (swap(13, "-5"), "bad_integer", "length"),
        (swap(19, "2"), "axle_count", "A"),
        (swap(19, "21"), "axle_count", "axles"),
        (swap(20, "Q0"), "unknown_block", "block"),
        (swap(20, "A00"), "unknown_block", "block"),
        (swap(20, ""), "unknown_block", "block"),
        (swap(21, "9"), "field_count", "block"),
        (swap(21, "41"), "bad_integer", "block"),
        (swap(21, "many"), "bad_integer", "block"),
        (swap(24, "60x0"), "bad_integer", "A"),
        (swap(24, ""), "bad_integer", "A"),
        (swap(24, "99999999999"), "bad_integer", "A"),
        (lambda line: line + "," + SPACINGS, "repeated_block", "S"),
        (lambda line: line.replace(SPACINGS, "S0,1,350"), "axle_count", "S"),
        (lambda line: line + "," + block("W0", 1, 2, between=MASS), "axle_count", "W"),
        (lambda line: line[: line.rindex(",")], "field_count", "block"),
        (swap(3, "浙"), "encoding", ""),
        (lambda line: line + ",9" * 100_000, "unknown_block", "block"),
    ],
)
def test_a_bad_row_is_named_and_the_rest_goes_on(
    tmp_path: Path, change: Callable[[str], str], code: str, column: str
) -> None:
    found = read(tmp_path / "a.rsa", GOOD, change(GOOD), GOOD)
    assert [(one.row, one.code, one.column) for one in found.problems] == [(2, code, column)]
    assert found.batch.row.tolist() == [1, 3]
    assert len(found.problems[0].raw) <= 300


def test_empty_fields_behind_the_last_are_nothing(tmp_path: Path) -> None:
    found = read(tmp_path / "a.rsa", GOOD + ",,,", CAR + ",")
    assert not found.problems
    assert found.batch.gross_kg.tolist() == [23_000, 0]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"hello\nworld\n", "other_format"),
        (b"S0,0109,Elsewhere\n" + GOOD.encode() + b"\n", "wrong_station"),
        (GOOD.encode() + b"\nS0\n", "wrong_station"),
        (b"10\n", "other_format"),
        (b"\0", "binary"),
    ],
)
def test_a_file_of_another_kind_or_site_is_refused(tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "a.rsa"
    path.write_bytes(content)
    with pytest.raises(FileRefusedError) as caught:
        list(FORMAT.read(path))
    assert caught.value.code == code


def test_a_file_of_many_parts_and_blocks_reads_like_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [CAR if number % 3 else GOOD for number in range(200)]
    lines[77], lines[78] = "broken", ""
    whole = read(tmp_path / "a.rsa", *lines)
    monkeypatch.setattr(text, "BLOCK_BYTES", 3000)
    monkeypatch.setattr(part, "PART_LINES", 7)
    blocks = list(FORMAT.read(tmp_path / "a.rsa"))
    assert len(blocks) > 20
    rows = np.concatenate([found.batch.row for found in blocks])
    assert rows.tolist() == whole.batch.row.tolist()
    gross = np.concatenate([found.batch.gross_kg for found in blocks])
    assert gross.tolist() == whole.batch.gross_kg.tolist()
    assert [one for found in blocks for one in found.problems] == whole.problems


TRUCKS = st.integers(2, 20).flatmap(
    lambda axles: st.builds(
        Truck,
        time=st.datetimes(datetime(1990, 1, 1), datetime(2050, 12, 31)).map(  # noqa: DTZ001
            lambda time: time.replace(microsecond=time.microsecond // 100_000 * 100_000)
        ),
        axles=st.tuples(*[st.integers(2, 40_000).map(lambda half: 2 * half)] * axles),
        spacings=st.tuples(*[st.integers(1, 3000)] * (axles - 1)),
        lane=st.integers(0, 99),
        speed=st.integers(1, 999),
        length=st.integers(1, 9999),
    )
)


def weighed(truck: Truck, how: str) -> str:
    """Return the masses of a truck as its axles, one side or both sides."""
    if how == "A":
        return block("A0", *truck.axles, between=MASS)
    halves = [kg // 2 for kg in truck.axles]
    if how == "one side":
        return block("W0", *halves, between=MASS)
    pairs = [side for half in halves for side in (half - 1, half + 1)]
    return block("W0", *pairs, between=MASS)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(TRUCKS, st.sampled_from(["A", "one side", "both sides"]), st.booleans()),
        min_size=1,
        max_size=8,
    )
)
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, given_: list[tuple[Truck, str, bool]]
) -> None:
    lines = []
    for truck, how, spacings_first in given_:
        blocks = [block("S0", *truck.spacings), weighed(truck, how)]
        lines.append(rsa_line(truck, *blocks[:: 1 if spacings_first else -1]))
    found = read(tmp_path_factory.mktemp("rsa") / "a.rsa", *lines)
    batch = found.batch
    assert not found.problems
    for position, (truck, how, _) in enumerate(given_):
        axles = len(truck.axles)
        instant = truck.time.replace(tzinfo=ZONE)
        assert batch.passed_at_ms[position] == round(instant.timestamp() * 1000)
        assert (batch.lane[position], batch.axle_count[position]) == (truck.lane, axles)
        assert batch.gross_kg[position] == sum(truck.axles)
        assert tuple(batch.axle_kg[position, :axles].tolist()) == truck.axles
        assert not batch.axle_kg[position, axles:].any()
        assert tuple((batch.spacing_mm[position, : axles - 1] // 10).tolist()) == truck.spacings
        left = {"A": lambda _: -1, "one side": lambda kg: kg // 2, "both sides": lambda kg: kg // 2 - 1}[how]
        assert batch.left_kg[position, :axles].tolist() == [left(kg) for kg in truck.axles]
        assert (batch.speed_kmh[position], batch.length_mm[position]) == (truck.speed, 10 * truck.length)


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0,"), max_size=12)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.integers(2, 30), CELL), max_size=12))
def test_every_vehicle_is_either_read_or_named(
    tmp_path_factory: pytest.TempPathFactory, edits: list[tuple[int, str]]
) -> None:
    lines = [swap(place, cell)(GOOD) for place, cell in edits] + [GOOD]
    found = read(tmp_path_factory.mktemp("rsa") / "a.rsa", *lines)
    seen = sorted([*found.batch.row.tolist(), *(problem.row for problem in found.problems)])
    assert seen == list(range(1, len(lines) + 1))
    assert len(lines) in found.batch.row
