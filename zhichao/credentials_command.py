"""Commands for the credentials by which stations push."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from models.clock import clock_ms
from models.database import Database
from models.private_file import write_private
from models.values.timeline import from_ms
from stations.push.credentials import credentials, make_credential, revoke_credential
from zhichao import show
from zhichao.exits import CONFIG, ConfigOption, JsonOption, explained
from zhichao.settings import ConfigError, load_settings

commands = typer.Typer(help="Credentials by which stations push.", no_args_is_help=True)


@commands.command("make")
def make(
    station: Annotated[str, typer.Argument(help="station id")],
    *,
    name: Annotated[str, typer.Option(help="what for, such as the device that gets it")],
    out: Annotated[Path | None, typer.Option(help="write the token into this new file, mode 600")] = None,
    config: ConfigOption = CONFIG,
) -> None:
    """Make a credential for a station; its token is shown once and kept nowhere."""
    notes = Console(stderr=True)
    with explained(notes):
        settings = load_settings(config)
        declared = settings.station(station)
        with Database(settings.url).write("credential.made") as connection:
            token = make_credential(connection, declared.id, name, clock_ms())
            if out is not None:
                write_private(out, f"{token}\n".encode())
    if out is None:
        typer.echo(token)
    notes.print("令牌只显示一次 the token is told this once", highlight=False)


@commands.command("revoke")
def revoke(
    number: Annotated[str, typer.Argument(help="the credential's id, as `list` shows it")],
    *,
    reason: Annotated[str, typer.Option(help="why, such as a leak")],
    config: ConfigOption = CONFIG,
) -> None:
    """Revoke a credential from now on; what came by it stays, and `list` says how much that is."""
    notes = Console(stderr=True)
    with explained(notes):
        settings = load_settings(config)
        with Database(settings.url).write("credential.revoked") as connection:
            if not revoke_credential(connection, number, reason, clock_ms()):
                raise ConfigError(f"there is no credential {number} that holds")
    notes.print(f"已吊销 revoked: {number}", highlight=False)


@commands.command("list")
def list_credentials(*, config: ConfigOption = CONFIG, as_json: JsonOption = False) -> None:
    """List the credentials: which hold, how many files came by each, and when the last."""
    out, notes = show.console(), Console(stderr=True)
    with explained(notes):
        settings = load_settings(config)
        zones = {station.id: station.zone for station in settings.stations}
        with Database(settings.url).read() as connection:
            rows = [dict(row) for row in credentials(connection, sorted(zones))]
    for row in rows:
        zone = zones[row["station_id"]]
        for column in ("made_at", "revoked_at", "last_at"):
            row[column] = from_ms(row[column], zone).isoformat(timespec="seconds") if row[column] else ""
    if as_json:
        show.json_lines(rows)
        return
    table = Table(
        "编号 id", "检测点 station", "用途 name", "制发 made", "文件 files", "最近 last", "吊销 revoked"
    )
    for row in rows:
        revoked = f"{row['revoked_at']} {row['revoked_for']}".strip()
        table.add_row(
            row["id"],
            row["station_id"],
            row["name"],
            row["made_at"],
            str(row["files"]),
            row["last_at"],
            revoked,
        )
    out.print(table)
