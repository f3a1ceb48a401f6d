"""The log kept with each partner: a hash chain of everything said and heard, only ever appended."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from models.exchange_tables import ExchangeLog, ExchangePartner, Outgoing
from models.hash_chain import START, Head, entry_hash
from models.inserts import insert_new

PAGE_ROWS = 1000
Direction = Literal["sent", "received"]
# Made once: every message takes a dozen of them, and making one costs more than running it.
HEAD = select(ExchangePartner.number, ExchangePartner.hash).where(ExchangePartner.partner == bindparam("of"))
ADD = insert(ExchangeLog)
MOVE = (
    update(ExchangePartner)
    .where(ExchangePartner.partner == bindparam("of"))
    .values(number=bindparam("number"), hash=bindparam("hash"))
)
FIND = select(*ExchangeLog.__table__.columns).where(
    ExchangeLog.partner == bindparam("of"),
    ExchangeLog.direction == bindparam("way"),
    ExchangeLog.message_id == bindparam("id"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One message, sent or received."""

    partner: str
    number: int
    at: int
    direction: Direction
    message_id: str
    kind: str
    contents: str
    hash: str


def meet(connection: Connection, partner: str) -> None:
    """Begin a log with `partner`, if there is none."""
    row = {"partner": partner, "number": 0, "hash": START, "incarnation": 1}
    row |= {"seen_number": 0, "seen_hash": START, "seen_at": 0, "attempts": 0, "due_at": 0, "problem": ""}
    connection.execute(insert_new(connection, ExchangePartner).values(row))


def head(connection: Connection, partner: str) -> Head:
    """Return the head as it is kept outside the log."""
    found = connection.execute(HEAD, {"of": partner}).one_or_none()
    return Head(number=found.number, hash=found.hash) if found else Head(number=0, hash=START)


def append(
    connection: Connection,
    partner: str,
    direction: Direction,
    *,
    message_id: str,
    kind: str,
    contents: bytes,
    at_ms: int,
) -> int:
    """Append an entry and return its number; the caller holds the lock of the exchange."""
    last = head(connection, partner)
    if not last.number:
        meet(connection, partner)
    row = {
        "partner": partner,
        "number": last.number + 1,
        "at": at_ms,
        "direction": direction,
        "message_id": message_id,
        "kind": kind,
        "contents": contents.decode(),
    }
    digest = entry_hash(last.hash, row)
    connection.execute(ADD, {**row, "hash": digest})
    connection.execute(MOVE, {"of": partner, "number": last.number + 1, "hash": digest})
    return last.number + 1


def cut(connection: Connection, partner: str, first: int) -> Head:
    """Take away the entries from number `first` on, and what waits of them; return where the log ends now."""
    for table in (Outgoing, ExchangeLog):
        connection.execute(delete(table).where(table.partner == partner, table.number >= first))
    last = page(connection, partner, first - 2, 1)
    end = Head(number=first - 1, hash=last[0].hash if last else START)
    connection.execute(MOVE, {"of": partner, "number": end.number, "hash": end.hash})
    return end


def find(connection: Connection, partner: str, direction: Direction, message_id: str) -> Entry | None:
    """Return the entry of that message, if there is one."""
    row = connection.execute(FIND, {"of": partner, "way": direction, "id": message_id}).one_or_none()
    return Entry(**row._mapping) if row else None  # noqa: SLF001 (public in SQLAlchemy)


def entries(connection: Connection, partner: str, after: int = 0) -> Iterator[Entry]:
    """Yield every entry after that number, in order."""
    while found := page(connection, partner, after, PAGE_ROWS):
        yield from found
        after = found[-1].number


def page(connection: Connection, partner: str, after: int, limit: int) -> list[Entry]:
    """Return the first entries after that number."""
    query = (
        select(*ExchangeLog.__table__.columns)
        .where(ExchangeLog.partner == partner, ExchangeLog.number > after)
        .order_by(ExchangeLog.number)
        .limit(limit)
    )
    return [Entry(**row._mapping) for row in connection.execute(query)]  # noqa: SLF001 (public in SQLAlchemy)


def first_break(found: Iterable[Entry], end: Head) -> str:
    """Return where the chain breaks first, in words; "" where it holds and ends with `end`."""
    number, before = 0, START
    for entry in found:
        number += 1
        if entry.number != number:
            return f"entry {number} is missing, entry {entry.number} follows entry {number - 1}"
        before = entry_hash(before, {name: getattr(entry, name) for name in entry.__slots__})
        if entry.hash != before:
            return f"entry {number} ({entry.direction} {entry.message_id}) was changed or moved"
    if (end.number, end.hash) != (number, before):
        return f"the log ends with entry {number}, but {end.number} were written: the end was cut off"
    return ""
