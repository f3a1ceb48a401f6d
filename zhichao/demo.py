"""The demo: a simulated night through the real nightly run, and what it found against what was true."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from models.database import Database
from pipeline.export import case_rows
from pipeline.overload import decided_kg
from stations.roadside.night import simulate_night
from stations.roadside.station import RoadsideStation
from stations.roadside.truth import Troubles
from stations.roadside.vehicle import Defect, PlateCondition, TrueVehicle
from zhichao import show, wiring
from zhichao.progress import Bars
from zhichao.run import run_night
from zhichao.settings import ConfigError, Settings
from zhichao.sheet import write_sheet

DAY = date(2026, 6, 18)
STATIONS = ("sim-pinghu", "sim-jinshan")
SIMULATED = "模拟数据 SIMULATED"
REJECTED = {Defect.GROSS_SUM, Defect.OVERSPEED, Defect.IMPOSSIBLE_SPACING}

Key = tuple[str, str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Cases found against the truth; plates count only the cases of vehicles truly over their limit."""

    truly_over: int
    with_case: int
    within_tolerance: int
    record_rejected: int
    missed: int
    wrong_cases: int
    plates: Counter[tuple[PlateCondition, str]]
    troubles_expected: int
    troubles_found: int

    @property
    def sound(self) -> bool:
        """Tell whether no case is missing, none accuses the innocent, and every trouble was told."""
        return not self.missed and not self.wrong_cases and self.troubles_expected == self.troubles_found


def run_demo(settings: Settings, folder: Path, *, seed: int, passages: int) -> bool:
    """Run the demo in a new folder; return whether cases and troubles agree with the truth."""
    if folder.exists() and any(folder.iterdir()):
        raise ConfigError(f"{folder}: the demo wants a new or empty folder")
    out, notes = show.console(), Console(stderr=True)
    stations = [settings.station(name) for name in STATIONS]
    here = settings.model_copy(update={"data_dir": folder.absolute(), "database_url": "", "chunk_size": 50})
    roadside = [
        RoadsideStation(
            station_id=station.id,
            station_code=station.code or station.id,
            format="hs_data" if station.format == "hs_data" else "station_upload",
            lanes=len(station.lanes),
            camera_offset_ms=station.clock_offset_ms,
        )
        for station in stations
    ]
    with Bars(notes) as bars:
        bars.stage(f"{SIMULATED}: 生成 drawing", passages * len(roadside))
        night = simulate_night(
            here.data_dir,
            date=DAY,
            seed=seed,
            passages_per_station=passages,
            stations=roadside,
            progress=lambda _done, _total: bars.step(),
        )
    title = f"{SIMULATED}: {DAY} 夜间处理 nightly run"
    report = run_night(here, stations, DAY, out=out, notes=notes, as_json=False, title=title)
    with Database(here.url).read() as connection:
        cases = [row for station in stations for row in case_rows(connection, station, DAY)]
    found = sum(taken.quarantined + taken.frames_damaged for taken in report.intake.values())
    mpe = {station.id: station.certificates[0].mpe_percent for station in stations}
    compared = compare(night.vehicles, night.troubles, cases, found, mpe)
    out.print(show.case_table(cases[:12], f"{SIMULATED}: 案件 cases (前12件 first 12 of {len(cases)})"))
    out.print(_truth_table(compared))
    out.print(_plate_table(compared))
    write_sheet(cases, wiring.store(here), folder / "cases.jpg", caption=SIMULATED)
    out.print(f"图片 picture: {folder / 'cases.jpg'}", highlight=False, soft_wrap=True)
    return compared.sound


def compare(
    vehicles: Sequence[TrueVehicle],
    troubles: Sequence[Troubles],
    cases: Sequence[dict[str, Any]],
    troubles_found: int,
    mpe_percent: dict[str, float],
) -> Comparison:
    """Hold cases against the truth, matched by station, second and lane."""
    by_key = {(case["station"], case["time"][:19], case["lane"]): case for case in cases}
    counts: Counter[str] = Counter()
    plates: Counter[tuple[PlateCondition, str]] = Counter()
    for vehicle in vehicles:
        case = by_key.get(_key(vehicle))
        over = vehicle.gross_kg > vehicle.limit_kg
        counts["over"] += over
        counts["wrong"] += case is not None and not over
        if not over:
            continue
        if case is not None:
            counts["case"] += 1
            plates[vehicle.plate_condition, _verdict(case["plate"], vehicle.front_plate.text)] += 1
        elif vehicle.defect in REJECTED:
            counts["rejected"] += 1
        elif decided_kg_of(vehicle, mpe_percent) <= vehicle.limit_kg:
            counts["tolerance"] += 1
        else:
            counts["missed"] += 1
    return Comparison(
        truly_over=counts["over"],
        with_case=counts["case"],
        within_tolerance=counts["tolerance"],
        record_rejected=counts["rejected"],
        missed=counts["missed"],
        wrong_cases=counts["wrong"],
        plates=plates,
        troubles_expected=sum(len(one.spoiled_images) + one.unreadable_records for one in troubles),
        troubles_found=troubles_found,
    )


def decided_kg_of(vehicle: TrueVehicle, mpe_percent: dict[str, float]) -> int:
    """Return the mass that a sound record of the vehicle leads to."""
    measured = np.array([vehicle.measured_gross_kg], dtype=np.int64)
    return int(decided_kg(measured, mpe_percent[vehicle.station_id])[0])


def _key(vehicle: TrueVehicle) -> Key:
    return vehicle.station_id, vehicle.passed_at.isoformat()[:19], vehicle.lane


def _verdict(read: str, true: str) -> str:
    if not read:
        return "unread"
    return "right" if read == true else "wrong"


def _truth_table(compared: Comparison) -> Table:
    table = Table(
        title=f"{SIMULATED}: 与真值比较 found against true", title_justify="left", show_header=False
    )
    table.add_column()
    table.add_column(justify="right")
    for label, value in (
        ("真实超限车辆 truly over the limit", compared.truly_over),
        ("  已立为案件 with a case", compared.with_case),
        ("  扣除误差后未超限 within the tolerance", compared.within_tolerance),
        ("  记录已剔除 record rejected", compared.record_rejected),
        ("  遗漏 missed", compared.missed),
        ("误立案件 cases against the innocent", compared.wrong_cases),
        ("坏输入 bad input, true", compared.troubles_expected),
        ("  已发现 told of", compared.troubles_found),
    ):
        table.add_row(label, f"{value:,}")
    return table


def _plate_table(compared: Comparison) -> Table:
    table = Table(title=f"{SIMULATED}: 案件号牌 plates of these cases", title_justify="left")
    table.add_column("真实状况 true condition")
    verdicts = {"right": "正确 right", "wrong": "错误 wrong", "unread": "未识别 unread"}
    for heading in verdicts.values():
        table.add_column(heading, justify="right")
    for condition in PlateCondition:
        counts = [compared.plates[condition, verdict] for verdict in verdicts]
        if any(counts):
            table.add_row(condition, *(f"{count:,}" for count in counts))
    return table
