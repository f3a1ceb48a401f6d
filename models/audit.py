"""The audit log: a hash chain of who saw, changed and decided what. Only appended, checked from the start."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection, insert, select, update

from models.hash_chain import START, Head, entry_hash
from models.office_tables import AuditEntry, AuditHead
from models.values.office import Action, Actor

PAGE_ROWS = 5000
# The option of a connection that holds entries back.
HELD = "audit_held_back"


def append(
    connection: Connection,
    actor: Actor,
    action: Action,
    subject: str,
    *,
    at_ms: int,
    detail: Mapping[str, object] | None = None,
) -> None:
    """Append an entry in the transaction of what it tells of, or at the end of a block that holds it back."""
    row: dict[str, object] = {
        "at": at_ms,
        "officer_id": actor.officer_id,
        "actor": actor.name,
        "action": action.value,
        "subject": subject,
        "detail": json.dumps(detail or {}, ensure_ascii=False, sort_keys=True),
    }
    held: list[dict[str, object]] | None = connection.get_execution_options().get(HELD)
    if held is None:
        _append(connection, [row])
    else:
        held.append(row)


@contextmanager
def held_back(connection: Connection) -> Iterator[None]:
    """Append what the block tells of at its end, so that other writers wait for no more than that."""
    rows: list[dict[str, object]] = []
    connection.execution_options(**{HELD: rows})
    yield
    connection.execution_options(**{HELD: None})
    _append(connection, rows)


def _append(connection: Connection, rows: Sequence[Mapping[str, object]]) -> None:
    if not rows:
        return
    # The row is locked until the transaction ends, so two writers never follow the same entry.
    last, written = head(connection, lock=True), []
    for row in rows:
        numbered = {**row, "number": last.number + 1}
        last = Head(number=last.number + 1, hash=entry_hash(last.hash, numbered))
        written.append({**numbered, "hash": last.hash})
    connection.execute(insert(AuditEntry), written)
    connection.execute(update(AuditHead).values(number=last.number, hash=last.hash))


def head(connection: Connection, *, lock: bool = False) -> Head:
    """Return the head as it is kept outside the log."""
    query = select(AuditHead.number, AuditHead.hash)
    number, digest = connection.execute(query.with_for_update() if lock else query).one()
    return Head(number=number, hash=digest)


def entries(connection: Connection) -> Iterator[dict[str, object]]:
    """Yield every entry in the order of numbers, as a dict of its columns."""
    columns = AuditEntry.__table__.columns
    last = 0
    while rows := connection.execute(
        select(*columns).where(AuditEntry.number > last).order_by(AuditEntry.number).limit(PAGE_ROWS)
    ).all():
        yield from (dict(row._mapping) for row in rows)  # noqa: SLF001 (public in SQLAlchemy)
        last = rows[-1].number


def first_break(connection: Connection, kept: Head | None = None) -> str:
    """Return where the chain breaks first, in words; "" where it holds.

    `kept` is a head noted elsewhere, such as in a file or with the partner: the log must still hold it.
    """
    number, before = 0, START
    kept_found = kept is None or kept.number == 0
    for row in entries(connection):
        number += 1
        if row["number"] != number:
            return f"audit entry {number} is missing, entry {row['number']} follows entry {number - 1}"
        before = entry_hash(before, row)
        if row["hash"] != before:
            return f"audit entry {number} ({row['action']} {row['subject']}) was changed or moved"
        if kept is not None and kept.number == number:
            if kept.hash != before:
                return f"audit entry {number} is not the one whose hash was noted outside the database"
            kept_found = True
    end = head(connection)
    if (end.number, end.hash) != (number, before):
        return f"the log ends with entry {number}, but {end.number} were written: the end was cut off"
    if kept is not None and not kept_found:
        return f"the log ends with entry {number}, but entry {kept.number} was noted outside the database"
    return ""
