import re
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import get_args

import pytest
from foreign_lines import Truck, block, mon_line, rsa_line, w_line
from hypothesis import given, settings
from hypothesis import strategies as st

from stations.formats import part, record_format, tells_seconds
from stations.formats.base import FileRefusedError
from stations.station import MappedCsv, MassColumn, Station

ROOT = Path(__file__).parents[3]
FORMATS: tuple[str, ...] = get_args(Station.model_fields["format"].annotation)
MAPPING = MappedCsv(
    time="t", lane="l", gross=MassColumn(column="g"), axles=(MassColumn(column="a"), MassColumn(column="b"))
)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_that_can_be_declared_has_a_reader(
    name: str, make_station: Callable[..., Station]
) -> None:
    station = make_station(format=name, mapped_csv=MAPPING)
    suffixes = record_format(station).suffixes
    assert suffixes
    assert all(re.fullmatch(r"\.[a-z]+", suffix) for suffix in suffixes)
    assert tells_seconds(station) == (name != "fhwa_w")


@pytest.mark.parametrize("guide", ["stations.md", "stations.zh.md"])
def test_every_format_stands_in_the_guide(guide: str) -> None:
    text = (ROOT / "docs" / guide).read_text(encoding="utf-8")
    assert tuple(re.findall(r"^   \| `(\w+)` \|", text, flags=re.MULTILINE)) == FORMATS


TRUCK = Truck(time=datetime(2022, 2, 10, 1, 2, 3))  # noqa: DTZ001 (local, as the record has it)
BLOCKS = (block("A0", 6000, 9000, between=(0, 10)), block("S0", 500), "V0,1,ZZ000ZZ,a.jpg")
LINES = {"mon": mon_line(TRUCK), "fhwa_w": w_line(TRUCK), "rsa": rsa_line(TRUCK, *BLOCKS)}
PIECE = st.one_of(
    st.text('0123456789 ,-.WASGTCV"\t', max_size=20).map(str.encode),
    st.binary(max_size=6),
    st.sampled_from([b"\n", b"\r\n", b"\n\n", b""]),
)
# Where a piece is put, how many bytes it replaces, and the piece.
EDIT = st.tuples(st.integers(0, 400), st.integers(0, 40), PIECE)


@pytest.mark.parametrize("name", LINES)
@settings(max_examples=80, deadline=None)
@given(st.lists(EDIT, max_size=6), st.integers(1, 4))
def test_whatever_the_bytes_each_row_is_told_once(
    tmp_path_factory: pytest.TempPathFactory,
    name: str,
    edits: list[tuple[int, int, bytes]],
    lines: int,
) -> None:
    content = bytearray("\n".join([LINES[name]] * lines).encode())
    for start, length, piece in edits:
        content[start : start + length] = piece
    path = tmp_path_factory.mktemp("bytes") / "a.txt"
    path.write_bytes(content)
    station = Station.model_construct(format=name, timezone="Asia/Shanghai", code="")
    rows: list[int] = []
    with suppress(FileRefusedError):
        for found in record_format(station).read(path):
            rows += [*found.batch.row.tolist(), *(problem.row for problem in found.problems)]
            assert len(found.batch.axle_kg) == len(found.batch) == len(found.batch.serial)
            assert found.batch.spacing_mm.shape[1] == found.batch.axle_kg.shape[1] - 1
            assert (found.batch.gross_kg >= 0).all()
    assert len(rows) == len(set(rows))


def test_a_part_holds_neither_many_lines_nor_many_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_station: Callable[..., Station]
) -> None:
    path = tmp_path / "a.txt"
    path.write_text((LINES["rsa"] + "\n") * 100, encoding="utf-8")
    reader = record_format(make_station(format="rsa"))
    monkeypatch.setattr(part, "PART_BYTES", 10 * len(LINES["rsa"]))
    assert {len(found.batch) for found in reader.read(path)} <= {9, 10, 1}
    monkeypatch.setattr(part, "PART_LINES", 4)
    assert [len(found.batch) for found in reader.read(path)] == [4] * 25
