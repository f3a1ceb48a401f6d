"""Whose signature counts: the public keys of the agencies, each with the time it is good for."""

import base64
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

FOR_EVER_MS = 2**62


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyKey:
    """One public key of an agency; while keys change, two of them are good at once.

    A message counts if it was said while its key was good, so that an old one proves itself for ever. Whoever
    stole a key says when a message was said: under one that is `revoked` nothing new counts, whenever said.
    """

    agency: str
    public: Ed25519PublicKey
    valid_from_ms: int = 0
    valid_until_ms: int = FOR_EVER_MS
    revoked: bool = False

    @property
    def fingerprint(self) -> str:
        """Return the SHA-256 of the key's 32 bytes."""
        return hashlib.sha256(self.public.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()

    def is_good(self, at_ms: int) -> bool:
        """Tell whether the key signs at that time."""
        return self.valid_from_ms <= at_ms < self.valid_until_ms

    def signed(self, contents: bytes, signature: bytes) -> bool:
        """Tell whether `signature` is the key's signature over `contents`."""
        try:
            self.public.verify(signature, contents)
        except InvalidSignature:
            return False
        return True


class KeyRing:
    """All known keys, by fingerprint."""

    def __init__(self, keys: Iterable[AgencyKey]) -> None:
        """Hold `keys`."""
        self._keys = {key.fingerprint: key for key in keys}

    def __iter__(self) -> Iterator[AgencyKey]:
        """Yield every key."""
        return iter(self._keys.values())

    def find(self, fingerprint: str, at_ms: int) -> AgencyKey | None:
        """Return the key, if it is known and good at that time."""
        key = self._keys.get(fingerprint)
        return key if key is not None and key.is_good(at_ms) else None

    def is_revoked(self, fingerprint: str) -> bool:
        """Tell whether a known key may sign nothing new."""
        key = self._keys.get(fingerprint)
        return key is not None and key.revoked


def public_key(text: str) -> Ed25519PublicKey:
    """Read a public key as settings give it: its 32 bytes in base64.

    Raises:
        ValueError: it is no such key.

    """
    return Ed25519PublicKey.from_public_bytes(base64.b64decode(text, validate=True))


def public_text(key: Ed25519PublicKey) -> str:
    """Write a public key as settings give it."""
    return base64.b64encode(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()
