"""The commands of the exchange with the other agencies."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from models.database import Database
from notices.exchange import bundle, export, log, outbox
from notices.exchange.exchange import Exchange
from notices.exchange.log_file import read_log_file, write_log_file
from notices.exchange.partners import NotTakenError
from notices.exchange.refusals import RefusedError
from notices.exchange.resync import begin_by_hand, end_by_hand
from zhichao import exchange_wiring, logs, show
from zhichao.exits import CONFIG, ConfigOption, Exit, JsonOption, explained
from zhichao.settings import ConfigError, load_settings

app = typer.Typer(help="Exchange with the other agencies: keys, listener, logs.", no_args_is_help=True)
FolderArgument = Annotated[Path, typer.Argument(help="folder for one file a partner")]


@app.command()
def init(*, config: ConfigOption = CONFIG) -> None:
    """Make the agency's signing key and certificate; prints what its partners put into their settings."""
    out, notes = show.console(), Console(stderr=True)
    with explained(notes):
        settings = load_settings(config)
        public = exchange_wiring.make_keys(settings)
    notes.print(f"证书 certificate: {exchange_wiring.keys_folder(settings) / 'tls.pem'}", highlight=False)
    lines = [
        "[[partners]]",
        f'id = "{settings.agency.id}"',
        f'url = "{settings.agency.base_url}"',
        f'certificate = "{settings.agency.id}.pem"',
        f'keys = [{{ public = "{public}" }}]',
    ]
    out.print("\n".join(lines), highlight=False, markup=False, soft_wrap=True)


@app.command()
def serve(*, config: ConfigOption = CONFIG) -> None:
    """Listen for the partners and send to them, until stopped."""
    notes = Console(stderr=True)
    with explained(notes):
        settings = load_settings(config)
        where = f"监听 listening: {settings.agency.host}:{settings.agency.port}"
        logs.set_up(as_json=settings.log_format == "json")
        exchange_wiring.serve(settings, Database(settings.url), lambda: notes.print(where, highlight=False))


@app.command()
def status(*, config: ConfigOption = CONFIG, as_json: JsonOption = False) -> None:
    """Show each partner: entries of the log, messages without receipt, what keeps it from being reached."""
    with explained(Console(stderr=True)):
        settings = load_settings(config)
        with Database(settings.url).read() as connection:
            rows = [
                {
                    "partner": partner.id,
                    "log": log.head(connection, partner.id).number,
                    "waiting": outbox.waiting(connection, partner.id),
                    "problem": outbox.pause_of(connection, partner.id).problem,
                }
                for partner in settings.partners
            ]
    if as_json:
        show.json_lines(rows)
        return
    table = Table(title="往来机关 partners", title_justify="left")
    for heading in ("机关 partner", "日志 log entries", "待回执 without receipt", "问题 problem"):
        table.add_column(heading)
    for row in rows:
        table.add_row(*map(str, row.values()))
    show.console().print(table)


@app.command()
def pack(
    partner: Annotated[str, typer.Argument(help="the partner's id")],
    file: Annotated[Path, typer.Argument(help="bundle to write")],
    *,
    config: ConfigOption = CONFIG,
) -> None:
    """Write what waits for a partner as a bundle, to be carried by hand."""
    notes = Console(stderr=True)
    with explained(notes):
        settings = load_settings(config)
        ours = exchange_wiring.exchange(settings, Database(settings.url))
        if partner not in ours.partners:
            raise ConfigError(f"partner {partner!r} is not declared")
        count = bundle.pack(ours, partner, file)
    notes.print(f"{file}: {count} 条消息 messages", highlight=False, soft_wrap=True)


@app.command()
def unpack(
    file: Annotated[Path, typer.Argument(help="bundle that was carried here")],
    receipts: Annotated[Path, typer.Argument(help="bundle of receipts to write, to be carried back")],
    *,
    config: ConfigOption = CONFIG,
) -> None:
    """Take in a bundle, and write the receipts."""
    notes = Console(stderr=True)
    with explained(notes):
        settings = load_settings(config)
        try:
            taken = bundle.unpack(exchange_wiring.exchange(settings, Database(settings.url)), file)
        except RefusedError as error:
            raise ConfigError(str(error)) from error
        bundle.write_bundle(receipts, taken.receipts)
    show.messages(notes, list(taken.refused))
    notes.print(f"{receipts}: {len(taken.receipts)} 份回执 receipts", highlight=False, soft_wrap=True)
    if taken.refused:
        raise typer.Exit(Exit.TROUBLE)


