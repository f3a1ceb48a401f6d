"""The commands of documents: issue, list, make a test seal, verify."""

from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sqlalchemy import Connection, select

from models.case_life import ZONE
from models.database import Database
from models.files import FileStore
from models.tables import Case
from models.values.documents import DocumentState
from notices.documents.issue import Issued, hand_out
from notices.documents.kinds import DocumentKind
from notices.documents.numbers import void
from notices.documents.register import register_rows, stamp_waiting
from notices.seal.error import SealError
from notices.service.attempt_rows import open_attempts
from notices.service.attempts import ServiceError, document_row
from notices.service.leaving import hold_case, obstacle_to_leaving, outdated_hearing
from stations.station import Station
from zhichao import logs, show
from zhichao.case_papers import case_facts
from zhichao.exits import CONFIG, ConfigOption, Exit, JsonOption, explained
from zhichao.office import agency_of, document_store, make_test_seals, office
from zhichao.paper_fields import make_paper, read_facts
from zhichao.settings import ConfigError, Settings, load_settings
from zhichao.trusted import problem_here


def notice(
    case: Annotated[str, typer.Argument(help="case number")],
    *,
    kind: Annotated[DocumentKind, typer.Option(help="which document")],
    facts: Annotated[
        Path | None, typer.Option(help="TOML or JSON of fields that nothing knows yet, such as party, review")
    ] = None,
    copy: Annotated[int, typer.Option(min=1, help="2, 3, …: another of the same kind")] = 1,
    out: Annotated[Path | None, typer.Option(help="hand the sealed PDF out to this file")] = None,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Issue a document of a case: numbered, rendered, sealed, filed. A second time gives the same one."""
    with explained(Console(stderr=True)):
        settings = load_settings(config)
        logs.set_up(as_json=settings.log_format == "json")
        database = Database(settings.url)
        issued = issue(settings, database, case, kind, read_facts(facts), copy)
        if out is not None:
            with database.write("document.left") as connection:
                document = document_row(connection, issued.number)
                hold_case(connection, document.case_id)
                if why := obstacle_to_leaving(connection, document, datetime.now(ZONE).date()):
                    raise ServiceError(f"{issued.number}：{why}")
                hand_out(connection, issued.number, partial(problem_here, settings))
                _write(document_store(settings), document_row(connection, issued.number), out)
    row = {"number": issued.number, "sha256": issued.sha256, "file": str(issued.path), "new": issued.is_new}
    if as_json:
        show.json_lines([row])
    else:
        said = "已签发 issued" if issued.is_new else "早已签发 issued before"
        show.console().print(f"{said}: {issued.number}\n{issued.path}", highlight=False, soft_wrap=True)


def _write(store: FileStore, document: Any, out: Path) -> None:  # noqa: ANN401 (a row)
    """Write a sealed file, and beside it its own second signature, never that of another file."""
    beside = out.with_name(f"{out.name}.sm2")
    beside.unlink(missing_ok=True)
    out.write_bytes(store.read(document.sha256))
    if document.sm2:
        beside.write_bytes(bytes.fromhex(document.sm2))


def issue(
    settings: Settings,
    database: Database,
    case: str,
    kind: DocumentKind,
    given: dict[str, Any],
    copy: int = 1,
) -> Issued:
    """Issue a document of a case, with fields that the case doesn't know `given` by name."""
    with database.read() as connection:
        station = _station_of(connection, settings, case)
        known = case_facts(connection, station, case)
    paper = make_paper(kind, agency_of(settings, station.province), known, given)
    today = datetime.now(ZONE).date()
    if why := paper.obstacle_on(today):
        raise ConfigError(f"{kind.label}：{why}")
    issued = office(settings, database, station.province).issue(paper, known.case_id, today, copy)
    if kind is DocumentKind.HEARING_NOTICE and not issued.is_new:
        with database.read() as connection:
            if why := outdated_hearing(connection, document_row(connection, issued.number)):
                raise ServiceError(why)
    return issued


def _station_of(connection: Connection, settings: Settings, case: str) -> Station:
    station_id = connection.scalar(select(Case.station_id).where(Case.number == case))
    if station_id is None:
        raise ConfigError(f"no case {case}")
    return settings.station(station_id)


def list_documents(
    case: Annotated[str, typer.Argument(help="case number; default: all")] = "",
    *,
    void_number: Annotated[str, typer.Option("--void", help="declare this number void")] = "",
    reason: Annotated[str, typer.Option(help="why it is void")] = "",
    stamp: Annotated[bool, typer.Option(help="stamp what was sealed while the authority was away")] = False,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """List every number taken, with what became of it."""
    notes, problems = Console(stderr=True), []
    with explained(notes):
        settings = load_settings(config)
        database = Database(settings.url)
        if void_number:
            with database.write("document.void") as connection:
                void(connection, void_number, reason)
                document = document_row(connection, void_number).id
                asked = [one.reference for one in open_attempts(connection) if one.document_id == document]
            problems += [f"{one}：送达已开始，须告知送达的机关文书已作废 tell who serves it" for one in asked]
        for province in sorted(path.name for path in settings.seals.glob("*/")) if stamp else ():
            try:
                mark = agency_of(settings, province).mark
                problems += stamp_waiting(office(settings, database, province), mark)[1]
            except (ConfigError, SealError) as error:
                problems.append(f"{province}: {error}")
        with database.read() as connection:
            rows = register_rows(connection, case)
    show.messages(notes, problems)
    if as_json:
        show.json_lines(rows)
    else:
        show.console().print(_register_table(rows))
    if problems:
        raise typer.Exit(Exit.TROUBLE)


def _register_table(rows: list[dict[str, Any]]) -> Table:
    table = Table(title="文书 documents", title_justify="left")
    for heading in ("编号 number", "文书 kind", "案件 case", "状态 state", "文件 SHA-256"):
        table.add_column(heading)
    for row in rows:
        state = DocumentState(row["state"]).label + (f"：{row['reason']}" if row["reason"] else "")
        cells = (row["number"], DocumentKind(row["kind"]).label, row["case"], state, row["sha256"][:16])
        table.add_row(*map(escape, cells))
    return table


def seal_init(*, config: ConfigOption = CONFIG) -> None:
    """Make a test authority, and an invented agency with a test seal for each province."""
    with explained(Console(stderr=True)):
        folders = make_test_seals(load_settings(config))
    for folder in folders:
        show.console().print(f"测试印章 TEST seal: {folder}", highlight=False, soft_wrap=True)
