"""Going on after a restore from an old backup: freeze, learn from the partners what was said, then go on.

An agency that went back in time has forgotten grants that bind it and fines that it decided. So nothing is
said, and nothing but a partner's own fence taken in, until

1. each partner has shown its log, from which follows what it knows of this agency;
2. each partner has taken the fence: of earlier incarnations it takes in only what the fence names;
3. each partner has shown its log once more, since no earlier word can now come to it unseen;
4. in one transaction the own log and every docket are made good, and the exchange goes on.

Each step may break off; a resync that is begun again begins another incarnation and ends in the same state.
Both sides may do it at once: a frozen agency shows its log and takes fences. What neither backup holds and
neither side heard is gone as if it had never been said, and the fences keep it from coming back.
"""

from collections.abc import Iterator, Mapping

from sqlalchemy import Connection, select, update
from sqlalchemy.exc import IntegrityError

from models.errors import MisuseError, NotDoneError
from models.exchange_tables import ExchangeState
from models.hash_chain import Head
from models.kept import savepoint
from notices.exchange import log, shown
from notices.exchange.envelope import Heard
from notices.exchange.exchange import Exchange
from notices.exchange.heads import say_head
from notices.exchange.incarnations import digest, fence_id
from notices.exchange.incidents import alarm
from notices.exchange.kinds import Kind
from notices.exchange.make_good import cut, make_good_dockets, make_good_log
from notices.exchange.partners import Partners
from notices.exchange.refusals import Reason, RefusedError
from notices.exchange.shown import Shown

FROZEN = "备份恢复中 restored from a backup: resync before anything else"
FENCED = "备份恢复中，等待对方日志 restored from a backup: fenced, the partners' logs are awaited"
LOST = "恢复备份后须人工补办 what this message was about is lost, a person must look"
FENCE_DIGESTS = 500


def freeze(exchange: Exchange, reason: str = FROZEN) -> None:
    """Say and take in nothing until a resync; to be called before anything else after a restore."""
    with exchange.database.write("exchange.frozen") as connection:
        is_free = ExchangeState.frozen == ""
        connection.execute(update(ExchangeState).where(is_free).values(frozen=reason))


def why_frozen(exchange: Exchange) -> str:
    """Return why the exchange is frozen, "" where it is not."""
    with exchange.database.read() as connection:
        return connection.scalar(select(ExchangeState.frozen)) or ""


def resync(exchange: Exchange, partners: Partners) -> None:
    """Make good what a restore lost, and go on; a resync that breaks off can be begun again.

    Raises:
        UnreachableError: a partner can't be reached; the exchange stays frozen.
        NotTakenError: a partner refuses the fence; the exchange stays frozen.
        RefusedError: a partner's log holds what can't be ours, or another resync overtook this one.

    """
    freeze(exchange)
    names = sorted(exchange.partners)
    logs = {partner: shown.ask(exchange, partners, partner) for partner in names}
    incarnation, kept = _begin(exchange, logs)
    for partner in names:
        for fence in _fences(exchange, partner, incarnation, kept[partner], logs[partner]):
            partners.post(partner, fence)
        logs[partner] = shown.ask(exchange, partners, partner)
    _end(exchange, incarnation, logs)


def begin_by_hand(exchange: Exchange, logs: Mapping[str, Shown]) -> dict[str, list[bytes]]:
    """Freeze, and return the fence to be brought to each partner, whose log was brought here (step 1)."""
    freeze(exchange)
    incarnation, kept = _begin(exchange, logs)
    with exchange.database.write("exchange.fenced") as connection:
        connection.execute(update(ExchangeState).values(frozen=FENCED))
    return {
        partner: list(_fences(exchange, partner, incarnation, kept[partner], seen))
        for partner, seen in logs.items()
    }


