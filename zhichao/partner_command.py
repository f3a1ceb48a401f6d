"""The commands of case work between agencies: what is handed over, asked and told, and what answers it."""

import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from models.case_life import ZONE, life_of
from models.database import Database
from models.values.timeline import from_ms
from notices.casework.circular import circular_of
from notices.casework.claims import unclaimed
from notices.casework.matters import reached
from notices.casework.service import end_of
from notices.exchange.kinds import (
    AnswerBody,
    AnswerOutcome,
    AssistanceBody,
    Kind,
    LeadBody,
    PartyAnswerBody,
    PartyQueryBody,
    RecordBody,
    ServiceResultBody,
    Stage,
)
from review import partners
from zhichao import partner_desk, show
from zhichao.exits import CONFIG, ConfigOption, Exit, JsonOption, explained
from zhichao.partner_line import declared_desk, partner_line, said_or_explained
from zhichao.settings import ConfigError, load_settings

app = typer.Typer(help="Case work with the other agencies: leads, requests, answers.", no_args_is_help=True)
CaseArgument = Annotated[str, typer.Argument(help="case number")]
MatterArgument = Annotated[str, typer.Argument(help="id of what came in, as `list` shows it")]
WithOption = Annotated[str, typer.Option("--partner", help="the partner's id; default: the only one")]
TextOption = Annotated[str, typer.Option(help="what the officers of the partner should know")]
OfficerOption = Annotated[str, typer.Option(help="who asks")]
PurposeOption = Annotated[str, typer.Option(help="what for")]
DueOption = Annotated[datetime.datetime, typer.Option(formats=["%Y-%m-%d"], help="answer is due on this day")]
FilesOption = Annotated[
    list[Path] | None, typer.Option("--file", help="PDF, picture, video or JSON; may recur")
]
FieldsOption = Annotated[list[str] | None, typer.Option("--field", help="name, kind, address; default: all")]


@app.command()
def lead(
    case: CaseArgument,
    *,
    text: TextOption,
    due: DueOption,
    files: FilesOption = None,
    partner: WithOption = "",
    config: ConfigOption = CONFIG,
) -> None:
    """Hand a case over with its evidence; said again, it changes nothing."""
    with partner_line(config, partner, files) as line:
        life = life_of(line.connection, case)
        line.say(
            Kind.LEAD,
            case,
            LeadBody,
            of_case=case,
            subject=f"线索移送 {case}",
            plate=life.plate,
            plate_colour=partner_desk.colour_of(line.connection, life.case_id),
            text=text,
            answer_due_ms=end_of(due.date()),
        )


@app.command()
def ask(  # noqa: PLR0913 (one for each field of the message)
    reference: Annotated[str, typer.Argument(help="own number of the request; each is asked once")],
    *,
    officer: OfficerOption,
    purpose: PurposeOption,
    text: TextOption,
    due: DueOption,
    files: FilesOption = None,
    partner: WithOption = "",
    config: ConfigOption = CONFIG,
) -> None:
    """Ask for assistance."""
    with partner_line(config, partner, files) as line:
        line.say(
            Kind.ASSISTANCE,
            reference,
            AssistanceBody,
            officer=officer,
            purpose=purpose,
            text=text,
            answer_due_ms=end_of(due.date()),
        )


@app.command()
def keeper(
    case: CaseArgument,
    *,
    officer: OfficerOption,
    purpose: PurposeOption,
    due: DueOption,
    fields: FieldsOption = None,
    partner: WithOption = "",
    config: ConfigOption = CONFIG,
) -> None:
    """Ask who keeps the vehicle of a case; once for a case."""
    with partner_line(config, partner) as line:
        life = life_of(line.connection, case)
        line.say(
            Kind.PARTY_QUERY,
            case,
            PartyQueryBody,
            of_case=case,
            case=case,
            officer=officer,
            purpose=purpose,
            plate=life.plate,
            plate_colour=partner_desk.colour_of(line.connection, life.case_id),
            fields=tuple(fields or ("name", "kind", "address")),
            answer_due_ms=end_of(due.date()),
        )


@app.command()
def circular(
    case: CaseArgument,
    *,
    text: TextOption = "",
    partner: WithOption = "",
    config: ConfigOption = CONFIG,
) -> None:
    """Tell the agency of registration of a fine whose case is closed (超限规定 art. 44)."""
    with partner_line(config, partner) as line:
        life = life_of(line.connection, case)
        colour = partner_desk.colour_of(line.connection, life.case_id)
        told = circular_of(line.connection, life, line.partner, colour, text)
        line.say(Kind.CIRCULAR, case, RecordBody, of_case=case, **told.model_dump())


