from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from foreign_lines import POUND_KG, TENTH_FOOT_MM, Truck, w_line
from hypothesis import given, settings
from hypothesis import strategies as st

from models.values.passages import PassageBatch
from stations.formats import fhwa_w, part
from stations.formats.base import Block, FileRefusedError, Problem
from stations.formats.fhwa_w import FhwaW
from stations.formats.fixed_width import Rows, cutter

ZONE = ZoneInfo("America/Chicago")
FORMAT = FhwaW(zone=ZONE, code="17018115")
TRUCK = Truck(
    time=datetime(2012, 11, 7, 16),  # noqa: DTZ001 (local, as the record has it)
    axles=(10_000, 20_000, 19_000),
    spacings=(150, 45),
    lane=1,
    direction=3,
)
GOOD = w_line(TRUCK)


def read(path: Path, lines: list[str]) -> tuple[PassageBatch, list[Problem]]:
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    (block,) = FORMAT.read(path)
    return block.batch, block.problems


def test_pounds_and_tenths_of_feet_are_rounded_to_kg_and_mm(tmp_path: Path) -> None:
    batch, problems = read(tmp_path / "a.wgt", [GOOD])
    assert not problems
    assert batch.passed_at_ms.tolist() == [1_352_325_600_000]  # 2012-11-07T22:00Z
    assert batch.lane.tolist() == [31]
    assert batch.gross_kg.tolist() == [22_226]  # 49,000 lb = 22,226.026 kg
    assert batch.axle_kg.tolist() == [[4536, 9072, 8618]]  # 4,535.92  9,071.85  8,618.26
    assert batch.spacing_mm.tolist() == [[4572, 1372]]  # 15.0 ft = 4,572; 4.5 ft = 1,371.6
    assert np.isnan(batch.speed_kmh).all()


def test_spacings_lie_nine_columns_apart(tmp_path: Path) -> None:
    truck = replace(TRUCK, axles=tuple(range(1001, 14_001, 1000)), spacings=tuple(range(101, 1301, 100)))
    line = w_line(truck)
    assert (line[34:39], line[39:43], line[43:48]) == ("01001", "0101", "02001")
    batch, problems = read(tmp_path / "a.wgt", [line])
    assert not problems
    assert batch.axle_kg.tolist() == [[round(pounds * POUND_KG) for pounds in truck.axles]]
    assert batch.spacing_mm.tolist() == [[round(tenths * TENTH_FOOT_MM) for tenths in truck.spacings]]


@pytest.mark.parametrize("vehicle_class", ["m", " m", "m ", "d", " d"])
def test_an_hour_without_trucks_is_no_passage_and_no_problem(tmp_path: Path, vehicle_class: str) -> None:
    empty = GOOD[:21] + vehicle_class.ljust(2)
    batch, problems = read(tmp_path / "a.wgt", [empty, GOOD, empty.ljust(147)])
    assert not problems
    assert batch.row.tolist() == [2]
    batch, problems = read(tmp_path / "b.wgt", [empty])
    assert (len(batch), problems) == (0, [])


def altered(start: int, text: str) -> Callable[[str], str]:
    """Overwrite columns of a line, `start` counted from 1."""
    return lambda line: line[: start - 1] + text + line[start - 1 + len(text) :]


@pytest.mark.parametrize(
    ("change", "code", "column"),
    [
        (altered(1, "S"), "other_record", "Record"),
        (altered(4, "018116"), "wrong_station", "State"),
        (altered(22, "14"), "bad_class", "Class"),
        (altered(22, "00"), "bad_class", "Class"),
        (altered(22, "  "), "bad_class", "Class"),
        (altered(22, "md"), "bad_class", "Class"),
        (altered(12, "20120230"), "bad_time", "Year"),
        (altered(20, "24"), "bad_time", "Year"),
        (altered(20, "  "), "bad_time", "Year"),
        (altered(12, "2012110401"), "bad_time", "Year"),  # this hour comes twice
        (altered(12, "2O12"), "bad_integer", "Year"),
        (altered(27, "      "), "missing_value", "GVW"),
        (altered(33, "  "), "missing_value", "Axles"),
        (altered(33, "04"), "axle_count", "W4"),
        (altered(33, "02"), "axle_count", "W3"),
        (altered(33, "14"), "axle_count", "Axles"),
        (altered(35, "1000x"), "bad_integer", "W1"),
        (lambda line: line[:18], "line_too_short", ""),
        (lambda line: line[:52], "axle_count", "W3"),
        (lambda line: line + " ", "line_too_long", ""),
        (lambda line: line + "9" * 200_000, "line_too_long", ""),
        (altered(24, "浙"), "encoding", ""),
        (lambda _: GOOD[:21] + "m " + "12345678", "bad_integer", "GVW"),
    ],
)
def test_a_bad_row_is_named_and_the_rest_goes_on(
    tmp_path: Path, change: Callable[[str], str], code: str, column: str
) -> None:
    batch, problems = read(tmp_path / "a.wgt", [GOOD, change(GOOD), GOOD])
    assert [(one.row, one.code, one.column) for one in problems] == [(2, code, column)]
    assert batch.row.tolist() == [1, 3]


