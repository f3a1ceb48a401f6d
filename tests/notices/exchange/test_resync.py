import json
import threading
import time
from dataclasses import replace

import pytest
from agencies import HOUR_MS, JINSHAN, PINGHU, START_MS, Pair, claim_of
from sqlalchemy import update

from models.exchange_tables import ExchangeLog
from notices.exchange import log
from notices.exchange import resync as resync_module
from notices.exchange.comparison import RESTORED
from notices.exchange.make_good import SUPERSEDED
from notices.exchange.partners import NotTakenError, UnreachableError
from notices.exchange.refusals import RefusedError
from notices.exchange.resync import freeze
from notices.recognition.docket import Standing


def test_what_a_restore_lost_comes_back_from_the_partner(pair: Pair) -> None:
    backup = pair[PINGHU].backup()
    pair[PINGHU].file(claim_of(PINGHU, 1))
    pair[JINSHAN].file(claim_of(JINSHAN, 1, filed_ms=START_MS + 1))
    pair[JINSHAN].file(claim_of(JINSHAN, 2, plate="浙F00002"))
    pair.heal()
    pair[PINGHU].decide("平湖-1")
    pair.heal()
    before = pair[PINGHU].claims()
    pair.restore(PINGHU, backup)
    assert pair[PINGHU].claims() == before
    pair.heal()
    assert pair[JINSHAN].standing("金山-1") is Standing.BLOCKED
    pair.never_none()
    pair.same_messages()


def test_a_grant_on_its_way_when_the_backup_came_back_counts_no_more(pair: Pair) -> None:
    pair[JINSHAN].file(claim_of(JINSHAN, 1, filed_ms=START_MS + 1))
    backup = pair[PINGHU].backup()
    pair[JINSHAN].relay.round()
    pair.fate = lambda: "late"
    pair[PINGHU].relay.round()
    pair.fate = lambda: "arrives"
    pair.restore(PINGHU, backup)
    (to, grant), *_ = pair.late
    assert (to, json.loads(grant)["kind"]) == (JINSHAN, "grant")
    with pytest.raises(RefusedError, match="stale"):
        pair[JINSHAN].inbox.accept(grant)
    pair.heal()
    pair.never_none()
    pair.same_messages()


def test_what_the_backup_still_has_to_say_is_taken(pair: Pair) -> None:
    pair[PINGHU].file(claim_of(PINGHU, 1))
    backup = pair[PINGHU].backup()
    pair.restore(PINGHU, backup)
    assert pair[PINGHU].waiting() == 2, "the claim, and the head of the log made good"
    pair.heal()
    assert pair[PINGHU].standing("平湖-1") is Standing.HELD
    pair.same_messages()