@app.command("answer")
def give_answer(
    matter: MatterArgument,
    *,
    outcome: Annotated[AnswerOutcome, typer.Option(help="what came of it")],
    text: TextOption = "",
    files: FilesOption = None,
    partner: WithOption = "",
    config: ConfigOption = CONFIG,
) -> None:
    """Answer a lead or a request for assistance."""
    with partner_line(config, partner, files) as line:
        asked = line.matter(matter, Kind.LEAD, Kind.ASSISTANCE)
        line.answer(asked, AnswerBody, outcome=outcome, text=text)


@app.command()
def served(
    matter: MatterArgument,
    *,
    on: Annotated[datetime.datetime, typer.Option(formats=["%Y-%m-%d"], help="day it happened")],
    proof: Annotated[Path | None, typer.Option(help="what proves the delivery: PDF or picture")] = None,
    failed: Annotated[str, typer.Option(help="why it could not be served")] = "",
    partner: WithOption = "",
    config: ConfigOption = CONFIG,
) -> None:
    """Answer a request to serve: with the proof of the delivery, or with why it failed."""
    with partner_line(config, partner, [proof] if proof else None) as line:
        asked = line.matter(matter, Kind.SERVICE_REQUEST)
        if bool(failed) == bool(proof):
            raise ConfigError("expected --proof of the delivery or --failed with the reason, and not both")
        if proof:
            reached(line.desk.exchange, line.connection, asked, Stage.SERVED)
        line.answer(
            asked,
            ServiceResultBody,
            reference=partners.said(line.connection, line.partner, "received", matter)["reference"],
            served=not failed,
            on=f"{on:%Y-%m-%d}",
            reason=failed,
            proof_sha256=next(iter(line.files), ""),
        )


@app.command("tell-keeper")
def tell_keeper(  # noqa: PLR0913 (one for each field of the message)
    matter: MatterArgument,
    *,
    outcome: Annotated[str, typer.Option(help="identified, unknown or refused")],
    name: Annotated[str, typer.Option(help="who keeps the vehicle")] = "",
    kind: Annotated[str, typer.Option(help="person or company")] = "",
    address: Annotated[str, typer.Option(help="where the keeper is reached")] = "",
    text: TextOption = "",
    partner: WithOption = "",
    config: ConfigOption = CONFIG,
) -> None:
    """Answer who keeps a vehicle; more than was asked for is not told."""
    with partner_line(config, partner) as line:
        asked = line.matter(matter, Kind.PARTY_QUERY)
        told = {"outcome": outcome, "name": name, "kind": kind, "address": address, "text": text}
        line.answer(asked, PartyAnswerBody, **told)


@app.command("claim-open")
def claim_open(*, config: ConfigOption = CONFIG) -> None:
    """Claim the cases that were filed before a partner was declared; each keeps its place of filing."""
    notes, problems = Console(stderr=True), list[str]()
    with explained(notes):
        settings = load_settings(config)
        database = Database(settings.url)
        desk = declared_desk(settings, database)
        with database.read() as connection:
            numbers = unclaimed(connection)
        for number in numbers:
            try:
                with said_or_explained(), database.write("partner.claimed") as connection:
                    desk.lock(connection)
                    desk.claim_open(connection, number)
            except ConfigError as error:
                problems.append(f"{number}: {error}")
        with database.read() as connection:
            left = len(unclaimed(connection))
    notes.print(
        f"补办互认申请 looked at {len(numbers)}, 仍无申请 still without claim {left}", highlight=False
    )
    show.messages(notes, problems)
    if problems:
        raise typer.Exit(Exit.TROUBLE)


@app.command("list")
def list_all(*, config: ConfigOption = CONFIG, as_json: JsonOption = False) -> None:
    """List what is to be answered, by either side, then what was said and answered last."""
    with explained(Console(stderr=True)):
        settings = load_settings(config)
        with Database(settings.url).read() as connection:
            found = [*partners.open_matters(connection), *partners.latest_matters(connection)]
    rows = [dict(row._mapping) for row in found]  # noqa: SLF001 (the library's public name for it)
    if as_json:
        show.json_lines(rows)
    else:
        show.console().print(_table(rows))


def _table(rows: list[dict[str, Any]]) -> Table:
    table = Table(title="往来事项 matters", title_justify="left")
    for heading in ("事项 matter", "机关 partner", "号牌 plate", "期限 due", "回执 receipt", "结果 outcome"):
        table.add_column(heading)
    table.add_column("编号 id", overflow="fold")
    for row in rows:
        way = "来自" if row["direction"] == "received" else "发往"
        cells = (
            Kind(row["kind"]).label,
            f"{way} {row['partner']}",
            row["plate"],
            f"{from_ms(row['due_at'], ZONE):%Y-%m-%d}" if row["due_at"] else "",
            Stage(row["stage"]).label,
            row["outcome"],
            row["message_id"],
        )
        table.add_row(*map(escape, cells))
    return table
