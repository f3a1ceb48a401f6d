"""The demo: a simulated night through the real nightly run, and what it found against what was true."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from models.case_life import ZONE
from models.database import Database
from models.keys import make_key
from notices.documents.kinds import DocumentKind
from pipeline.evasion.rows import manoeuvre_rows
from pipeline.export import case_rows
from pipeline.registries.simulated.dials import Dials
from pipeline.reidentify.lists import conflict_rows
from stations.roadside.night import simulate_night
from stations.roadside.vehicle import PlateCondition
from zhichao import show, tables, wiring
from zhichao.console import made_up_users
from zhichao.demo_exchange import exchange_table, run_exchange
from zhichao.documents import issue
from zhichao.evasion_truth import compare_evasion, evasion_table
from zhichao.office import make_test_seals
from zhichao.progress import Bars
from zhichao.registry_sim import fleet_of, roadside_stations, running
from zhichao.run import run_night
from zhichao.settings import ConfigError, Settings
from zhichao.sheet import write_sheet
from zhichao.truth import Comparison, compare

DAY = date(2026, 6, 18)
STATIONS = ("sim-pinghu", "sim-jinshan")
EVADERS_SHARE = 30  # one passage in so many evades the scale
TRIPS_SHARE = 20  # one passage in so many is an overloaded truck that both stations see
# The night is over, and its cases are filed.
FILED_MS = int(datetime(2026, 6, 18, 6, tzinfo=ZONE).timestamp() * 1000)
SIMULATED = "模拟数据 SIMULATED"
# Nobody of that name exists.
OWNER = {
    "party": {
        "kind": "company",
        "name": "虚构物流有限公司",
        "credit_code": "91330000XXXXXXXX0X",
        "legal_representative": "张虚构",
        "address": "虚构市不存在路88号",
    },
    "review": {"first": "虚构甲", "second": "虚构乙", "on": DAY + timedelta(days=2)},
}


def run_demo(settings: Settings, folder: Path, *, seed: int, passages: int, as_json: bool = False) -> bool:
    """Run the demo in a new folder; return whether cases and troubles agree with the truth."""
    if folder.exists() and any(folder.iterdir()):
        raise ConfigError(f"{folder}: the demo wants a new or empty folder")
    out, notes = show.console(), Console(stderr=True)
    stations = [settings.station(name) for name in STATIONS]
    here = settings.model_copy(update={"data_dir": folder.absolute(), "database_url": "", "chunk_size": 50})
    roadside = roadside_stations(stations)
    with Bars(notes) as bars:
        bars.stage(f"{SIMULATED}: 生成 drawing", passages * len(roadside))
        night = simulate_night(
            here.data_dir,
            date=DAY,
            seed=seed,
            passages_per_station=passages,
            stations=roadside,
            shared_trips=passages // TRIPS_SHARE,
            evaders=passages // EVADERS_SHARE,
            progress=lambda _done, _total: bars.step(),
        )
    title = f"{SIMULATED}: {DAY} 夜间处理 nightly run"
    fleet = fleet_of(stations, DAY, seed, passages)
    with running(fleet, here.data_dir / "registry-sim", Dials()) as registries:
        here = here.model_copy(update={"registries": registries})
        report = run_night(here, stations, DAY, out=out, notes=notes, as_json=as_json, title=title)
    with Database(here.url).read() as connection:
        cases = [row for station in stations for row in case_rows(connection, station, DAY)]
        driven = [row for station in stations for row in manoeuvre_rows(connection, station, DAY)]
        conflicts = [row for station in stations for row in conflict_rows(connection, station, DAY)]
    found = sum(taken.quarantined + taken.frames_damaged for taken in report.intake.values())
    mpe = {station.id: station.certificates[0].mpe_percent for station in stations}
    compared = compare(night.vehicles, night.troubles, cases, found, mpe)
    evaded = compare_evasion(night.vehicles, driven, conflicts)
    write_sheet(cases, wiring.store(here), folder / "cases.jpg", caption=SIMULATED)
    documents = _documents(here, cases)
    make_key(here.key_file)
    exchanged = run_exchange(here, stations, cases, FILED_MS)
    if as_json:
        show.json_lines([*cases, compared.as_json() | {"evasion": evaded.as_json()}, exchanged.as_json()])
    else:
        out.print(tables.case_table(cases[:12], f"{SIMULATED}: 案件 cases (前12件 first 12 of {len(cases)})"))
        out.print(_truth_table(compared))
        out.print(_plate_table(compared))
        out.print(evasion_table(evaded, f"{SIMULATED}: 规避检测 evasion"))
        out.print(exchange_table(exchanged, f"{SIMULATED}: 两地互认 each act fined once by two agencies"))
    notes.print(f"图片 picture: {folder / 'cases.jpg'}", highlight=False, soft_wrap=True)
    for document in documents:
        notes.print(f"文书 document: {document}", highlight=False, soft_wrap=True)
    _tell_of_the_console(here, notes)
    return compared.sound and evaded.sound and exchanged.sound


def _tell_of_the_console(here: Settings, notes: Console) -> None:
    """Say how to open the console on the demo's data, with invented users whose passwords are told once."""
    table = Table(
        title="虚构用户 invented users (密码只显示这一次 passwords are shown once)", title_justify="left"
    )
    for heading in ("登录名 login", "角色 role", "密码 password"):
        table.add_column(heading, no_wrap=True)
    for login, role, password in made_up_users(here):
        table.add_row(login, f"{role.label} {role}", password)
    notes.print(table)
    command = f"ZHICHAO_DATA_DIR={here.data_dir} zhichao serve"
    address = f"http://{here.console_host}:{here.console_port}/"
    notes.print(f"审核台 console: {command}，然后打开 then open {address}", highlight=False, soft_wrap=True)


def _documents(settings: Settings, cases: Sequence[Mapping[str, Any]]) -> list[Path]:
    """Issue an evidence sheet and a summons of the first case whose plate was read, under a test seal."""
    read = [row for row in cases if row["plate"] and row["station"] == STATIONS[0]]
    if not read:
        return []
    make_test_seals(settings)
    database, case = Database(settings.url), read[0]["case"]
    issued = [
        issue(settings, database, case, kind, OWNER)
        for kind in (DocumentKind.EVIDENCE_SHEET, DocumentKind.SUMMONS)
    ]
    shown = []
    for number, document in enumerate(issued, start=1):
        shown.append(settings.data_dir / f"document-{number}.pdf")
        shown[-1].write_bytes(document.path.read_bytes())
    return shown


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
        ("  规避检测，列为线索 lead: evaded the scale", compared.evaded),
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
