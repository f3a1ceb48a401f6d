import dataclasses
import threading
from collections import Counter

import pytest
from agencies import HOUR_MS, JINSHAN, PINGHU, START_MS, Agency, Pair, claim_of
from sqlalchemy import Connection, update
from sqlalchemy.exc import IntegrityError

from models.database import Database
from models.exchange_tables import ExchangeState, OwnClaimRow
from notices.exchange.envelope import Heard
from notices.exchange.refusals import RefusedError
from notices.recognition.docket import Docket, Standing
from notices.recognition.protocol import NotHeldError


def test_the_first_filed_is_fined_and_the_other_recognises_it(pair: Pair) -> None:
    pair[PINGHU].file(claim_of(PINGHU, 1, filed_ms=START_MS))
    pair[JINSHAN].file(claim_of(JINSHAN, 1, passed_h=2, filed_ms=START_MS + 1))
    assert pair[PINGHU].standing("平湖-1") is Standing.WAITING
    pair.heal()
    assert pair[PINGHU].standing("平湖-1") is Standing.HELD
    assert pair[JINSHAN].standing("金山-1") is Standing.BLOCKED
    pair[PINGHU].decide("平湖-1")
    with pytest.raises(NotHeldError):
        pair[JINSHAN].decide("金山-1")
    pair.heal()
    pair.same_messages()
    kinds = Counter((entry.direction, entry.kind) for entry in pair[PINGHU].log())
    assert kinds == {
        ("sent", "claim"): 1,
        ("sent", "fined"): 1,
        ("sent", "receipt"): 3,
        ("received", "claim"): 1,
        ("received", "grant"): 1,
        ("received", "yield"): 1,
        ("received", "receipt"): 2,
    }


def test_what_is_said_comes_with_the_callers_transaction_or_not_at_all(pair: Pair) -> None:
    agency = pair[PINGHU]
    with pytest.raises(RuntimeError, match="stop"), agency.database.write("test") as connection:
        agency.exchange.file(connection, claim_of(PINGHU, 1))
        raise RuntimeError("stop")
    assert (agency.claims(), agency.log(), agency.waiting()) == ({}, [], 0)


def test_a_decision_without_a_grant_is_refused_by_the_database_too(pair: Pair) -> None:
    pair[PINGHU].file(claim_of(PINGHU, 1))
    for standing in ("held", "decided"):
        with pytest.raises(IntegrityError), pair[PINGHU].database.write("test") as connection:
            connection.execute(update(OwnClaimRow).values(standing=standing))


def test_two_runners_at_once_lose_no_step(pair: Pair) -> None:
    agency = pair[PINGHU]
    other = Agency(PINGHU, Database(agency.database.url), pair.post)
    threads = [
        threading.Thread(
            target=lambda runner=runner, first=first: [
                runner.file(claim_of(PINGHU, number, passed_h=number)) for number in range(first, 40, 2)
            ]
        )
        for first, runner in enumerate((agency, other))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.database.close()
    standings = Counter(own.standing for own in agency.claims().values())
    # Passages an hour apart, acts of 24 hours: what is one act with a claim before it is blocked.
    assert sum(standings.values()) == 40
    assert 1 <= standings[Standing.WAITING] <= 2
    assert [entry.number for entry in agency.log()] == list(range(1, standings[Standing.WAITING] + 1))
    agency.check_log()
    pair.never_two()


def test_an_act_given_free_late_goes_to_the_other(pair: Pair) -> None:
    pair[PINGHU].file(claim_of(PINGHU, 1))
    pair[JINSHAN].file(claim_of(JINSHAN, 1, filed_ms=START_MS + 1))
    pair.heal()
    pair[PINGHU].decide("平湖-1")
    pair[PINGHU].revoke("平湖-1")
    pair.heal()
    assert pair[JINSHAN].standing("金山-1") is Standing.BLOCKED
    pair[PINGHU].release("平湖-1")
    pair.heal()
    assert pair[JINSHAN].standing("金山-1") is Standing.HELD


def test_three_days_without_the_partner(pair: Pair) -> None:
    pair.fate = lambda: "lost"
    for number in range(12):
        pair[PINGHU].file(claim_of(PINGHU, number, passed_h=30 * number, plate=f"浙F{number:05}"))
        pair[JINSHAN].file(
            claim_of(
                JINSHAN, number, passed_h=30 * number + 1, plate=f"浙F{number:05}", filed_ms=START_MS + 9
            )
        )
        for _ in range(6):
            for agency in pair.agencies.values():
                agency.clock.now_ms += HOUR_MS
                assert agency.relay.round() == 0
    pair.never_two()
    assert not [own for own in pair[PINGHU].claims().values() if own.standing.is_firm]
    pair.heal()
    assert {own.standing for own in pair[PINGHU].claims().values()} == {Standing.HELD}
    assert {own.standing for own in pair[JINSHAN].claims().values()} == {Standing.BLOCKED}
    pair.never_none()
    pair.same_messages()


def test_a_claim_that_asks_a_stranger_is_not_filed(pair: Pair) -> None:
    claim = dataclasses.replace(claim_of(PINGHU, 1), scope=frozenset({"无名"}))
    with pytest.raises(ValueError, match="no partner 无名"):
        pair[PINGHU].file(claim)


def test_a_frozen_exchange_says_and_takes_nothing(pair: Pair) -> None:
    pair[PINGHU].file(claim_of(PINGHU, 1))
    with pair[JINSHAN].database.write("test") as connection:
        connection.execute(update(ExchangeState).values(frozen="备份恢复中"))
    with pytest.raises(RefusedError, match="备份恢复中"):
        pair[JINSHAN].file(claim_of(JINSHAN, 1))
    pair[PINGHU].relay.round()
    assert pair[PINGHU].waiting() == 1
    with pair[JINSHAN].database.write("test") as connection:
        connection.execute(update(ExchangeState).values(frozen=""))
    pair.heal()
    assert pair[PINGHU].standing("平湖-1") is Standing.HELD


def test_casework_is_told_in_the_transaction_or_not_at_all(pair: Pair) -> None:
    heard: list[str] = []
    standings: list[tuple[str, ...]] = []

    def on_heard(_connection: Connection, one: Heard) -> None:
        if is_refused:
            raise ValueError("casework can't take it")
        heard.append(one.envelope.id)

    def on_step(_connection: Connection, before: Docket, after: Docket) -> None:
        standings.append(tuple(own.standing for docket in (before, after) for own in docket.own.values()))

    agency, is_refused = pair[JINSHAN], True
    agency.inbox.exchange = dataclasses.replace(agency.exchange, on_heard=on_heard, on_step=on_step)
    agency.file(claim_of(JINSHAN, 1, filed_ms=START_MS + 1))
    pair[PINGHU].file(claim_of(PINGHU, 1))
    before = agency.log()
    pair[PINGHU].relay.round()
    assert (agency.log(), agency.standing("金山-1"), heard) == (before, Standing.WAITING, [])
    is_refused = False
    standings.clear()
    pair.heal()
    pair[PINGHU].relay.round()
    assert heard == ["claim/平湖-1/1"]
    assert standings == [(Standing.WAITING, Standing.BLOCKED)]
