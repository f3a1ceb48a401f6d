"""What the two writers write agrees with the truth, and keeps the formats of real stations."""

import csv
import io
import json
from datetime import datetime
from typing import Any

import pytest

from stations.roadside import hs_data, station_upload
from stations.roadside.scale import times_written, weigh
from stations.roadside.shot import Side, take_shot
from stations.roadside.station import RoadsideStation, random_stream
from stations.roadside.vehicle import Defect, PlateCondition, TrueVehicle

HS_DATA_HEADER = (
    "HSData_DT,Lane_Id,Axle_Num,Gross_Load,"
    "LWheel_1_W,LWheel_2_W,LWheel_3_W,LWheel_4_W,LWheel_5_W,LWheel_6_W,LWheel_7_W,LWheel_8_W,"
    "RWheel_1_W,RWheel_2_W,RWheel_3_W,RWheel_4_W,RWheel_5_W,RWheel_6_W,RWheel_7_W,RWheel_8_W,"
    "AxleDis1,AxleDis2,AxleDis3,AxleDis4,AxleDis5,AxleDis6,AxleDis7,Speed,"
    "Violation_Id,Acceleration"
)

Traffic = tuple[TrueVehicle, ...]
Passages = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def table(table_traffic: Traffic) -> str:
    [(name, content)] = hs_data.record_files(table_traffic, broken=table_traffic[7]).items()
    assert name == "HS_Data_20261120.csv"
    return content.decode()


@pytest.fixture(scope="module")
def uploads(upload_traffic: Traffic, upload_station: RoadsideStation) -> Passages:
    rng = random_stream(0)
    shots = [
        (take_shot(v, Side.FRONT, upload_station, rng), take_shot(v, Side.REAR, upload_station, rng))
        for v in upload_traffic
    ]
    files = station_upload.record_files(upload_station, shots, upload_traffic[7], seed=1)
    assert list(files) == [f"passages_20261120{hour:02d}.json" for hour in range(6)]
    passages = [passage for content in files.values() for passage in json.loads(content)]
    by_code: Passages = {}
    for passage in passages:
        by_code.setdefault(passage["previewCode"], []).append(passage)
    return by_code


def test_table_rows_agree_with_the_truth(table: str, table_traffic: Traffic) -> None:
    assert table.startswith(f"{HS_DATA_HEADER}\n")
    rows = [row for row in csv.DictReader(io.StringIO(table)) if row["Gross_Load"].isdigit()]
    expected = [vehicle for vehicle in table_traffic for _ in range(times_written(vehicle))]
    for row, vehicle in zip(rows, expected, strict=True):
        record, unused = weigh(vehicle), [0] * (8 - vehicle.axle_count)
        local = datetime.fromisoformat(row["HSData_DT"])
        assert local == vehicle.passed_at.replace(tzinfo=None)
        assert (int(row["Lane_Id"]), int(row["Speed"])) == (vehicle.lane, vehicle.speed_kmh)
        assert int(row["Gross_Load"]) == record.gross_kg
        assert [int(row[f"LWheel_{i}_W"]) for i in range(1, 9)] == [*record.left_kg, *unused]
        assert [int(row[f"RWheel_{i}_W"]) for i in range(1, 9)] == [*record.right_kg, *unused]
        assert [int(row[f"AxleDis{i}"]) for i in range(1, 8)] == [*record.spacings_mm, *unused]


def test_table_has_one_row_with_text_for_a_number(table: str, table_traffic: Traffic) -> None:
    lines = table.splitlines()
    broken = [index for index, line in enumerate(lines) if "ERR" in line]
    assert len(broken) == 1
    assert lines[broken[0]].split(",")[0] == lines[broken[0] - 1].split(",")[0]
    assert len(lines) == 1 + len(table_traffic) + 50 + 1  # header, repeated records, the broken row


def test_frames_of_the_table_station_are_named_by_the_cameras_clock(
    table_traffic: Traffic, table_station: RoadsideStation
) -> None:
    leads_ms = []
    for vehicle in table_traffic[:500]:
        name = hs_data.frame_name(take_shot(vehicle, Side.REAR, table_station, random_stream(vehicle.serial)))
        stamp, lane, side = name.removesuffix(".jpg").split("_")
        assert (lane, side) == (f"L{vehicle.lane}", "rear")
        taken_at = datetime.strptime(f"{stamp}+0800", "%Y%m%dT%H%M%S.%f%z")
        leads_ms.append((taken_at - vehicle.passed_at).total_seconds() * 1000)
    assert 1400 <= min(leads_ms) < 1420
    assert 1580 < max(leads_ms) <= 1600