@app.command("show-log")
def show_log(
    partner: Annotated[str, typer.Argument(help="the partner's id")],
    file: Annotated[Path, typer.Argument(help="file to write, which holds what was said of persons")],
    *,
    config: ConfigOption = CONFIG,
) -> None:
    """Write the log kept with a partner for that partner, which restored a backup and is met by hand."""
    notes = Console(stderr=True)
    with explained(notes):
        settings = load_settings(config)
        ours = exchange_wiring.exchange(settings, Database(settings.url))
        if partner not in ours.partners:
            raise ConfigError(f"partner {partner!r} is not declared")
        try:
            count = write_log_file(ours, partner, file)
        except FileExistsError as error:
            raise ConfigError(f"{file}: there is such a file already") from error
    notes.print(f"{file}: {count} 条记录 entries", highlight=False, soft_wrap=True)


@app.command()
def resync(
    *,
    logs: Annotated[
        list[Path] | None, typer.Option("--log", help="log that a partner's `show-log` wrote; one for each")
    ] = None,
    fences: Annotated[
        Path, typer.Option(help="folder for what is to be brought to the partners whose logs are given")
    ] = Path("fences"),
    config: ConfigOption = CONFIG,
) -> None:
    """After a restore from backup, before anything else: learn from the partners what was said since.

    Partners that are met by hand alone bring their logs as files: the first time a bundle is written for each
    to `unpack`, the second time, with logs written after that, the exchange goes on.
    """
    notes, made = Console(stderr=True), list[Path]()
    with explained(notes):
        settings = load_settings(config)
        ours = exchange_wiring.exchange(settings, Database(settings.url))
        try:
            if logs:
                made = _resync_by_hand(ours, logs, fences)
            else:
                exchange_wiring.make_good(settings, ours)
        except (RefusedError, NotTakenError) as error:
            raise ConfigError(f"{error}; the exchange stays frozen") from error
    for path in made:
        notes.print(
            f"请交对方导入，再取回其日志 to be unpacked there: {path}", highlight=False, soft_wrap=True
        )
    if not made:
        notes.print("已与对方核对，恢复收发 made good, the exchange goes on", highlight=False)


def _resync_by_hand(ours: Exchange, logs: list[Path], fences: Path) -> list[Path]:
    """Return the bundles to be brought to the partners; none where the exchange goes on."""
    seen = dict(read_log_file(ours, path) for path in logs)
    if missing := sorted(ours.partners - seen.keys()):
        raise ConfigError(f"--log: expected one of each partner, missing {', '.join(missing)}")
    if end_by_hand(ours, seen):
        return []
    made = []
    for partner, parts in begin_by_hand(ours, seen).items():
        made.append(fences / f"{partner}.zip")
        bundle.write_bundle(made[-1], parts)
    return made


@app.command("export-log")
def export_log(folder: FolderArgument, *, config: ConfigOption = CONFIG) -> None:
    """Write the log kept with each partner, one file each, for a third party to verify."""
    notes = Console(stderr=True)
    with explained(notes):
        settings = load_settings(config)
        with Database(settings.url).read() as connection:
            for partner in settings.partners:
                path = export.write_log(connection, settings.agency.id, partner.id, folder)
                notes.print(f"日志 log: {path}", highlight=False, soft_wrap=True)


@app.command("verify-log")
def verify_log(*, config: ConfigOption = CONFIG) -> None:
    """Check that no entry of any log was changed, moved, taken out or cut off."""
    out, broken = show.console(), False
    with explained(Console(stderr=True)):
        settings = load_settings(config)
        with Database(settings.url).read() as connection:
            for partner in settings.partners:
                end = log.head(connection, partner.id)
                problem = log.first_break(log.entries(connection, partner.id), end)
                broken |= bool(problem)
                out.print(f"{partner.id}: {problem or f'完整 whole, {end.number} entries'}", highlight=False)
    if broken:
        raise typer.Exit(Exit.TROUBLE)
