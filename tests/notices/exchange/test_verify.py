"""Logs, signatures and grants as they lie in the database: what was changed there is named."""

from collections.abc import Callable

import pytest
from agencies import JINSHAN, NAMES, PINGHU, START_MS, Agency, Pair, claim_of, public
from sqlalchemy import delete, update

from models.exchange_tables import ExchangeLog, ExchangePartner, OwnClaimRow
from models.hash_chain import START, entry_hash
from notices.exchange import log
from notices.exchange.keys import KeyRing
from notices.exchange.verify import breaks

Found = Callable[[], list[str]]


@pytest.fixture
def ours(pair: Pair) -> Agency:
    pair[PINGHU].file(claim_of(PINGHU, 1))
    pair.heal()
    pair[PINGHU].decide(f"{PINGHU}-1")
    pair.heal()
    return pair[PINGHU]


def broken(agency: Agency, names: tuple[str, ...] = NAMES) -> list[str]:
    with agency.database.read() as connection:
        ring = KeyRing(public(name) for name in names)
        return list(breaks(connection, agency.name, ring, START_MS))


def chain_again(agency: Agency) -> None:
    """Work out all hashes anew, as who changes a log would."""
    entries, before = agency.log(), START
    with agency.database.write("test") as connection:
        for entry in entries:
            before = entry_hash(before, {name: getattr(entry, name) for name in entry.__slots__})
            one = (ExchangeLog.partner == entry.partner) & (ExchangeLog.number == entry.number)
            connection.execute(update(ExchangeLog).where(one).values(hash=before))
        connection.execute(update(ExchangePartner).values(number=len(entries), hash=before))


def grant(agency: Agency) -> log.Entry:
    return next(entry for entry in agency.log() if entry.kind == "grant")


def test_a_log_that_nobody_touched_is_sound(ours: Agency, pair: Pair) -> None:
    assert broken(ours) == broken(pair[JINSHAN]) == []


def test_a_changed_grant_is_named_by_the_chain_and_behind_a_chain_made_anew_by_its_signature(
    ours: Agency,
) -> None:
    entry = grant(ours)
    with ours.database.write("test") as connection:
        changed = entry.contents.replace("60000", "60001")
        assert changed != entry.contents
        connection.execute(
            update(ExchangeLog).where(ExchangeLog.number == entry.number).values(contents=changed)
        )
    where = f"exchange log with {JINSHAN}: entry {entry.number} (received {entry.message_id})"
    assert broken(ours)[0] == f"{where} was changed or moved"
    chain_again(ours)
    assert broken(ours)[0].startswith(f"{where}: unsigned: signature")


def test_a_claim_without_its_grant_is_named(ours: Agency) -> None:
    number = grant(ours).number
    with ours.database.write("test") as connection:
        last = len(ours.log())
        connection.execute(delete(ExchangeLog).where(ExchangeLog.number == number))
        for later in range(number + 1, last + 1):
            moved = update(ExchangeLog).where(ExchangeLog.number == later)
            connection.execute(moved.values(number=later - 1))
    chain_again(ours)
    assert broken(ours) == [f"claim {PINGHU}-1 (decided): no grant of {JINSHAN} lies in its log"]
    with ours.database.write("test") as connection:
        connection.execute(delete(OwnClaimRow))
    assert broken(ours) == []


def test_a_message_under_another_id_and_a_key_that_is_gone_are_named(ours: Agency) -> None:
    assert "key: none of 金山's" in broken(ours, (PINGHU,))[0]
    entry = grant(ours)
    with ours.database.write("test") as connection:
        one = update(ExchangeLog).where(ExchangeLog.number == entry.number)
        connection.execute(one.values(message_id=f"grant/{PINGHU}-2/1"))
    chain_again(ours)
    assert f"the message is from {JINSHAN} to {PINGHU}, {entry.message_id}" in broken(ours)[0]
