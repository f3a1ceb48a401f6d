import json
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from stations.formats import station_upload
from stations.formats.base import Block, FileRefusedError
from stations.formats.station_upload import StationUpload

RECORD: dict[str, Any] = {
    "previewCode": "310000SIM202606180102030001",
    "previewDate": "2026-06-18 01:02:03",
    "previewStationCode": "310000SIM",
    "licenseCodeFront": "沪Z00001",
    "licenseCodeBack": "",
    "licensePlateColor": "黄",
    "vehicleType": "货车",
    "axisNum": "2",
    "speed": "55",
    "laneNo": "1",
    "totalWeight": "18500",
    "axle1Weight": "6500",
    "axle2Weight": "12000",
    "isEscape": 0,
    "frontImage": "a_front.jpg",
}


def read(path: Path, content: object) -> Block:
    path.write_text(json.dumps(content), encoding="utf-8")
    (block,) = StationUpload(zone=ZoneInfo("Asia/Shanghai"), code="310000SIM").read(path)
    return block


def test_one_object_or_a_list(tmp_path: Path) -> None:
    for content in (RECORD, [RECORD]):
        block = read(tmp_path / "a.json", content)
        assert not block.problems
        assert block.batch.gross_kg.tolist() == [18_500]
        assert block.batch.axle_kg.tolist() == [[6500, 12000, 0, 0, 0, 0]]
        assert block.batch.passed_at_ms.tolist() == [1781715723000]
        assert block.batch.serial.tolist() == [RECORD["previewCode"]]
        assert [(one.row, one.kind, one.name) for one in block.references] == [(1, "front", "a_front.jpg")]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("totalWeight", "heavy"),
        ("totalWeight", 18500),
        ("totalWeight", "1" * 30),
        ("axle1Weight", "-5"),
        ("previewDate", "2026-02-30 01:02:03"),
        ("previewDate", 1781715723),
        ("previewStationCode", "OTHER"),
        ("isEscape", "maybe"),
        ("frontImage", "../../etc/passwd"),
        ("frontImage", "/etc/passwd"),
        ("frontImage", "C:\\secret.jpg"),
        ("frontImage", "a\0b.jpg"),
        ("surprise", "x"),
        ("speed", "NaN"),
        ("axisNum", "65538"),
        ("laneNo", "65537"),
        ("totalWeight", "１８５００"),
        ("previewDate", "0001-01-01 00:00:00"),
        ("licenseCodeFront", "\ud800"),
        ("previewCode", "3100\x0001"),
        ("previewCode", "3100\x1b[2J"),
        ("previewCode", " "),
    ],
)
def test_a_bad_object_is_named_and_the_rest_goes_on(tmp_path: Path, field: str, value: object) -> None:
    block = read(tmp_path / "a.json", [RECORD, RECORD | {field: value}, RECORD])
    assert block.batch.row.tolist() == [1, 3]
    (problem,) = block.problems
    assert (problem.row, problem.column) == (2, field)
    assert problem.reason


def test_a_missing_field_and_a_wrong_shape_are_named(tmp_path: Path) -> None:
    missing = {key: value for key, value in RECORD.items() if key != "laneNo"}
    block = read(tmp_path / "a.json", [missing, 7, [RECORD], None])
    assert [problem.row for problem in block.problems] == [1, 2, 3, 4]
    assert block.problems[0].column == "laneNo"


def test_a_number_of_absurd_length_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(
        json.dumps(RECORD).replace('"isEscape": 0', f'"isEscape": {"9" * 5000}'), encoding="utf-8"
    )
    (block,) = StationUpload(zone=ZoneInfo("Asia/Shanghai"), code="").read(path)
    assert [(one.row, one.column) for one in block.problems] == [(1, "isEscape")]


def test_a_key_that_stands_twice_is_not_guessed(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    twice = json.dumps(RECORD).replace('"speed"', '"totalWeight": "9000", "speed"')
    path.write_text(f"[{json.dumps(RECORD)}, {twice}]", encoding="utf-8")
    (block,) = StationUpload(zone=ZoneInfo("Asia/Shanghai"), code="").read(path)
    assert block.batch.row.tolist() == [1]
    assert [(one.row, one.column, one.code) for one in block.problems] == [(2, "totalWeight", "repeated_key")]


def test_the_key_that_stands_twice_is_found_in_one_pass() -> None:
    compared = 0

    class Key(str):
        __slots__ = ()
        __hash__ = str.__hash__

        def __eq__(self, other: object) -> bool:
            nonlocal compared
            compared += 1
            return str.__eq__(self, other)

    pairs = [(Key(number), 0) for number in range(1000)]
    found = station_upload._object([*pairs, (Key(999), 1)])
    assert isinstance(found, station_upload._RepeatedKey)
    assert found.key == "999"
    # A hostile megabyte would otherwise hold the listener for minutes.
    assert compared < 10 * len(pairs)


@pytest.mark.parametrize("text", ["{", "[1, 2", "", "[]", "[" * 100_000, '{"a": 1} x'])
def test_no_json_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FileRefusedError):
        list(StationUpload(zone=ZoneInfo("Asia/Shanghai"), code="").read(path))
