"""Run a night and say what it did."""

import datetime
from collections.abc import Iterator

from rich.console import Console
from sqlalchemy import Connection

from models.database import Database
from models.values.states import Standing
from pipeline.archive import refuse_archived
from pipeline.export import case_rows, write_exports
from pipeline.lane_list import lane_row
from pipeline.nightly import NightReport
from pipeline.summary import night_summary
from stations.station import Station
from zhichao import show, tables, wiring
from zhichao.progress import Bars
from zhichao.settings import Settings


def run_night(
    settings: Settings,
    stations: list[Station],
    day: datetime.date,
    *,
    out: Console,
    notes: Console,
    as_json: bool,
    title: str = "",
) -> NightReport:
    """Run a night, export its cases and print its summary."""
    database = Database(settings.url)
    with database.read() as connection:
        refuse_archived(connection, stations, day)
    with Bars(notes) as bars:
        report = wiring.nightly_run(settings, database, bars).run(stations, day)
    with database.read() as connection:
        nights = night_summary(connection, stations, day)
        exports = settings.data_dir / "exports"
        for one in stations:
            reopened = {other for name, other in report.leads_revived if name == one.id}
            for exported in sorted({day} | reopened):
                write_exports(case_rows(connection, one, exported), exports / str(exported) / one.id)
        barred = [line for one in stations for line in _barred_lanes(connection, one, day)]
    show.messages(
        notes, [line for taken in report.intake.values() for line in taken.messages] + report.failures
    )
    show.messages(notes, tables.registry_lines(report.registries))
    waiting, revived = report.waiting.items(), report.leads_revived.items()
    show.messages(
        notes, [f"{place}: {count} 条待处理 passages wait for a run of that day" for place, count in waiting]
    )
    show.messages(
        notes, [f"{name} {one}: {count} 条线索转为案件 leads became cases" for (name, one), count in revived]
    )
    show.messages(notes, barred + report.clock_troubles)
    if as_json:
        show.json_lines(night.as_json() | {"seconds": report.seconds} for night in nights)
    else:
        out.print(tables.night_table(nights, report, title or f"{day} 夜间处理 nightly run"))
    notes.print(f"导出 exports: {exports / str(day)}", highlight=False, soft_wrap=True)
    return report


def _barred_lanes(connection: Connection, station: Station, day: datetime.date) -> Iterator[str]:
    """Say which lanes opened no case that day, and why."""
    for lane in station.lanes:
        row = lane_row(connection, station, lane.number, day)
        if row and row["day"] == str(day) and row["standing"] == Standing.BARRED:
            why = row["override"] or row["decided_by"]
            yield f"{station.id} 车道 {lane.number} 停用 barred: {why}"
