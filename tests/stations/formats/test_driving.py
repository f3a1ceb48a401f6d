"""What formats tell of the driving: read with its signs, unknown where a record does not say it."""

import json
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hs_file import HEADER, hs_row
from some_passages import add_passages

from models.database import Database
from models.driving_rows import add_driving, load_driving
from models.values.driving import UNSTATED_BIT, Driving, stated_driving
from stations.formats.hs_data import HsData
from stations.formats.station_upload import StationUpload
from stations.station import HsDriving

ZONE = ZoneInfo("Asia/Shanghai")
UPLOAD = {
    "previewCode": "a1",
    "previewDate": "2026-06-18 01:02:03",
    "previewStationCode": "x",
    "axisNum": "3",
    "speed": "55",
    "laneNo": "1",
    "totalWeight": "20000",
}


def uploaded(tmp_path: Path, **fields: object) -> Driving | None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps([UPLOAD | fields]), encoding="utf-8")
    (block,) = StationUpload(zone=ZONE, code="").read(path)
    assert not block.problems, block.problems
    return block.batch.driving


def test_an_upload_tells_what_it_holds_and_nothing_else(tmp_path: Path) -> None:
    told = uploaded(
        tmp_path,
        violationBits="33",
        acceleration="-1.5",
        secondLane="2",
        reversedAxles="0",
        laneOffset="-240",
        axleSpeeds=["55.5", "", "53"],
        axleOffsets=["-10", "20"],
    )
    assert told
    assert (told.bits[0], told.acceleration_ms2[0], told.second_lane[0]) == (33, -1.5, 2)
    assert (told.reversed_axles[0], told.offset_mm[0]) == (0, -240)
    np.testing.assert_array_equal(told.axle_speed_kmh[0], [55.5, np.nan, 53, np.nan, np.nan, np.nan])
    np.testing.assert_array_equal(told.axle_offset_mm[0, :3], [-10, 20, np.nan])


def test_an_upload_that_says_nothing_of_driving(tmp_path: Path) -> None:
    assert uploaded(tmp_path, isEscape=0) is None
    escaped = uploaded(tmp_path, isEscape=1)
    assert escaped
    assert escaped.bits[0] == UNSTATED_BIT


@pytest.mark.parametrize("wrong", [{"acceleration": "fast"}, {"axleSpeeds": ["1"] * 7}, {"secondLane": "-1"}])
def test_what_is_no_number_is_refused_with_its_field(tmp_path: Path, wrong: dict[str, object]) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps([UPLOAD | wrong]), encoding="utf-8")
    (block,) = StationUpload(zone=ZONE, code="").read(path)
    assert [problem.column for problem in block.problems] == list(wrong)


def test_columns_of_hs_data_mean_what_the_station_declares(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    row = hs_row("2026-06-18 01:00:00.000", 60_000)
    path.write_text(f"{HEADER},Violation_Id,Acceleration\n{row},4,-2.5\n{row},,\n", encoding="utf-8")
    (plain,) = HsData(zone=ZONE).read(path)
    assert plain.batch.driving is None
    meant = HsDriving(violation_byte=True, acceleration_ms2=True)
    (block,) = HsData(zone=ZONE, driving=meant).read(path)
    assert block.batch.driving
    assert block.batch.driving.bits.tolist() == [4, -1]
    np.testing.assert_array_equal(block.batch.driving.acceleration_ms2, [-2.5, np.nan])


def test_driving_comes_back_from_the_database_as_it_went_in(database: Database) -> None:
    told = stated_driving(
        3,
        bits=np.array([5, -1, 0]),
        acceleration_ms2=np.array([-1.25, np.nan, np.nan]),
        axle_speed_kmh=np.array([[50.5, np.nan, 49.25], [np.nan] * 3, [np.nan] * 3]),
    )
    assert told
    ids = [1, 2, 3]
    with database.write("test") as connection:
        add_passages(connection, ids)
        add_driving(connection, told, dict(enumerate(ids)))
        add_driving(connection, told, dict(enumerate(ids)))
        back = load_driving(connection, ids)
    assert back.bits.tolist() == [5, -1, 0]
    np.testing.assert_array_equal(back.acceleration_ms2, told.acceleration_ms2)
    np.testing.assert_array_equal(back.axle_speed_kmh, told.axle_speed_kmh)
    assert back.second_lane.tolist() == [-1, -1, -1]