def test_uploads_agree_with_the_truth(
    uploads: Passages, upload_traffic: Traffic, upload_station: RoadsideStation
) -> None:
    for vehicle in upload_traffic:
        first, *others = uploads[station_upload.preview_code(upload_station, vehicle)]
        assert others == [first] * (times_written(vehicle) - 1)
        record, axles = weigh(vehicle), range(vehicle.axle_count)
        assert first["previewDate"] == vehicle.passed_at.strftime("%Y-%m-%d %H:%M:%S")
        assert (first["axisNum"], first["laneNo"]) == (str(vehicle.axle_count), str(vehicle.lane))
        assert first["totalWeight"] == str(record.gross_kg)
        weights = [first[f"axle{i}Weight"] for i in range(1, 7) if first[f"axle{i}Weight"]]
        assert weights == [str(record.left_kg[i] + record.right_kg[i]) for i in axles]
        spacings = [first[f"axle{i}Spacing"] for i in range(1, 6) if first[f"axle{i}Spacing"]]
        assert spacings == [str(spacing) for spacing in record.spacings_mm]
        assert int(first["overLimitWeight"]) == max(0, record.gross_kg - vehicle.limit_kg)


def test_upload_values_are_texts_but_for_one(uploads: Passages) -> None:
    passages = [passage for repeated in uploads.values() for passage in repeated]
    assert {type(value) for p in passages for key, value in p.items() if key != "isEscape"} == {str}
    assert {type(passage["isEscape"]) for passage in passages} == {int}
    assert [passage["previewCode"][-4:] for passage in passages if passage["totalWeight"] == "ERR"] == [
        "9999"
    ]


def test_upload_codes_are_station_time_and_serial(
    upload_traffic: Traffic, upload_station: RoadsideStation
) -> None:
    vehicle = upload_traffic[41]
    code = station_upload.preview_code(upload_station, vehicle)
    assert code == f"310116002{vehicle.passed_at:%Y%m%d%H%M%S}0042"


def test_the_stations_own_reading_is_mostly_right(
    uploads: Passages, upload_traffic: Traffic, upload_station: RoadsideStation
) -> None:
    wrong: dict[PlateCondition, list[int]] = {condition: [] for condition in PlateCondition}
    for vehicle in upload_traffic:
        passage = uploads[station_upload.preview_code(upload_station, vehicle)][0]
        read, true = passage["licenseCodeFront"], vehicle.front_plate.text
        if vehicle.plate_condition in {PlateCondition.COVERED, PlateCondition.MISSING_FRAME}:
            assert (read, passage["licensePlateColor"]) == ("", "")
            continue
        assert passage["licensePlateColor"] in {"蓝", "黄", "黄绿"}
        wrong[vehicle.plate_condition].append(sum(a != b for a, b in zip(read, true, strict=True)))
    assert max(max(count) for count in wrong.values() if count) == 1
    assert 0.01 < sum(wrong[PlateCondition.CLEAR]) / len(wrong[PlateCondition.CLEAR]) < 0.06
    assert 0.3 < sum(wrong[PlateCondition.DIRTY]) / len(wrong[PlateCondition.DIRTY]) < 0.7


def test_a_missing_front_frame_is_not_named(
    uploads: Passages, upload_traffic: Traffic, upload_station: RoadsideStation
) -> None:
    for vehicle in upload_traffic:
        code = station_upload.preview_code(upload_station, vehicle)
        missing = vehicle.plate_condition is PlateCondition.MISSING_FRAME
        assert uploads[code][0]["frontImage"] == ("" if missing else f"{code}_front.jpg")
        assert uploads[code][0]["rearImage"] == f"{code}_rear.jpg"


def test_every_defect_is_in_the_traffic_that_is_written(table_traffic: Traffic) -> None:
    assert {vehicle.defect for vehicle in table_traffic} == {None, *Defect}
