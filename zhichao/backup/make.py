"""Makes a backup: the database as of one moment first, then every file it can name."""

import fcntl
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select

from models import audit
from models.database import Database
from models.durable import sync, sync_tree
from models.errors import NotDoneError
from models.exchange_tables import ExchangePartner
from models.files import FileStore
from pipeline.verify import originals_of
from zhichao.backup import sealed_keys
from zhichao.backup.evidence import copy
from zhichao.backup.tables import dump
from zhichao.settings import Settings

FORMAT = 1
STORES = ("originals", "documents", "proofs", "received")
MANIFEST = "manifest.json"
HALF, LOCK = ".half-", ".lock"
KEYS = "keys.sealed"
STAMP = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A backup that was made; `broken` names evidence that is missing or not what its name says."""

    path: Path
    rows: int
    copied: int
    broken: list[str]
    removed: int


def folder_of(settings: Settings) -> Path:
    """Return where backups go."""
    return settings.data_dir / (settings.backup.folder or "backup")


def stores(settings: Settings, folder: Path) -> list[tuple[FileStore, FileStore]]:
    """Return the stores of evidence, each with its copy."""
    return [(FileStore(settings.data_dir / name), FileStore(folder / name)) for name in STORES]


def key_files(settings: Settings) -> list[Path]:
    """Return every file that holds a secret."""
    found = [path for name in ("keys", "seals") for path in (settings.data_dir / name).rglob("*")]
    return [path for path in (*found, settings.registry_keys) if path.is_file()]


def scheduled_passphrase(settings: Settings) -> bytes | None:
    """Return what seals the keys where nobody is there to be asked, None where they stay out."""
    named = settings.backup.passphrase_file
    return sealed_keys.passphrase(settings.data_dir / named) if named else None


def make_backup(
    settings: Settings, database: Database, config: Path, now_ms: int, said: bytes | None = None
) -> Made:
    """Make a backup; with a passphrase the keys are in it, sealed.

    Raises:
        NotDoneError: there is no room for it, or another is being made; older backups stay as they were.

    """
    folder = folder_of(settings)
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    with _alone(folder):
        return _make(settings, database, config, now_ms, said)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep other backups out of a folder, and clear away what killed ones left half done."""
    with (folder / LOCK).open("w") as lock:
        try:
            # The system takes it from whoever dies.
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise NotDoneError(f"{folder}: another backup is being made") from error
        for half in folder.glob(f"{HALF}*"):
            shutil.rmtree(half)
        yield


def _make(settings: Settings, database: Database, config: Path, now_ms: int, said: bytes | None) -> Made:
    folder = folder_of(settings)
    path = folder / datetime.fromtimestamp(now_ms / 1000, UTC).strftime(STAMP)
    if path.exists():
        raise NotDoneError(f"{path}: there is a backup of this second already")
    half = folder / f"{HALF}{path.name}"
    half.mkdir()
    try:
        sources = stores(settings, folder)
        manifest, needed = _database(database, sources[0][0], half, now_ms)
        copied, broken = 0, list[str]()
        for source, target in sources:
            number, wrong = copy(source, target)
            copied, broken = copied + number, broken + wrong
        broken += [sha256 for sha256 in needed if not sources[0][1].path(sha256).exists()]
        if config.is_file():
            shutil.copyfile(config, half / "config.toml")
        if said is not None:
            sealed_keys.seal(key_files(settings), settings.data_dir, said, half / KEYS)
        (half / MANIFEST).write_text(json.dumps(manifest, indent=1, sort_keys=True), encoding="utf-8")
        sync_tree(half)
        half.rename(path)
        sync(folder)
    except OSError as error:
        raise NotDoneError(f"{folder}: {error.strerror}; the backup is not made") from error
    finally:
        shutil.rmtree(half, ignore_errors=True)
    rows = sum(table["rows"] for table in manifest["tables"].values())
    broken = sorted(set(broken))
    return Made(
        path=path, rows=rows, copied=copied, broken=broken, removed=_prune(folder, settings.backup.keep)
    )


def backups(folder: Path) -> list[Path]:
    """Return the backups in a folder, the oldest first."""
    return sorted(path.parent for path in folder.glob(f"*/{MANIFEST}"))


def _database(
    database: Database, originals: FileStore, half: Path, now_ms: int
) -> tuple[dict[str, Any], list[str]]:
    """Write the database as of one moment; return the manifest and the digests of what it names."""
    revision = database.revision
    with database.snapshot() as connection:
        tables = dump(connection, half / "tables")
        head = audit.head(connection)
        logs = connection.execute(
            select(ExchangePartner.partner, ExchangePartner.number, ExchangePartner.hash)
        ).all()
        needed = [sha256 for sha256, _ in originals_of(connection, originals).named]
    return {
        "format": FORMAT,
        "made_at_ms": now_ms,
        "revision": revision,
        "tables": tables,
        "audit_head": {"number": head.number, "hash": head.hash},
        "exchange_heads": {row.partner: {"number": row.number, "hash": row.hash} for row in logs},
    }, needed


def _prune(folder: Path, keep: int) -> int:
    old = backups(folder)[:-keep]
    for path in old:
        # A kill half-way must not leave what looks like a backup.
        half = path.rename(folder / f"{HALF}{path.name}")
        shutil.rmtree(half)
    return len(old)
