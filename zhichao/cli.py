"""The command line: what is printed goes to stdout, progress and messages to stderr."""

import datetime
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from models.database import Database, DatabaseUnavailableError
from pipeline.export import case_rows, write_exports
from pipeline.gate.chart import lane_chart
from pipeline.judge_file import FileReport, judge_file
from pipeline.lanes import lane_nights, lane_row, last_day
from pipeline.rules.rule import RuleError
from stations.formats.base import FileRefusedError
from stations.intake import IntakeReport, clock_ms, drop_folder_files
from stations.station import Station
from zhichao import show, wiring
from zhichao.demo import run_demo
from zhichao.progress import Bars
from zhichao.run import run_night
from zhichao.settings import ConfigError, Settings, load_settings
from zhichao.sheet import write_sheet

app = typer.Typer(
    help="治超 Zhichao: from weigh-in-motion records and frames to cases that an officer can review.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


class Exit(IntEnum):
    """Exit codes."""

    DONE = 0
    TROUBLE = 1
    USAGE = 2
    UNAVAILABLE = 3


ConfigOption = Annotated[Path, typer.Option("--config", envvar="ZHICHAO_CONFIG", help="settings file")]
JsonOption = Annotated[bool, typer.Option("--json", help="print JSON lines instead of tables")]
StationsOption = Annotated[
    list[str] | None, typer.Option("--station", help="station id or station file; default: all declared")
]
CONFIG = Path("config.toml")


@contextmanager
def _explained(notes: Console) -> Iterator[None]:
    """Turn what a user can mend into one message and an exit code."""
    try:
        yield
    except (ConfigError, RuleError, FileNotFoundError, OverflowError) as error:
        show.failure(notes, error)
        raise typer.Exit(Exit.USAGE) from error
    except (DatabaseUnavailableError, OSError) as error:
        show.failure(notes, error)
        raise typer.Exit(Exit.UNAVAILABLE) from error


def _chosen(settings: Settings, names: list[str] | None) -> list[Station]:
    return [settings.station(name) for name in names] if names else list(settings.stations)


@app.command()
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
    with _explained(notes):
        settings = load_settings(config)
        chosen = _chosen(settings, station)
        if paths and len(chosen) != 1:
            raise ConfigError("files given: name the one station they come from with --station")
        taking = wiring.intake(settings, Database(settings.url))
        reports: dict[str, IntakeReport] = {}
        with Bars(notes) as bars:
            for one in chosen:
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
        out.print(show.intake_table(rows, "接收 intake"))
    if any(report.troubled for report in reports.values()):
        raise typer.Exit(Exit.TROUBLE)


@app.command()
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
    with _explained(notes):
        declared = load_settings(config).station(station)
        try:
            lines = judge_file(file, declared, clock_ms(), report)
            if as_json:
                show.json_lines(lines)
            else:
                for _ in lines:
                    pass
                show.file_report(out, report)
        except FileRefusedError as error:
            raise ConfigError(f"{file}: {error.reason}") from error
    show.messages(notes, [f"{file}{problem}" for problem in report.problems])
    if report.problems:
        raise typer.Exit(Exit.TROUBLE)


@app.command()
def nightly(
    *,
    date: Annotated[datetime.datetime, typer.Option(formats=["%Y-%m-%d"], help="local day of the passages")],
    station: StationsOption = None,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Run a night: intake, match, quality, overload, plates, cases. A rerun changes nothing."""
    out, notes = show.console(), Console(stderr=True)
    with _explained(notes):
        settings = load_settings(config)
        report = run_night(
            settings, _chosen(settings, station), date.date(), out=out, notes=notes, as_json=as_json
        )
    if report.troubled:
        raise typer.Exit(Exit.TROUBLE)


@app.command()
def cases(
    number: Annotated[str, typer.Argument(help="case number; default: all")] = "",
    *,
    date: Annotated[
        datetime.datetime | None, typer.Option(formats=["%Y-%m-%d"], help="local day; default: all")
    ] = None,
    station: StationsOption = None,
    export: Annotated[Path | None, typer.Option(help="also write cases.csv and cases.json here")] = None,
    sheet: Annotated[Path | None, typer.Option(help="also draw the first cases into this JPEG")] = None,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """List the cases that findings opened, with their reasons and doubts."""
    out, notes = show.console(), Console(stderr=True)
    with _explained(notes):
        settings = load_settings(config)
        database = Database(settings.url)
        day = date.date() if date else None
        with database.read() as connection:
            rows = [
                row for one in _chosen(settings, station) for row in case_rows(connection, one, day, number)
            ]
        if export is not None:
            write_exports(rows, export)
        if sheet is not None:
            write_sheet(rows, wiring.store(settings), sheet)
    if as_json:
        show.json_lines(rows)
    else:
        out.print(show.case_table(rows, "案件 cases"))


@app.command()
def stations(
    *,
    date: Annotated[
        datetime.datetime | None, typer.Option(formats=["%Y-%m-%d"], help="local day; default: the latest")
    ] = None,
    station: StationsOption = None,
    reference_days: Annotated[int, typer.Option(min=5, max=60, help="first days, taken as reference")] = 14,
    charts: Annotated[Path | None, typer.Option(help="also draw a chart of each lane here")] = None,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Show how each lane stands: trusted, watched or barred, and by which statistic."""
    out, notes = show.console(), Console(stderr=True)
    rows = []
    with _explained(notes):
        settings = load_settings(config)
        with Database(settings.url).read() as connection:
            for one in _chosen(settings, station):
                day = date.date() if date else last_day(connection, one)
                if day is None:
                    continue
                for lane in one.lanes:
                    seen = lane_nights(connection, one, lane.number, day, reference_days)
                    rows.append(lane_row(one, lane.number, day, seen))
                    if charts is not None and seen:
                        charts.mkdir(parents=True, exist_ok=True)
                        picture = lane_chart(f"{one.name} 车道 {lane.number}", seen)
                        (charts / f"{one.id}-{lane.number}.png").write_bytes(picture)
    if as_json:
        show.json_lines(rows)
    else:
        out.print(show.lane_table(rows))


@app.command()
def demo(
    *,
    folder: Annotated[Path, typer.Option(help="new folder for everything the demo writes")] = Path(
        "build/demo"
    ),
    seed: Annotated[int, typer.Option(help="another seed, another night")] = 2026,
    passages: Annotated[int, typer.Option(min=20, max=20_000, help="passages at each station")] = 240,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Simulate a night of two stations, run the nightly job on it, and compare with the truth."""
    with _explained(Console(stderr=True)):
        right = run_demo(load_settings(config), folder, seed=seed, passages=passages, as_json=as_json)
    if not right:
        raise typer.Exit(Exit.TROUBLE)


def main() -> None:
    """Run the command line."""
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.stderr.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    app()
