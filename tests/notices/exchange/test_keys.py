from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from agencies import HOUR_MS, JINSHAN, KEYS, PINGHU, START_MS, Pair, claim_of, public
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from starlette.testclient import TestClient

from models.keys import SigningKey
from notices.exchange import verify
from notices.exchange.app import partner_app
from notices.exchange.bundle import unpack, write_bundle
from notices.exchange.client import MESSAGES
from notices.exchange.envelope import hear, sign
from notices.exchange.exchange import Exchange
from notices.exchange.hop import sign_request, signer_of
from notices.exchange.keys import AgencyKey, KeyRing, public_text
from notices.exchange.log_file import read_log_file, write_log_file
from notices.exchange.refusals import RefusedError
from notices.exchange.settings import Partner, PublicKey
from notices.exchange.wire import claim_fields

NEW = SigningKey(private=Ed25519PrivateKey.from_private_bytes(b"\x09" * 32))
URL = "https://jinshan.invalid/v1/messages"
# The old key ends a day after the new one begins.
OLD_KEY = AgencyKey(
    agency=PINGHU, public=KEYS[PINGHU].private.public_key(), valid_until_ms=START_MS + 24 * HOUR_MS
)
NEW_KEY = AgencyKey(agency=PINGHU, public=NEW.private.public_key(), valid_from_ms=START_MS)
RING = KeyRing([OLD_KEY, NEW_KEY])


def message(key: SigningKey, said_ms: int, number: int = 1) -> bytes:
    fields: dict[str, Any] = {
        "id": f"claim/平湖-{number}/1",
        "kind": "claim",
        "sender": PINGHU,
        "to": JINSHAN,
        "incarnation": 1,
        "said_ms": said_ms,
        "body": claim_fields(claim_of(PINGHU, number, plate=f"浙Z0000{number}")) | {"epoch": 1},
    }
    return sign(key, fields)


@pytest.mark.parametrize(
    ("key", "hour", "counts"),
    [
        (KEYS[PINGHU], -1, True),
        (KEYS[PINGHU], 23, True),
        (KEYS[PINGHU], 24, False),
        (NEW, -1, False),
        (NEW, 0, True),
        (NEW, 25, True),
    ],
)
def test_both_keys_are_good_while_they_overlap(key: SigningKey, hour: int, *, counts: bool) -> None:
    said = message(key, START_MS + hour * HOUR_MS)
    years_later = START_MS + 10 * 365 * 24 * HOUR_MS
    if counts:
        assert hear(said, RING, years_later).envelope.sender == PINGHU
    else:
        with pytest.raises(RefusedError, match="none of 平湖's at that time"):
            hear(said, RING, years_later)


def test_a_key_that_has_ended_signs_no_hop() -> None:
    headers = sign_request(KEYS[PINGHU], "POST", URL, b"{}")
    assert signer_of(RING, "POST", URL, headers, b"{}", now_ms=START_MS) == PINGHU
    with pytest.raises(RefusedError, match="unsigned"):
        signer_of(RING, "POST", URL, headers, b"{}", now_ms=START_MS + 25 * HOUR_MS)


def after_theft(pair: Pair) -> Exchange:
    """Return 金山's side once it knows that 平湖's first key was stolen, and what replaced it."""
    keys = [public(PINGHU, revoked=True), NEW_KEY, public(JINSHAN)]
    return replace(pair[JINSHAN].exchange, ring=KeyRing(keys))


def test_a_bundle_brings_nothing_new_under_a_revoked_key_whenever_it_was_said(
    pair: Pair, tmp_path: Path
) -> None:
    known, forged = message(KEYS[PINGHU], START_MS), message(KEYS[PINGHU], START_MS - HOUR_MS, 2)
    write_bundle(tmp_path / "before.zip", [known])
    (receipt,) = unpack(pair[JINSHAN].exchange, tmp_path / "before.zip").receipts
    ours = after_theft(pair)
    write_bundle(tmp_path / "after.zip", [known, forged, message(NEW, START_MS, 3)])
    taken = unpack(ours, tmp_path / "after.zip")
    assert (taken.receipts[0], len(taken.receipts)) == (receipt, 2)
    (refused,) = taken.refused
    assert "message 2" in refused
    assert "平湖's, but revoked" in refused
    ids = [entry.message_id for entry in pair[JINSHAN].log() if entry.direction == "received"]
    assert ids == ["claim/平湖-1/1", "claim/平湖-3/1"]
    # What was taken in before proves itself for ever.
    with ours.database.read() as connection:
        assert list(verify.breaks(connection, JINSHAN, ours.ring, START_MS)) == []


@pytest.mark.parametrize(("hop", "said"), [(NEW, KEYS[PINGHU]), (KEYS[PINGHU], NEW)])
def test_the_network_brings_nothing_under_a_revoked_key(
    pair: Pair, hop: SigningKey, said: SigningKey
) -> None:
    body = message(said, START_MS)
    with TestClient(partner_app(after_theft(pair), "https://jinshan.invalid")) as client:
        given = client.post(MESSAGES, content=body, headers=sign_request(hop, "POST", URL, body))
    assert (given.status_code, given.json()["type"]) == (401, "urn:zhichao:problem:unsigned")
    assert pair[JINSHAN].log() == []


def test_a_log_brought_by_hand_is_not_believed_under_a_revoked_key(pair: Pair, tmp_path: Path) -> None:
    write_log_file(pair[PINGHU].exchange, JINSHAN, tmp_path / "log")
    assert read_log_file(pair[JINSHAN].exchange, tmp_path / "log")[0] == PINGHU
    with pytest.raises(RefusedError, match="revoked"):
        read_log_file(after_theft(pair), tmp_path / "log")


def test_a_key_is_revoked_by_the_settings() -> None:
    old, new = (public_text(one.private.public_key()) for one in (KEYS[PINGHU], NEW))
    partner = Partner(id=PINGHU, keys=(PublicKey(public=old, revoked=True), PublicKey(public=new)))
    assert [key.revoked for key in partner.agency_keys()] == [True, False]
