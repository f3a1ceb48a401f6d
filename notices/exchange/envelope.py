"""The envelope: one message as canonical JSON (RFC 8785) that carries its own Ed25519 signature (RFC 8032).

The signature covers the canonical bytes of everything else in the envelope, so that the message proves
itself from a file years later, however it came. What is not canonical is refused: every message has one
spelling, and two that differ in a byte say different things.
"""

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import Annotated, Any

import rfc8785
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from models.keys import SigningKey
from notices.exchange.fields import HIGHEST, Body, Digest, Millis, Name, Word
from notices.exchange.keys import KeyRing
from notices.exchange.kinds import BODIES, VERSION, Kind
from notices.exchange.refusals import Reason, RefusedError

HOUR_MS = 3_600_000
# Two clocks may each be a day off; no step of the protocol looks at either.
CLOCK_TOLERANCE_MS = 50 * HOUR_MS
DEPTH_LIMIT = 8


class Envelope(BaseModel):
    """What every message says of itself."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    version: int
    id: Word
    kind: Annotated[Kind, Field(strict=False)]
    sender: Name
    to: Name
    incarnation: Annotated[int, Field(ge=1, le=HIGHEST)]
    said_ms: Millis
    key: Digest
    body: dict[str, Any]
    signature: Annotated[str, Field(min_length=88, max_length=88)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A message whose signature and contents were checked, with its bytes as they came."""

    envelope: Envelope
    body: Body
    contents: bytes

    @property
    def sha256(self) -> str:
        """Return the digest of the bytes."""
        return hashlib.sha256(self.contents).hexdigest()


def sign(key: SigningKey, fields: dict[str, Any]) -> bytes:
    """Return the message of these fields, `version` and `key` added, signed."""
    unsigned = {**fields, "version": VERSION, "key": key.fingerprint}
    signature = base64.b64encode(key.private.sign(rfc8785.dumps(unsigned))).decode()
    return rfc8785.dumps({**unsigned, "signature": signature})


def hear(contents: bytes, ring: KeyRing, now_ms: int) -> Heard:
    """Check a message: its form, its signature, its time.

    Raises:
        RefusedError: it can't be taken; the reason names the field.

    """
    content = _parse(contents)
    try:
        envelope = Envelope.model_validate(content)
    except ValidationError as error:
        raise refusal_of(error) from error
    _check_signature(envelope, content, ring)
    if envelope.said_ms > now_ms + CLOCK_TOLERANCE_MS:
        raise RefusedError(Reason.FUTURE, f"said_ms: {envelope.said_ms} lies in the future")
    try:
        body = BODIES[envelope.kind].model_validate(envelope.body)
    except ValidationError as error:
        raise refusal_of(error, "body.") from error
    return Heard(envelope=envelope, body=body, contents=contents)


def refuse_revoked(heard: Heard, ring: KeyRing) -> None:
    """Refuse a message that is not in the log yet, if its key is revoked.

    Raises:
        RefusedError: it is.

    """
    if ring.is_revoked(heard.envelope.key):
        raise RefusedError(Reason.UNSIGNED, f"key: {heard.envelope.sender}'s, but revoked")


def opened(contents: bytes) -> Heard:
    """Read a message of the own log, which was checked when it was put there."""
    envelope = Envelope.model_validate_json(contents)
    return Heard(
        envelope=envelope, body=BODIES[envelope.kind].model_validate(envelope.body), contents=contents
    )


def _parse(contents: bytes) -> dict[str, Any]:
    # The reader of Python's library recurses; what is nested deeper than any message is cut off before.
    if max(contents.count(b"["), contents.count(b"{")) > 50 * DEPTH_LIMIT:
        raise RefusedError(Reason.MALFORMED, "nested too deep")
    try:
        content = json.loads(contents)
        canonical = rfc8785.dumps(content)
    except (ValueError, RecursionError) as error:
        raise RefusedError(Reason.MALFORMED, "expected canonical JSON (RFC 8785) in UTF-8") from error
    if not isinstance(content, dict):
        raise RefusedError(Reason.MALFORMED, "expected a JSON object")
    if type(content.get("version")) is not int or content["version"] != VERSION:
        raise RefusedError(Reason.UNKNOWN_KIND, f"version: expected {VERSION}")
    if content.get("kind") not in set(Kind):
        raise RefusedError(Reason.UNKNOWN_KIND, f"kind: expected one of {', '.join(Kind)}")
    if canonical != contents:
        raise RefusedError(Reason.MALFORMED, "not canonical JSON (RFC 8785)")
    return content


def _check_signature(envelope: Envelope, content: dict[str, Any], ring: KeyRing) -> None:
    key = ring.find(envelope.key, envelope.said_ms)
    if key is None or key.agency != envelope.sender:
        raise RefusedError(Reason.UNSIGNED, f"key: none of {envelope.sender}'s at that time")
    unsigned = rfc8785.dumps({name: value for name, value in content.items() if name != "signature"})
    try:
        signature = base64.b64decode(envelope.signature, validate=True)
    except ValueError as error:
        raise RefusedError(Reason.UNSIGNED, "signature: expected base64") from error
    if not key.signed(unsigned, signature):
        raise RefusedError(Reason.UNSIGNED, "signature: does not fit the message")


def refusal_of(error: ValidationError, prefix: str = "") -> RefusedError:
    """Return what refuses a message for its first bad field, without the value that stands there."""
    one = error.errors(include_url=False, include_input=False)[0]
    place = prefix + ".".join(map(str, one["loc"]))
    return RefusedError(Reason.MALFORMED, f"{place}: {one['msg']}")
