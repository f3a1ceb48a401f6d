"""One hop: an HTTP request signed by an agency (RFC 9421), its body by digest (RFC 9530).

The message inside carries its own signature; this one says who brings it, and keeps addresses, sizes and
old requests from being mixed. A request that is brought again while its signature is good does no harm:
what was taken in is known for ever.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from http_message_signatures import (
    HTTPMessageSignaturesException,
    HTTPMessageSigner,
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    InvalidSignature,
    algorithms,
)

from models.keys import SigningKey
from notices.exchange.envelope import CLOCK_TOLERANCE_MS
from notices.exchange.keys import KeyRing
from notices.exchange.refusals import Reason, RefusedError

TAG = "zhichao-exchange-1"
COVERED = ("@method", "@target-uri", "content-digest", "content-type")
GOOD_FOR = timedelta(minutes=5)
CONTENT_TYPE = "application/json"
HEADER_BYTES = 4096


@dataclass
class _Request:
    method: str
    url: str
    headers: dict[str, str] = field(default_factory=dict)


class _Private(HTTPSignatureKeyResolver):
    def __init__(self, key: SigningKey) -> None:
        self._key = key

    def resolve_private_key(self, key_id: str) -> Ed25519PrivateKey:
        del key_id
        return self._key.private


class _Public(HTTPSignatureKeyResolver):
    def __init__(self, ring: KeyRing, now_ms: int) -> None:
        self._ring, self._now_ms = ring, now_ms
        self.agency = ""

    def resolve_public_key(self, key_id: str) -> Ed25519PublicKey | None:
        key = None if self._ring.is_revoked(key_id) else self._ring.find(key_id, self._now_ms)
        self.agency = key.agency if key else ""
        return key.public if key else None


class _Verifier(HTTPMessageVerifier):
    max_clock_skew = timedelta(milliseconds=CLOCK_TOLERANCE_MS)


def sign_request(key: SigningKey, method: str, url: str, body: bytes) -> dict[str, str]:
    """Return the headers that a request to `url` needs."""
    request = _Request(method, url, {"Content-Type": CONTENT_TYPE})
    signer = HTTPMessageSigner(signature_algorithm=algorithms.ED25519, key_resolver=_Private(key))
    now = datetime.now(UTC)
    signer.sign(
        request,
        key_id=key.fingerprint,
        created=now,
        expires=now + GOOD_FOR,
        tag=TAG,
        covered_component_ids=COVERED,
        body=body,
    )
    return request.headers


def signer_of(
    ring: KeyRing, method: str, url: str, headers: Mapping[str, str], body: bytes, *, now_ms: int
) -> str:
    """Return the agency that signed the request.

    Raises:
        RefusedError: nobody known did, or not all of it, or not now.

    """
    public = _Public(ring, now_ms)
    verifier = _Verifier(signature_algorithm=algorithms.ED25519, key_resolver=public)
    request = _Request(method, url, dict(headers))
    try:
        # Without `body` a changed body passes, without `require_components` an address that is not covered.
        verifier.verify(request, expect_tag=TAG, require_components=COVERED, body=body, max_age=GOOD_FOR)
    except (InvalidSignature, HTTPMessageSignaturesException, ValueError) as error:
        raise RefusedError(Reason.UNSIGNED, f"HTTP signature: {str(error)[:200]}") from error
    return public.agency
