"""The commands of service: where a party is reached, attempts, what came of them."""

import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from models.case_life import life_of
from models.database import Database
from models.values.office import PROGRAM
from models.values.service import Channel, Outcome
from notices.service.attempt_rows import list_attempts
from notices.service.carriers import Contact, Report
from notices.service.contacts import keep_contact, store_confirmation
from zhichao import service_wiring, show
from zhichao.exits import CONFIG, ConfigOption, Exit, JsonOption, explained
from zhichao.settings import load_settings

app = typer.Typer(help="Service of documents on the party: channels, attempts, proofs.", no_args_is_help=True)
NumberArgument = Annotated[str, typer.Argument(help="number of a sealed document")]


@app.command()
def contact(
    case: Annotated[str, typer.Argument(help="case number")],
    *,
    name: Annotated[str, typer.Option(help="who receives")],
    address: Annotated[str, typer.Option(help="postal address")] = "",
    email: Annotated[str, typer.Option(help="address for electronic service")] = "",
    phone: Annotated[str, typer.Option(help="mobile number")] = "",
    confirmation: Annotated[
        Path | None, typer.Option(help="signed 送达地址确认书: agrees to electronic service")
    ] = None,
    config: ConfigOption = CONFIG,
) -> None:
    """Keep where the party of a case is reached; kept under seal, the latest one counts."""
    with explained(Console(stderr=True)):
        settings = load_settings(config)
        desk = service_wiring.desk(settings, Database(settings.url))
        sha256 = store_confirmation(desk.proofs, confirmation.read_bytes()) if confirmation else ""
        given = Contact(name=name, address=address, email=email, phone=phone)
        with desk.database.write("service.contact") as connection:
            case_id = life_of(connection, case).case_id
            keep_contact(
                connection,
                desk.vault,
                case_id,
                given,
                confirmation_sha256=sha256,
                actor=PROGRAM,
                at_ms=desk.clock_ms(),
            )
    show.console().print(f"已登记送达地址 kept: {case}", highlight=False)


@app.command()
def start(
    number: NumberArgument,
    *,
    channel: Annotated[Channel | None, typer.Option(help="default: the next by rule")] = None,
    config: ConfigOption = CONFIG,
) -> None:
    """Begin to serve a document; what a program can send goes with the next `run`."""
    with explained(Console(stderr=True)):
        settings = load_settings(config)
        desk = service_wiring.desk(settings, Database(settings.url))
        reference = desk.start(number, channel, actor=PROGRAM)
    show.console().print(reference, highlight=False)


@app.command()
def note(
    reference: Annotated[str, typer.Argument(help="reference of an attempt")],
    *,
    outcome: Annotated[Outcome, typer.Option(help="what came of it")],
    on: Annotated[datetime.datetime, typer.Option(formats=["%Y-%m-%d"], help="day it happened")],
    proof: Annotated[Path | None, typer.Option(help="receipt, picture, screenshot")] = None,
    reason: Annotated[str, typer.Option(help="why it failed; 拒收 where the party refused")] = "",
    tracking: Annotated[str, typer.Option(help="number of the post, or the like")] = "",
    config: ConfigOption = CONFIG,
) -> None:
    """Note what came of an attempt, with its proof; a delivery moves the case on."""
    with explained(Console(stderr=True)):
        settings = load_settings(config)
        desk = service_wiring.desk(settings, Database(settings.url))
        content = proof.read_bytes() if proof else b""
        report = Report(outcome=outcome, on=on.date(), tracking=tracking, reason=reason, proof=content)
        new = desk.note(reference, report)
    show.console().print("已登记 noted" if new else "早已登记 noted before", highlight=False)


@app.command()
def run(*, config: ConfigOption = CONFIG, as_json: JsonOption = False) -> None:
    """Send what waits, follow what was sent, name what is overdue."""
    notes = Console(stderr=True)
    with explained(notes):
        settings = load_settings(config)
        tally = service_wiring.desk(settings, Database(settings.url)).run()
    row = {"sent": tally.sent, "delivered": tally.delivered, "failed": tally.failed}
    if as_json:
        show.json_lines([row | {"overdue": tally.overdue, "problems": tally.problems}])
    else:
        words = f"发出 sent {tally.sent}，送达 delivered {tally.delivered}，未送达 failed {tally.failed}"
        show.console().print(words, highlight=False)
    show.messages(notes, [*tally.overdue, *tally.problems])
    if tally.problems:
        raise typer.Exit(Exit.TROUBLE)


@app.command("list")
def list_all(
    case: Annotated[str, typer.Argument(help="case number; default: all")] = "",
    *,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """List the attempts, with what came of them and the day that counts."""
    with explained(Console(stderr=True)):
        settings = load_settings(config)
        with Database(settings.url).read() as connection:
            if case:
                life_of(connection, case)
            rows = list_attempts(connection, case)
    if as_json:
        show.json_lines(rows)
    else:
        show.console().print(_table(rows))


def _table(rows: list[dict[str, Any]]) -> Table:
    table = Table(title="送达 service", title_justify="left")
    for heading in (
        "文书 document",
        "方式 channel",
        "参考号 reference",
        "结果 outcome",
        "送达日期 served on",
    ):
        table.add_column(heading)
    for row in rows:
        outcome = Outcome(row["outcome"]).label if row["outcome"] else "待结果"
        outcome += f"：{row['reason']}" if row["reason"] else ""
        cells = (
            row["document"],
            Channel(row["channel"]).label,
            row["reference"],
            outcome,
            row["served_on"] or "",
        )
        table.add_row(*map(escape, cells))
    return table
