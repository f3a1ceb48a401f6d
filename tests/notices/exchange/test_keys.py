from typing import Any

import pytest
from agencies import HOUR_MS, JINSHAN, KEYS, PINGHU, START_MS, claim_of
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from models.keys import SigningKey
from notices.exchange.envelope import hear, sign
from notices.exchange.hop import sign_request, signer_of
from notices.exchange.keys import AgencyKey, KeyRing
from notices.exchange.refusals import RefusedError
from notices.exchange.wire import claim_fields

NEW = SigningKey(private=Ed25519PrivateKey.from_private_bytes(b"\x09" * 32))
URL = "https://jinshan.invalid/v1/messages"
# The old key ends a day after the new one begins.
OLD_KEY = AgencyKey(
    agency=PINGHU, public=KEYS[PINGHU].private.public_key(), valid_until_ms=START_MS + 24 * HOUR_MS
)
NEW_KEY = AgencyKey(agency=PINGHU, public=NEW.private.public_key(), valid_from_ms=START_MS)
RING = KeyRing([OLD_KEY, NEW_KEY])


def message(key: SigningKey, said_ms: int) -> bytes:
    fields: dict[str, Any] = {
        "id": "claim/平湖-1/1",
        "kind": "claim",
        "sender": PINGHU,
        "to": JINSHAN,
        "incarnation": 1,
        "said_ms": said_ms,
        "body": claim_fields(claim_of(PINGHU, 1)) | {"epoch": 1},
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
