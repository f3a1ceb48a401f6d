"""Limits and decided masses against cases worked by hand.

Figures and amounts in `limit_cases.tsv` come from the statutes and the arithmetic in its last column,
not from the program. County and factor are invented: none is shipped.
"""

import csv
import re
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from models.values.findings import Doubt
from models.values.passages import PassageBatch, no_text
from models.values.timeline import to_ms
from models.values.vehicles import Layout, VehicleFacts, VehicleKind
from pipeline.overload import Overload, judge_overload
from pipeline.rules.consequences import consequence
from pipeline.rules.rule_sets import RuleSet, rule_sets
from pipeline.rules.tolerance import CountyFactor, Tolerance
from stations.station import Station

FILE = Path(__file__).with_name("limit_cases.tsv")
CASES = list(csv.DictReader(FILE.read_text(encoding="utf-8").splitlines(), delimiter="\t"))
FACTOR = CountyFactor(
    county="虚构县",
    factor=1.091,
    valid_from=date(2026, 1, 1),
    valid_until=date(2026, 6, 30),
    citation="虚构",
)
YES_NO = {"是": True, "否": False}
FACTS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "布局": ("layout", {one.label: one for one in Layout}.__getitem__),
    "驱动轴": ("drive_axles", int),
    "单胎轴": ("single_tyre_axles", int),
    "加宽轮胎": ("wide_tyres", YES_NO.__getitem__),
    "空气悬架": ("air_suspension", YES_NO.__getitem__),
    "行驶证总质量": ("registered_gross_kg", int),
    "车辆类型": ("kind", {one.label: one for one in VehicleKind}.__getitem__),
}
UNKNOWN = {
    "布局": Doubt.LAYOUT_OPEN,
    "驱动轴": Doubt.DRIVE_AXLES_UNKNOWN,
    "轮胎": Doubt.TYRES_UNKNOWN,
    "悬架": Doubt.SUSPENSION_UNKNOWN,
    "行驶证": Doubt.LICENCE_UNKNOWN,
    "登记不符": Doubt.FACTS_DISAGREE,
    "无限值": Doubt.NO_LIMIT,
}
MODES = {"扣除": "deduct_percent", "限值提高": "raise_limit"}
# How the rule files cite what the table names in Chinese.
NAMED = {
    "第三条（四）": "62号令 art. 3(四)",
    "第三条（五）": "62号令 art. 3(五)",
    "第三条（六）": "62号令 art. 3(六)",
    "第三条（七）": "62号令 art. 3(七)",
    "第三条（八）": "62号令 art. 3(八)",
    "第三条第二款": "3000 kg less for each axle with single tyres",
    "认定标准注4": "认定标准 note 4",
    "认定标准42吨": "认定标准: 2-axle tractor with 3-axle semitrailer 42 t",
    "认定标准35吨": "认定标准: 3-axle truck with 1-axle centre-axle trailer 35 t",
    "行驶证": "vehicle licence",
    "专用作业车": "special-purpose vehicles",
    "轴荷之和": "sum of the axle loads",
}


def facts_of(text: str) -> VehicleFacts:
    pairs = [pair.split("=") for pair in text.split("；") if pair]
    return VehicleFacts(**{FACTS[name][0]: FACTS[name][1](value) for name, value in pairs})


def sets_with(tolerance: str) -> tuple[RuleSet, ...]:
    mode, percent = "none", None
    if match := re.fullmatch(r"(扣除|限值提高)([\d.]+)%", tolerance):
        mode, percent = MODES[match[1]], float(match[2])
    changed = Tolerance.model_validate({"mode": mode, "percent": percent, "citation": "虚构"})
    return tuple(
        one.model_copy(update={"tolerance": changed, "county_factor": (FACTOR,)}) for one in rule_sets()
    )


def passage(case: dict[str, str], zone: ZoneInfo) -> PassageBatch:
    axles, gross_kg = int(case["轴数"]), int(case["实测质量(千克)"])
    spacings = [int(mm) for mm in case["轴距(毫米)"].split("、") if mm] or [0] * (axles - 1)
    noon = datetime.combine(date.fromisoformat(case["过车日期"]), time(12), tzinfo=zone)
    return PassageBatch(
        row=np.array([1]),
        passed_at_ms=np.array([to_ms(noon)], dtype=np.int64),
        lane=np.array([1], dtype=np.int16),
        axle_count=np.array([axles], dtype=np.int16),
        gross_kg=np.array([gross_kg]),
        axle_kg=np.full((1, axles), gross_kg // axles),
        left_kg=np.full((1, axles), -1),
        spacing_mm=np.array([spacings]),
        speed_kmh=np.array([60.0]),
        length_mm=np.array([-1]),
        serial=no_text(1),
        plate_front=no_text(1),
        plate_rear=no_text(1),
        plate_colour=no_text(1),
    )


def judged(case: dict[str, str], make_station: Callable[..., Station]) -> tuple[Overload, RuleSet | None]:
    place = case["检测点位置"]
    station = make_station(
        province=case["检测点省份"],
        place="expressway_entrance" if place == "入口" else "road",
        county="" if place == "入口" else place,
    )
    sets = sets_with(case["误差处理"])
    overload = judge_overload(passage(case, station.zone), station, sets, [facts_of(case["已知信息"])])
    return overload, next((one for one in sets if one.id == overload.rule_set[0]), None)


def test_there_are_enough_cases_and_each_is_another() -> None:
    assert len(CASES) >= 85
    assert len({tuple(list(case.values())[2:10]) for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=[f"{case['编号']}-{case['说明']}" for case in CASES])
def test_worked_case(case: dict[str, str], make_station: Callable[..., Station]) -> None:
    overload, rules = judged(case, make_station)
    limit, decided, excess = (
        int(column[0]) for column in (overload.limit_kg, overload.decided_kg, overload.excess_kg)
    )
    assert (limit, decided) == (int(case["限值(千克)"]), int(case["认定质量(千克)"]))
    assert [*overload.doubts[0]] == [UNKNOWN[name] for name in case["未知事项"].split("、") if name]
    if rules is None:
        assert case["处理"] == "无适用规则"
        return
    if case["限值依据"]:
        assert NAMED[case["限值依据"]] in overload.limit_rule[0]
    result = consequence(limit, decided if excess or not limit else min(limit, decided), rules)
    assert result.band.label == case["处理"]
    assert result.amount_fen == Decimal(case["金额(元)"]) * 100
    assert result.articles[1:] == ((case["条款"],) if case["条款"] else ())
