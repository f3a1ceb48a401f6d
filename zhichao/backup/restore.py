"""Restores a backup into an empty installation, and says what is to be done before it goes on."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, update

from models import head_file
from models.database import Database
from models.errors import MisuseError, NotDoneError
from models.exchange_tables import ExchangeLog, ExchangeState
from models.hash_chain import Head
from models.keys import KeyFileError
from notices.exchange.resync import FROZEN
from zhichao.backup import sealed_keys
from zhichao.backup.evidence import copy
from zhichao.backup.make import FORMAT, KEYS, MANIFEST, stores
from zhichao.backup.tables import BackupBrokenError, load
from zhichao.settings import Settings
from zhichao.soundness import Progress, all_breaks


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What was restored; `broken` is what verification found, `lost` how many log entries are gone.

    `frozen`: the exchange waits for a resync with the partners.
    """

    rows: int
    copied: int
    keys: int
    broken: list[str]
    lost: int
    frozen: bool


def restore(settings: Settings, backup: Path, said: bytes | None, progress: Progress) -> Restored:
    """Fill the empty database and folders of `settings` from a backup, verify them, freeze the exchange.

    Raises:
        BackupBrokenError: a part of the backup is missing or was changed.
        NotDoneError: the database is not empty, or of an older program than the backup.

    """
    manifest = _manifest(backup)
    head = Head(**manifest["audit_head"])
    later = head_file.noted(settings.head_file)
    # Files first: should any of it fail, it can be begun again.
    copied, wrong = 0, list[str]()
    for ours, theirs in stores(settings, backup.parent):
        number, broken = copy(theirs, ours)
        copied, wrong = copied + number, wrong + broken
    keys = len(sealed_keys.unseal(backup / KEYS, settings.data_dir, said)) if said is not None else 0
    older = Database(settings.url, revision=manifest["revision"])
    try:
        with older.write("restored") as connection:
            load(connection, backup / "tables", manifest["tables"])
            talked = connection.scalar(select(func.count()).select_from(ExchangeLog)) or 0
            frozen = bool(talked or settings.partners)
            if frozen:
                # In the same transaction: not one word may be said that the partners know otherwise.
                connection.execute(update(ExchangeState).values(frozen=FROZEN))
    finally:
        older.close()
    head_file.note(settings.head_file, head)
    database = Database(settings.url)
    try:
        with database.read() as connection:
            try:
                found = list(all_breaks(settings, connection, head, progress))
            except (KeyFileError, NotDoneError, MisuseError) as error:
                found = [f"not verified to the end: {error}"]
    finally:
        database.close()
    return Restored(
        rows=sum(table["rows"] for table in manifest["tables"].values()),
        copied=copied,
        keys=keys,
        broken=found + [f"original {sha256} in the backup was changed" for sha256 in wrong],
        lost=max(0, later.number - head.number) if later else 0,
        frozen=frozen,
    )


def _manifest(backup: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads((backup / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise BackupBrokenError(f"{backup}: no backup: it holds no {MANIFEST}") from error
    except ValueError as error:
        raise BackupBrokenError(f"{backup / MANIFEST}: {error}") from error
    if found.get("format") != FORMAT:
        raise NotDoneError(f"{backup}: format {found.get('format')} is not known here, only {FORMAT}")
    return found
