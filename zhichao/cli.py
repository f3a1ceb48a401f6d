"""The command line: what is printed goes to stdout, progress and messages to stderr."""

import datetime
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from models.database import Database
from models.values.states import Word
from pipeline.decisions import count_waiting
from pipeline.export import case_rows, lead_rows, write_exports
from pipeline.gate.chart import lane_chart
from pipeline.gate.state import Override
from pipeline.judge_file import FileReport, judge_file
from pipeline.lane_list import lane_nights, lane_row, last_day
from pipeline.lane_rows import add_override
from pipeline.plates.read import load_reader
from pipeline.rules.rule_sets import rule_sets
from stations.formats.base import FileRefusedError
from stations.intake import IntakeReport, clock_ms, drop_folder_files
from stations.station import Station
from zhichao import console, documents, evidence, exchange_cli, registries_command, show, wiring
from zhichao.demo import run_demo
from zhichao.exits import CONFIG, ConfigOption, Exit, JsonOption, explained
from zhichao.plates_command import (
    CROP_THRESHOLD,
    FRAME_THRESHOLD,
    PlatesReport,
    image_files,
    plates_table,
    read_files,
    weights_folder,
)
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
app.add_typer(exchange_cli.app, name="exchange")


StationsOption = Annotated[
    list[str] | None, typer.Option("--station", help="station id or station file; default: all declared")
]


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
    with explained(notes):
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
    with explained(notes):
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
    with explained(notes):
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
    with explained(notes):
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
    charts: Annotated[Path | None, typer.Option(help="also draw a chart of each lane here")] = None,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Show how each lane stands as the nights measured it, by which statistic, and what a person said."""
    out, notes = show.console(), Console(stderr=True)
    rows = []
    with explained(notes):
        settings = load_settings(config)
        # A rule file that can't be used is said before anything else.
        rule_sets()
        with Database(settings.url).read() as connection:
            for one in _chosen(settings, station):
                day = date.date() if date else last_day(connection, one)
                if day is None:
                    continue
                for lane in one.lanes:
                    row = lane_row(connection, one, lane.number, day)
                    if row is None:
                        continue
                    rows.append(row)
                    if charts is not None:
                        charts.mkdir(parents=True, exist_ok=True)
                        seen = lane_nights(connection, one, lane.number, day)
                        picture = lane_chart(f"{one.name} 车道 {lane.number}", seen)
                        (charts / f"{one.id}-{lane.number}.png").write_bytes(picture)
    if as_json:
        show.json_lines(rows)
    else:
        out.print(show.lane_table(rows))


@app.command()
def leads(
    *,
    date: Annotated[
        datetime.datetime | None, typer.Option(formats=["%Y-%m-%d"], help="local day; default: all")
    ] = None,
    station: StationsOption = None,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """List what the station gate keeps from becoming cases, and why."""
    out, notes = show.console(), Console(stderr=True)
    with explained(notes):
        settings = load_settings(config)
        day = date.date() if date else None
        with Database(settings.url).read() as connection:
            rows = [row for one in _chosen(settings, station) for row in lead_rows(connection, one, day)]
    if as_json:
        show.json_lines(rows)
    else:
        out.print(show.lead_table(rows))


@app.command()
def override(  # noqa: PLR0913 (each is an option of the command)
    station: Annotated[str, typer.Argument(help="station id or station file")],
    lane: Annotated[int, typer.Argument(help="lane number")],
    *,
    standing: Annotated[Word, typer.Option(help="what holds; measured: what the lane's statistics say")],
    reason: Annotated[str, typer.Option(help="why, such as the number of a verification certificate")],
    actor: Annotated[str, typer.Option("--by", help="who says so")],
    first: Annotated[datetime.datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="first local day")],
    last: Annotated[datetime.datetime, typer.Option("--until", formats=["%Y-%m-%d"], help="last local day")],
    config: ConfigOption = CONFIG,
) -> None:
    """Say how a lane stands on some days, whatever it measured; kept for good with who, when and why.

    Where that opens the gate, the next nightly run judges the leads of those days again.
    """
    notes = Console(stderr=True)
    with explained(notes):
        settings = load_settings(config)
        declared = settings.station(station)
        if lane not in {one.number for one in declared.lanes}:
            raise ConfigError(f"station {declared.id}: lane {lane} is not declared")
        try:
            said = Override(
                standing=standing.standing,
                actor=actor,
                reason=reason,
                first_day=first.date(),
                last_day=last.date(),
            )
        except ValueError as error:
            raise ConfigError(str(error)) from error
        with Database(settings.url).write("override.added") as connection:
            add_override(connection, declared.id, lane, said)
            waiting = count_waiting(connection, declared, lane, said.first_day, said.last_day)
    notes.print(f"已登记 kept; 该期间线索 leads of those days: {waiting:,}", highlight=False)


@app.command()
def plates(
    paths: Annotated[list[Path], typer.Argument(help="images, folders with all below them, or patterns")],
    *,
    crops: Annotated[bool, typer.Option("--crops", help="each image is one plate, cut out")] = False,
    draw: Annotated[Path | None, typer.Option(help="also write the images here, plates marked")] = None,
    threshold: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="confidence from which a text is given; default: 0.8, for crops 0"),
    ] = None,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Read the number plates of images, one line for each plate."""
    out, notes = show.console(), Console(stderr=True)
    report = PlatesReport()
    if threshold is None:
        threshold = CROP_THRESHOLD if crops else FRAME_THRESHOLD
    with explained(notes):
        settings = load_settings(config) if config != CONFIG or config.exists() else Settings()
        files = list(image_files(paths))
        if not files:
            raise ConfigError(f"no images in {', '.join(map(str, paths))}")
        reader = load_reader(weights_folder(settings, config), settings.reader_threads)
        with Bars(notes) as bars:
            bars.stage("号牌 plates", len(files))
            rows = read_files(
                files, reader.read_crop if crops else reader.read, report, threshold, draw, bars.step
            )
            if as_json:
                show.json_lines(rows)
            else:
                out.print(plates_table(rows))
    show.messages(notes, report.problems)
    notes.print(report.summary(), highlight=False)
    if report.problems:
        raise typer.Exit(Exit.TROUBLE)


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
    with explained(Console(stderr=True)):
        right = run_demo(load_settings(config), folder, seed=seed, passages=passages, as_json=as_json)
    if not right:
        raise typer.Exit(Exit.TROUBLE)


app.command()(evidence.verify)
app.command()(evidence.bundle)
app.command()(evidence.make_key)
app.command()(console.serve)
app.add_typer(console.users_app, name="users")
app.command()(documents.notice)
app.command(name="documents")(documents.list_documents)
app.command()(documents.seal_init)
app.command()(documents.verify_document)
app.add_typer(registries_command.commands, name="registries")
app.command()(registries_command.registry_sim)


def main() -> None:
    """Run the command line."""
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.stderr.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    app()
