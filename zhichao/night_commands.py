"""Records in, judged, and the night: `intake`, `judge`, `nightly`."""

import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from models.clock import clock_ms
from models.database import Database
from pipeline.judge_file import FileReport, judge_file
from stations.drop_folder import drop_folder_files
from stations.formats.base import FileRefusedError
from stations.intake_report import IntakeReport
from zhichao import show, tables, wiring
from zhichao.chosen import StationsOption, chosen
from zhichao.exits import CONFIG, ConfigOption, Exit, JsonOption, explained
from zhichao.progress import Bars
from zhichao.run import run_night
from zhichao.settings import ConfigError, load_settings


def intake(
    paths: Annotated[list[Path] | None, typer.Argument(help="files; default: the drop folders")] = None,
    *,
    station: StationsOption = None,
    retry: Annotated[bool, typer.Option(help="take again what waits in the quarantine folder")] = False,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Take records and frames in. Originals are kept by digest; what can't be read goes to quarantine."""
    out, notes = show.console(), Console(stderr=True)
    with explained(notes):
        settings = load_settings(config)
        taken_in = chosen(settings, station)
        if paths and len(taken_in) != 1:
            raise ConfigError("files given: name the one station they come from with --station")
        taking = wiring.intake(settings, Database(settings.url))
        reports: dict[str, IntakeReport] = {}
        with Bars(notes) as bars:
            for one in taken_in:
                if retry:
                    reports[one.id] = taking.retry(one)
                    continue
                files = paths or drop_folder_files(settings.inbox / one.id)
                bars.stage(one.id, len(files))
                reports[one.id] = taking.take(one, files, remove=not paths, step=bars.step)
    show.messages(notes, [line for report in reports.values() for line in report.messages])
    rows = [{"station": name, **report.counts()} for name, report in reports.items()]
    if as_json:
        show.json_lines(rows)
    else:
        out.print(tables.intake_table(rows, "接收 intake"))
    if any(report.troubled for report in reports.values()):
        raise typer.Exit(Exit.TROUBLE)


def judge(
    file: Annotated[Path, typer.Argument(help="record file in the station's format")],
    *,
    station: Annotated[str, typer.Option(help="station id or station file")],
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Judge one record file without a database: every passage over its limit."""
    out, notes = show.console(), Console(stderr=True)
    report = FileReport()
    with explained(notes):
        declared = load_settings(config).station(station)
        try:
            lines = judge_file(file, declared, clock_ms(), report)
            if as_json:
                show.json_lines(lines)
            else:
                for _ in lines:
                    pass
                tables.file_report(out, report)
        except FileRefusedError as error:
            raise ConfigError(f"{file}: {error.reason}") from error
    show.messages(notes, [f"{file}{problem}" for problem in report.problems])
    if report.problems:
        raise typer.Exit(Exit.TROUBLE)


def nightly(
    *,
    date: Annotated[datetime.datetime, typer.Option(formats=["%Y-%m-%d"], help="local day of the passages")],
    station: StationsOption = None,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Run a night: intake, match, quality, overload, plates, cases. A rerun changes nothing."""
    out, notes = show.console(), Console(stderr=True)
    with explained(notes):
        settings = load_settings(config)
        report = run_night(
            settings, chosen(settings, station), date.date(), out=out, notes=notes, as_json=as_json
        )
    if report.troubled:
        raise typer.Exit(Exit.TROUBLE)
