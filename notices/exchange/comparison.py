"""Both logs held against each other: nothing was rewritten there, and nothing forgotten here.

Each agency reads what the other's log with it has grown by: when it starts, once a day, after each head that
the other says, and whenever it is refused. A message of its own that it does not know proves, by its own
signature, that it went back to a backup: then it freezes and makes good (`notices.exchange.resync`). A log
that no longer goes on from what was seen, or has not the head that was signed for it, is an incident: a
person must look.
"""

import json
from dataclasses import dataclass, field

from sqlalchemy import Connection, select, update

from models.exchange_tables import ExchangeLog, ExchangePartner, ExchangeState
from models.hash_chain import START, Head, entry_hash
from notices.exchange import incarnations, log
from notices.exchange.envelope import hear
from notices.exchange.exchange import Exchange
from notices.exchange.export import line, read_log
from notices.exchange.incidents import alarm
from notices.exchange.kinds import Kind
from notices.exchange.partners import Partners
from notices.exchange.refusals import RefusedError

DAY_MS = 86_400_000
RESTORED = "本机关恢复过备份 restored from a backup without a word: shown by what we said and no longer know"


@dataclass(slots=True)
class _Findings:
    """What a reading of a partner's log brings to light, each with the line that shows it."""

    end: Head
    forgotten: str = ""
    problems: dict[str, str] = field(default_factory=dict)
    hashes: dict[int, str] = field(default_factory=dict)
    shown: set[str] = field(default_factory=set)


def is_due(connection: Connection, partner: str, now_ms: int, *, is_first: bool) -> bool:
    """Tell whether the partner's log is to be read: at first, a day after the last time, where asked for."""
    query = select(ExchangePartner.seen_at).where(ExchangePartner.partner == partner)
    seen_at = connection.scalar(query) or 0
    # A clock that was set back makes a reading in the future.
    return seen_at >= 0 and (is_first or abs(now_ms - seen_at) >= DAY_MS)


def compare(exchange: Exchange, partners: Partners, partner: str) -> bool:
    """Read what is new in the partner's log; return whether it shows that this agency went back to a backup.

    Raises:
        UnreachableError: the partner can't be reached.

    """
    with exchange.database.write("exchange.met") as connection:
        log.meet(connection, partner)
        start = _seen(connection, partner)
        received = _received(connection, partner)
    found = _Findings(end=start, hashes={start.number: start.hash})
    # The last entry that was seen is read again: a log that was cut off has it no more.
    is_there = not start.number
    for entry in read_log(partners, partner, max(start.number - 1, 0)):
        is_there = True
        _read(exchange, partner, found, entry)
        if found.problems:
            break
    if not is_there:
        found.problems[f"the log of {partner} has no entry {start.number} any more"] = str(start)
    if not found.problems:
        _hold_against(found, received, is_whole=not start.number)
    with exchange.database.write("exchange.compared") as connection:
        if _seen(connection, partner) != start:
            return False  # the partner restored a backup since: its log is read from the start again
        _note(connection, exchange, partner, found)
    return bool(found.forgotten)


def ask_again(connection: Connection, partner: str) -> None:
    """Have the partner's log read at once."""
    is_settled = ExchangePartner.seen_at >= 0
    again = update(ExchangePartner).where(ExchangePartner.partner == partner, is_settled)
    connection.execute(again.values(seen_at=0))


def _read(exchange: Exchange, partner: str, found: _Findings, entry: log.Entry) -> None:
    if (entry.number, entry.hash) == (found.end.number, found.end.hash):
        return
    text = line(entry).decode()
    fields = {name: getattr(entry, name) for name in entry.__slots__}
    if entry.number != found.end.number + 1 or entry_hash(found.end.hash, fields) != entry.hash:
        problem = f"the log of {partner} does not go on from entry {found.end.number} as it was seen"
        found.problems[problem] = text
        return
    found.end = Head(number=entry.number, hash=entry.hash)
    found.hashes[entry.number] = entry.hash
    if entry.direction == "sent":
        found.shown.add(entry.message_id)
    direction: log.Direction = "received" if entry.direction == "sent" else "sent"
    with exchange.database.read() as connection:
        known = log.find(connection, partner, direction, entry.message_id)
    if known is not None and known.contents == entry.contents:
        return
    if direction == "received":
        if known is not None:
            found.problems[f"{entry.message_id}: said to us in other bytes than {partner} shows"] = text
        return
    try:
        hear(entry.contents.encode(), exchange.ring, exchange.clock())
    except RefusedError as error:
        found.problems[f"{entry.message_id}: shown by {partner} as ours: {error}"] = text
        return
    found.forgotten = found.forgotten or text


def _hold_against(found: _Findings, received: dict[str, tuple[int, str] | None], *, is_whole: bool) -> None:
    """Hold what was read against the heads that the partner signed, and against all that it said."""
    for message_id, head in received.items():
        if is_whole and message_id not in found.shown:
            found.problems[f"{message_id}: said to us and not in the log any more"] = message_id
        if head is None:
            continue
        number, digest = head
        if number > found.end.number or found.hashes.get(number, digest) != digest:
            found.problems[f"{message_id}: the log has not the head that was signed"] = message_id


def _note(connection: Connection, exchange: Exchange, partner: str, found: _Findings) -> None:
    now_ms = exchange.clock()
    values: dict[str, object] = {"seen_at": now_ms}
    if not found.problems and not found.forgotten:
        values |= {"seen_number": found.end.number, "seen_hash": found.end.hash}
    connection.execute(update(ExchangePartner).where(ExchangePartner.partner == partner).values(values))
    for problem, proof in found.problems.items():
        alarm(connection, partner, now_ms, problem, proof)
    if found.forgotten:
        alarm(connection, partner, now_ms, RESTORED, found.forgotten)
        is_free = ExchangeState.frozen == ""
        connection.execute(update(ExchangeState).where(is_free).values(frozen=RESTORED))


def _seen(connection: Connection, partner: str) -> Head:
    query = select(ExchangePartner.seen_number, ExchangePartner.seen_hash)
    row = connection.execute(query.where(ExchangePartner.partner == partner)).one_or_none()
    return Head(number=row.seen_number, hash=row.seen_hash) if row else Head(number=0, hash=START)


def _received(connection: Connection, partner: str) -> dict[str, tuple[int, str] | None]:
    """Return what the partner said, by id, with the head that it tells in its present incarnation."""
    query = select(ExchangeLog.message_id, ExchangeLog.kind, ExchangeLog.contents).where(
        ExchangeLog.partner == partner, ExchangeLog.direction == "received"
    )
    present = incarnations.of_partner(connection, partner)
    received: dict[str, tuple[int, str] | None] = {}
    for row in connection.execute(query):
        received[row.message_id] = None
        if row.kind in {Kind.LOG_HEAD, Kind.RESTORED}:
            message = json.loads(row.contents)
            if message["incarnation"] == present:
                received[row.message_id] = message["body"]["number"], message["body"]["hash"]
    return received
