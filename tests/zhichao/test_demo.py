import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from stations.roadside.night import simulate_night
from stations.roadside.station import RoadsideStation
from stations.roadside.truth import Troubles
from stations.roadside.vehicle import Defect, PlateCondition, TrueVehicle
from zhichao.demo import DAY, run_demo
from zhichao.settings import load_settings
from zhichao.truth import compare

ROOT = Path(__file__).parents[2]


def test_the_demo_finds_what_was_true(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = load_settings(ROOT / "config.toml").model_copy(update={"workers": 1})
    assert run_demo(settings, tmp_path / "demo", seed=11, passages=40, as_json=True)
    *lines, truth, exchanged = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    nights, cases = lines[:2], lines[2:]
    assert [night["passages"] for night in nights] == [40, 40]
    assert (truth["missed"], truth["wrong_cases"]) == (0, 0)
    assert truth["with_case"] == len(cases) == sum(night["cases"] for night in nights)
    assert truth["troubles_found"] == truth["troubles_expected"] == 4
    looked_up = Counter[str]()
    for night in nights:
        looked_up.update(night["lookups"])
    # The simulated registries know every truck, so whoever's plate was read is identified.
    assert looked_up["identified"] + looked_up["permitted"] == sum(bool(case["plate"]) for case in cases)
    assert looked_up["waiting"] == 0
    assert looked_up.total() == len(cases)
    verdicts = Counter({(condition, verdict): count for condition, verdict, count in truth["plates"]})
    assert verdicts["clear", "right"] >= 5
    assert not [key for key in verdicts if key[1] == "wrong"]
    assert exchanged["seen_by_both"] >= 1
    assert exchanged["recognised"] == exchanged["seen_by_both"]
    assert sum(exchanged["fined"].values()) == exchanged["claims"] - exchanged["recognised"]
    assert (exchanged["fined_twice"], exchanged["fined_by_nobody"], exchanged["logs_whole"]) == (0, 0, True)
    assert 0 < exchanged["filing_to_receipt_s"] < 60 < 60 * exchanged["passage_to_receipt_min"]
    assert (tmp_path / "demo" / "cases.jpg").stat().st_size > 20_000
    assert (tmp_path / "demo" / "exports" / str(DAY) / "sim-jinshan" / "cases.csv").exists()


@pytest.fixture(scope="module")
def heavy(tmp_path_factory: pytest.TempPathFactory) -> TrueVehicle:
    station = RoadsideStation(station_id="sim-pinghu", station_code="x", format="hs_data")
    night = simulate_night(
        tmp_path_factory.mktemp("night"), date=DAY, seed=3, passages_per_station=40, stations=[station]
    )
    heaviest = max(night.vehicles, key=lambda vehicle: vehicle.excess_ratio)
    return replace(heaviest, defect=None, plate_condition=PlateCondition.CLEAR)


def case_of(vehicle: TrueVehicle, plate: str) -> dict[str, object]:
    return {
        "station": vehicle.station_id,
        "time": vehicle.passed_at.isoformat(timespec="milliseconds"),
        "lane": vehicle.lane,
        "plate": plate,
    }


def test_a_wrong_a_missed_and_a_misread_case_would_show(heavy: TrueVehicle) -> None:
    light = replace(heavy, gross_kg=heavy.limit_kg)
    quiet = Troubles(station_id="sim-pinghu", spoiled_images=(), orphan_frames=(), unreadable_records=0)
    mpe = {"sim-pinghu": 5.0}
    right = compare([heavy], [quiet], [case_of(heavy, heavy.front_plate.text)], 0, mpe)
    assert right.sound
    assert right.plates == {(PlateCondition.CLEAR, "right"): 1}
    assert not compare([heavy], [quiet], [], 0, mpe).sound
    assert not compare([light], [quiet], [case_of(light, "")], 0, mpe).sound
    assert not compare([], [quiet], [], 1, mpe).sound
    misread = compare([heavy], [quiet], [case_of(heavy, "浙Z99999")], 0, mpe)
    assert misread.plates == {(PlateCondition.CLEAR, "wrong"): 1}
    spoiled = replace(heavy, defect=Defect.GROSS_SUM)
    assert compare([spoiled], [quiet], [], 0, mpe).record_rejected == 1
