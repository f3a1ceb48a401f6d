import json

import pytest
from agencies import JINSHAN, PINGHU, START_MS, Pair, claim_of

from notices.exchange import resync as resync_module
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
    assert pair[PINGHU].waiting() == 1
    pair.heal()
    assert pair[PINGHU].standing("平湖-1") is Standing.HELD
    pair.same_messages()


def test_without_a_resync_an_old_backup_would_fine_twice(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    backup = pair[PINGHU].backup()
    pair[JINSHAN].file(claim_of(JINSHAN, 1))
    pair.heal()
    assert pair[JINSHAN].standing("金山-1") is Standing.HELD
    monkeypatch.setattr(resync_module, "_make_good_dockets", lambda *_: None)
    pair.restore(PINGHU, backup)
    # The grant is forgotten: a claim of the same act is raised against a partner that holds it.
    pair[PINGHU].file(claim_of(PINGHU, 1, filed_ms=START_MS - 1))
    assert pair[PINGHU].standing("平湖-1") is Standing.WAITING


def test_until_the_partner_was_asked_nothing_is_said(pair: Pair) -> None:
    freeze(pair[PINGHU].exchange)
    with pytest.raises(RefusedError, match="frozen"):
        pair[PINGHU].file(claim_of(PINGHU, 1))
