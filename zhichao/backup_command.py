"""The commands that make a backup and restore one."""

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from models.clock import clock_ms
from models.database import Database
from zhichao import show
from zhichao.backup import sealed_keys
from zhichao.backup.make import make_backup
from zhichao.backup.restore import restore as restore_backup
from zhichao.exits import CONFIG, ConfigOption, Exit, explained
from zhichao.progress import Bars
from zhichao.settings import load_settings

KeysOption = Annotated[
    bool,
    typer.Option("--keys", help="the keys too, sealed: passphrase in ZHICHAO_BACKUP_PASSPHRASE or a file"),
]
PassphraseOption = Annotated[Path | None, typer.Option("--passphrase-file", help="file of mode 600")]


def backup(
    *, keys: KeysOption = False, passphrase_file: PassphraseOption = None, config: ConfigOption = CONFIG
) -> None:
    """Back up database, evidence and heads into the folder of the settings, while all goes on."""
    out, notes = show.console(), Console(stderr=True)
    with explained(notes):
        settings = load_settings(config)
        said = sealed_keys.passphrase(passphrase_file) if keys else None
        with closing(Database(settings.url)) as database:
            made = make_backup(settings, database, config, clock_ms(), said)
    show.messages(notes, [f"原件缺失或损坏 missing or changed: {sha256}" for sha256 in made.broken])
    told = f"{made.path}: {made.rows:,} 行 rows, {made.copied:,} 份新原件 new originals"
    out.print(told if keys else f"{told}; 不含密钥 without keys", highlight=False, soft_wrap=True)
    if made.broken:
        raise typer.Exit(Exit.TROUBLE)


def restore(
    path: Annotated[Path, typer.Argument(metavar="BACKUP", help="folder of one backup")],
    *,
    keys: KeysOption = False,
    passphrase_file: PassphraseOption = None,
    config: ConfigOption = CONFIG,
) -> None:
    """Restore a backup into an empty installation, and verify it; of either kind of database into either."""
    out, notes = show.console(), Console(stderr=True)
    with explained(notes):
        settings = load_settings(config)
        said = sealed_keys.passphrase(passphrase_file) if keys else None
        with Bars(notes) as bars:
            done = restore_backup(settings, path, said, bars)
    show.messages(notes, done.broken)
    if done.lost:
        notes.print(
            f"! 备份之后的 {done.lost} 条审计记录已失 audit entries since the backup are lost", style="yellow"
        )
    if done.frozen:
        notes.print(
            "! 互认收发已冻结 exchange frozen: zhichao exchange resync", style="yellow", soft_wrap=True
        )
    told = f"{done.rows:,} 行 rows, {done.copied:,} 份原件 originals, {done.keys} 个密钥文件 key files"
    out.print(told, highlight=False, soft_wrap=True)
    if done.broken:
        raise typer.Exit(Exit.TROUBLE)