def test_without_a_resync_an_old_backup_would_fine_twice(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    backup = pair[PINGHU].backup()
    pair[JINSHAN].file(claim_of(JINSHAN, 1))
    pair.heal()
    assert pair[JINSHAN].standing("金山-1") is Standing.HELD
    monkeypatch.setattr(resync_module, "make_good_dockets", lambda *_: None)
    pair.restore(PINGHU, backup)
    # The grant is forgotten: a claim of the same act is raised against a partner that holds it.
    pair[PINGHU].file(claim_of(PINGHU, 1, filed_ms=START_MS - 1))
    assert pair[PINGHU].standing("平湖-1") is Standing.WAITING


def test_a_restore_that_nobody_tells_of_is_noticed_and_made_good(pair: Pair) -> None:
    backup = pair[PINGHU].backup()
    pair[PINGHU].file(claim_of(PINGHU, 1))
    pair.heal()
    pair[PINGHU].decide("平湖-1")
    pair.heal()
    before = pair[PINGHU].claims()
    pair[PINGHU].restore(backup)
    pair[PINGHU].relay.seen.clear()
    stop = threading.Event()
    thread = threading.Thread(target=pair[PINGHU].relay.run, args=(stop,))
    thread.start()
    deadline = time.monotonic() + 30
    while pair[PINGHU].claims() != before and time.monotonic() < deadline:
        time.sleep(0.01)
    stop.set()
    thread.join()
    assert pair[PINGHU].claims() == before
    assert not pair[PINGHU].is_frozen
    assert pair[PINGHU].incidents() == [RESTORED]
    pair.heal()
    pair.same_messages()


def test_who_says_other_bytes_under_an_old_id_since_its_restore_finds_out(pair: Pair) -> None:
    pair[PINGHU].file(claim_of(PINGHU, 2, plate="浙F00002"))
    pair.heal()
    backup = pair[PINGHU].backup()
    pair[PINGHU].file(claim_of(PINGHU, 1))
    pair.heal()
    pair[PINGHU].restore(backup)
    # Nobody noticed, and the relay runs on: the same claim is said anew.
    pair[PINGHU].clock.now_ms += 1
    pair[PINGHU].file(claim_of(PINGHU, 1))
    pair[PINGHU].relay.round()
    assert pair[JINSHAN].incidents() == ["claim/平湖-1/1: the same id with other bytes"]
    pair[PINGHU].relay.round()
    assert pair[PINGHU].is_frozen
    pair.heal()
    assert pair[PINGHU].standing("平湖-1") is Standing.HELD
    assert set(pair[PINGHU].incidents()) == {RESTORED, SUPERSEDED}
    pair[PINGHU].check_log()


def test_both_restore_at_once_and_neither_waits_for_the_other(pair: Pair) -> None:
    backups = {name: agency.backup() for name, agency in pair.agencies.items()}
    pair[PINGHU].file(claim_of(PINGHU, 1))
    pair.heal()
    pair[JINSHAN].file(claim_of(JINSHAN, 1, plate="浙F00002"))
    backups[PINGHU] = pair[PINGHU].backup()
    pair.heal()
    for name, backup in backups.items():
        pair.go_back(name, backup)
    pair.heal()
    assert pair[PINGHU].standing("平湖-1") is Standing.HELD
    # What neither backup held is gone, on both sides alike.
    assert pair[JINSHAN].claims() == {}
    pair.never_none()
    pair.same_messages()


def test_a_receipt_from_a_resync_that_broke_off_is_no_announcement(pair: Pair) -> None:
    pair[PINGHU].file(claim_of(PINGHU, 1))
    pair.heal()
    for agency in pair.agencies.values():
        pair.go_back(agency.name, agency.backup())

    def lost(partner: str, contents: bytes) -> bytes:
        raise UnreachableError(f"{partner}: {len(contents)} bytes lost")

    with pytest.raises(UnreachableError):
        resync_module.resync(pair[JINSHAN].exchange, replace(pair[JINSHAN].partners, post=lost))
    # The receipt for this fence is signed in a life that 平湖 never heard begin.
    pair.resync(PINGHU)
    pair.resync(JINSHAN)
    pair.heal()
    pair.never_none()
    pair.same_messages()


def test_a_resync_that_was_overtaken_changes_nothing(pair: Pair) -> None:
    backup = pair[PINGHU].backup()
    pair[PINGHU].file(claim_of(PINGHU, 1))
    pair.heal()
    pair.go_back(PINGHU, backup)
    partners = pair[PINGHU].partners

    def overtaken(partner: str, contents: bytes) -> bytes:
        if not pair.late:
            pair.late.append((partner, contents))
            pair.resync(PINGHU)
        return partners.post(partner, contents)

    with pytest.raises(NotTakenError, match="stale"):
        resync_module.resync(pair[PINGHU].exchange, replace(partners, post=overtaken))
    assert not pair[PINGHU].is_frozen
    pair.late.clear()
    pair.heal()
    assert pair[PINGHU].standing("平湖-1") is Standing.HELD
    pair.same_messages()


def test_a_fence_that_both_sides_forgot_is_not_heard_again(pair: Pair) -> None:
    backups = {name: agency.backup() for name, agency in pair.agencies.items()}
    pair[PINGHU].clock.now_ms += 24 * HOUR_MS
    pair.restore(PINGHU, backups[PINGHU])
    _, forgotten = pair.sent[0]
    pair[PINGHU].clock.now_ms = START_MS
    for name, backup in backups.items():
        pair.go_back(name, backup)
    pair.heal()
    before = pair[JINSHAN].log()
    with pytest.raises(RefusedError, match="stale"):
        pair[JINSHAN].inbox.accept(forgotten)
    assert pair[JINSHAN].log() == before


def test_a_longer_fence_comes_in_parts(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resync_module, "FENCE_DIGESTS", 2)
    for number in range(5):
        pair[PINGHU].file(claim_of(PINGHU, number, plate=f"浙F{number:05}"))
    pair.restore(PINGHU, pair[PINGHU].backup())
    assert [entry.kind for entry in pair[JINSHAN].log() if entry.direction == "received"] == ["restored"] * 3
    pair.heal()
    assert {own.standing for own in pair[PINGHU].claims().values()} == {Standing.HELD}
    pair.same_messages()


def test_what_was_taken_in_and_lost_is_heard_again(pair: Pair) -> None:
    heard: list[str] = []
    agency = pair[JINSHAN]
    agency.exchange = replace(
        agency.exchange, on_heard=lambda _connection, one: heard.append(one.envelope.id)
    )
    agency.inbox.exchange = agency.exchange
    backup = agency.backup()
    pair[PINGHU].file(claim_of(PINGHU, 1))
    pair.heal()
    assert heard.count("claim/平湖-1/1") == 1
    pair.restore(JINSHAN, backup)
    pair.heal()
    assert heard.count("claim/平湖-1/1") == 2


def test_a_log_that_the_partner_rewrote_is_an_incident(pair: Pair) -> None:
    pair[PINGHU].file(claim_of(PINGHU, 1))
    pair.heal()
    with pair[JINSHAN].database.write("test") as connection:
        connection.execute(update(ExchangeLog).where(ExchangeLog.number == 2).values(at=1))
    pair[PINGHU].relay.seen.clear()
    pair[PINGHU].relay.round()
    assert pair[PINGHU].incidents() == [], "only what is new is read"
    with pair[JINSHAN].database.write("test") as connection:
        log.cut(connection, PINGHU, 3)
    pair[PINGHU].relay.seen.clear()
    pair[PINGHU].relay.round()
    assert pair[PINGHU].incidents() == ["the log of 金山 has no entry 4 any more"]


def test_until_the_partner_was_asked_nothing_is_said(pair: Pair) -> None:
    freeze(pair[PINGHU].exchange)
    with pytest.raises(RefusedError, match="frozen"):
        pair[PINGHU].file(claim_of(PINGHU, 1))
