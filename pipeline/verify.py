"""Verify what is kept: the audit log's chain, the steps of cases held against it, every original's digest."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, select

from models import audit
from models.archive_tables import ArchivedMonth
from models.case_tables import CaseEvent
from models.files import FileStore
from models.hash_chain import Head
from models.office_tables import AuditEntry
from models.tables import Frame, SourceFile
from models.values.office import Action

# What reading a manifest that is none ends in.
UNREADABLE = (OSError, ValueError, KeyError, TypeError, AttributeError)
EVENT_COLUMNS = tuple(column.name for column in CaseEvent.__table__.columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Originals:
    """The originals that the database names: digest and name of each, and the first manifest that is none."""

    store: FileStore
    named: tuple[tuple[str, str], ...]
    odd: str


def breaks(
    connection: Connection, originals: Originals, kept: Head | None, step: Callable[[], None]
) -> Iterator[str]:
    """Yield the first break of the log, of the steps and of the originals, in words; nothing where all holds.

    `kept` is the head noted outside the database; `step` is called for each original read.
    """
    if broken := audit.first_break(connection, kept):
        yield broken
    if broken := _first_changed_step(connection):
        yield broken
    # A manifest that was changed is told as such before one that was always odd.
    if broken := _first_changed_original(originals, step) or originals.odd:
        yield broken


def _first_changed_step(connection: Connection) -> str:
    """Hold each step of a case against the log entry that tells of it."""
    told = {}
    moved = select(AuditEntry.number, AuditEntry.detail).where(AuditEntry.action == Action.MOVED)
    for number, detail in connection.execute(moved.order_by(AuditEntry.number)):
        event = json.loads(detail)
        told[event["case_id"], event["version"]] = (number, event)
    later = select(*CaseEvent.__table__.columns).where(CaseEvent.version > 1)
    for row in connection.execute(later.order_by(CaseEvent.case_id, CaseEvent.version)):
        event = dict(row._mapping)  # noqa: SLF001 (public in SQLAlchemy)
        number, logged = told.pop((row.case_id, row.version), (0, {}))
        if logged != event:
            where = f"audit entry {number} tells otherwise" if number else "no audit entry tells of it"
            return f"step {row.version} of case {row.case_id} ({row.to_state}): {where}"
    for (case_id, version), (number, _) in sorted(told.items()):
        return f"step {version} of case {case_id} is gone; audit entry {number} tells of it"
    return ""


def _first_changed_original(originals: Originals, step: Callable[[], None]) -> str:
    for sha256, name in originals.named:
        path = originals.store.path(sha256)
        try:
            same = digest_of(path) == sha256
        except OSError as error:
            return f"original {sha256} ({name}) can't be read: {error.strerror}"
        if not same:
            return f"original {sha256} ({name}) was changed: its bytes have another digest"
        step()
    return ""


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file as it lies there."""
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def originals_of(connection: Connection, store: FileStore) -> Originals:
    """Return every original by digest; files of archived months are such, and each manifest is read once."""
    named: dict[str, str] = {}
    for table in (Frame, SourceFile):
        named |= {row.sha256: row.name for row in connection.execute(select(table.sha256, table.name))}
    odd = ""
    for row in connection.execute(select(ArchivedMonth.__table__)):
        name = f"archive {row.station_id} {row.month}"
        named[row.manifest] = name
        try:
            named |= dict.fromkeys(_named_in(store, row.manifest), name)
        except UNREADABLE as error:
            odd = odd or f"original {row.manifest} ({name}) is no manifest: {error!r}"
    return Originals(store=store, named=tuple(sorted(named.items())), odd=odd)


def _named_in(store: FileStore, manifest: str) -> list[str]:
    tables = json.loads(store.path(manifest).read_bytes())["tables"]
    return [str(one["sha256"]) for one in tables.values()]