@pytest.mark.parametrize(
    "content",
    [
        b"W|17|018115|3|1|2012|11|07|16|09|\n",  # the pipe-delimited form of 2022
        b"S1701810A9020121R2Y230    0  2L P\n",
        b"1,2,3\n",
        b"",
        b"\0\x01",
    ],
)
def test_a_file_of_another_kind_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.wgt"
    path.write_bytes(content)
    with pytest.raises(FileRefusedError):
        list(FORMAT.read(path))


TRUCKS = st.integers(1, 13).flatmap(
    lambda axles: st.builds(
        Truck,
        time=st.datetimes(datetime(1990, 5, 1), datetime(1990, 8, 31)),  # noqa: DTZ001
        axles=st.tuples(*[st.integers(1, 45_000)] * axles),  # kg
        spacings=st.tuples(*[st.integers(1, 900)] * (axles - 1)),  # tenths of a foot
        lane=st.integers(0, 9),
        direction=st.integers(0, 9),
    )
)


@settings(max_examples=60, deadline=None)
@given(st.lists(TRUCKS, min_size=1, max_size=8))
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, trucks: list[Truck]) -> None:
    path = tmp_path_factory.mktemp("w") / "a.wgt"
    lines = []
    for truck in trucks:
        pounds = tuple(round(kg / POUND_KG) for kg in truck.axles)
        lines.append(w_line(replace(truck, axles=pounds, gross=round(truck.total / POUND_KG))))
    batch, problems = read(path, lines)
    assert not problems
    for position, truck in enumerate(trucks):
        axles = len(truck.axles)
        hour = truck.time.replace(minute=0, second=0, microsecond=0, tzinfo=ZONE)
        assert batch.passed_at_ms[position] == int(hour.timestamp()) * 1000
        assert (batch.gross_kg[position], batch.axle_count[position]) == (truck.total, axles)
        assert tuple(batch.axle_kg[position, :axles].tolist()) == truck.axles
        assert not batch.axle_kg[position, axles:].any()
        millimetres = batch.spacing_mm[position, : axles - 1] / TENTH_FOOT_MM
        assert tuple(np.rint(millimetres).astype(int).tolist()) == truck.spacings
        assert batch.lane[position] == 10 * truck.direction + truck.lane


WIDTHS = (1, 2, 6, 1, 1, 4, 2, 2, 2, 2, 3, 6, 2)


def test_real_records_are_read_and_written_back_byte_for_byte(real_data: Callable[[str], Path]) -> None:
    path = real_data("wim/tmas_samples/sample_W_records.wgt")
    written: list[str] = []

    def keep(rows: Rows) -> Block:
        block = FORMAT._block(rows)
        for values in zip(*(column.tolist() for column in rows.columns.values()), strict=True):
            texts = [value.decode() if isinstance(value, bytes) else f"{value:09d}" for value in values]
            head = "".join(text[-width:].ljust(width) for text, width in zip(texts, WIDTHS, strict=False))
            axles = [text for text, value in zip(texts, values, strict=True) if value != -1][len(WIDTHS) :]
            tail = "".join(text[-4 if place % 2 else -5 :] for place, text in enumerate(axles))
            written.append((head + tail).ljust(147))
        return block

    (block,) = part.read_parts(path, cutter(fhwa_w.LAYOUT), keep, "a W record")
    assert not block.problems
    assert "\n".join(written).encode() == path.read_bytes().rstrip(b"\n")
    assert block.batch.axle_count.tolist() == [5, 2, 3]
    gap_kg = np.abs(block.batch.axle_kg.sum(axis=1) - block.batch.gross_kg)
    assert (gap_kg <= block.batch.axle_count).tolist() == [True, True, False]  # 91025 lb stands in the third