def end_by_hand(exchange: Exchange, logs: Mapping[str, Shown]) -> bool:
    """Go on, if every partner's log, brought here once more, shows that it took the last fence (steps 3, 4).

    Raises:
        RefusedError: a partner's log holds what can't be ours, or another resync overtook this one.

    """
    with exchange.database.read() as connection:
        state = connection.execute(select(ExchangeState.incarnation, ExchangeState.frozen)).one()
    if state.frozen != FENCED:
        return False
    incarnation = state.incarnation
    for partner, seen in logs.items():
        told = seen.still_said(incarnation)
        if seen.announced != incarnation or not told.issuperset(_lacking(exchange, partner, seen)):
            return False
    _end(exchange, incarnation, logs)
    return True


def _begin(exchange: Exchange, logs: Mapping[str, Shown]) -> tuple[int, dict[str, Head]]:
    """Begin an incarnation, and return it with the end of the part of each log that still stands."""
    with exchange.database.write("exchange.fenced") as connection:
        own = connection.scalar(select(ExchangeState.incarnation)) or 1
        incarnation = max(own + 1, exchange.clock(), *(seen.used + 1 for seen in logs.values()))
        connection.execute(update(ExchangeState).values(incarnation=incarnation))
        kept = {partner: cut(connection, exchange, partner, seen) for partner, seen in logs.items()}
    return incarnation, kept


def _lacking(exchange: Exchange, partner: str, seen: Shown) -> list[str]:
    """Return the digests of what was said, as far as this agency knows, and the partner has not heard."""
    with exchange.database.read() as connection:
        lacking = [one for one in log.entries(connection, partner) if seen.lacks(one)]
    return [digest(one.contents) for one in lacking if one.kind != Kind.RESTORED]


def _fences(exchange: Exchange, partner: str, incarnation: int, kept: Head, seen: Shown) -> Iterator[bytes]:
    """Yield the parts of the fence; each holds once taken in, and names its share of what may come."""
    after, digests = seen.announced, _lacking(exchange, partner, seen)
    for part, first in enumerate(range(0, len(digests) or 1, FENCE_DIGESTS), 1):
        still_said = digests[first : first + FENCE_DIGESTS]
        body = {
            "incarnation": incarnation,
            "after": after,
            "number": kept.number,
            "hash": kept.hash,
            "still_said": still_said,
        }
        yield exchange.sign(
            incarnation, to=partner, kind=Kind.RESTORED, message_id=fence_id(incarnation, part), body=body
        )


def _again(connection: Connection, exchange: Exchange, heard: Heard) -> None:
    """Let casework make good what follows from a message; one that it can't follow holds up nothing else."""
    is_own = heard.envelope.sender == exchange.agency
    follow = exchange.on_recalled if is_own else exchange.on_heard
    try:
        with savepoint(connection):
            follow(connection, heard)
    except (ValueError, MisuseError, NotDoneError, IntegrityError) as error:
        partner = heard.envelope.to if is_own else heard.envelope.sender
        # The further lines of a database's error hold values, which may be of persons.
        why = str(error.orig).partition("\n")[0] if isinstance(error, IntegrityError) else error
        alarm(connection, partner, exchange.clock(), f"{LOST}: {why}", heard.contents.decode())


def _end(exchange: Exchange, incarnation: int, logs: Mapping[str, Shown]) -> None:
    """Make everything good in one transaction, and go on."""
    with exchange.database.write("exchange.resynced") as connection:
        state = connection.execute(select(ExchangeState.incarnation, ExchangeState.frozen)).one()
        if state.incarnation != incarnation or not state.frozen:
            raise RefusedError(Reason.FROZEN, "another resync overtook this one")
        for partner, seen in logs.items():
            if any(seen.contradicts(entry) for entry in log.entries(connection, partner)):
                raise RefusedError(Reason.FROZEN, f"{partner} contradicts more than it did: begin again")
        connection.execute(update(ExchangeState).values(frozen=""))
        exchange.lock(connection)
        again: list[Heard] = []
        for partner, seen in logs.items():
            again += make_good_log(connection, exchange, partner, seen)
        make_good_dockets(connection, exchange, incarnation)
        for heard in again:
            _again(connection, exchange, heard)
        for partner in logs:
            say_head(connection, exchange, partner)
