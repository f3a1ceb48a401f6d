"""Personal fields at rest: AES-256-GCM under keys that never lie in the database.

A key file holds one key a line in base64; the first seals, all of them open, so that a key is changed by
putting a new one on top. A key is named by the start of its SHA-256, kept beside what it sealed.
"""

import base64
import hashlib
import os
import secrets
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from models.errors import UnavailableError

KEYS_VARIABLE = "ZHICHAO_KEYS"
KEY_BYTES = 32
_NONCE_BYTES = 12
_OTHERS = 0o077


class VaultError(UnavailableError, RuntimeError):
    """Sealed fields can't be written or read; the message says why and never what they hold."""


class Vault:
    """Seals and opens text; `place` binds it to where it is kept, so that rows can't be exchanged."""

    def __init__(self, keys: list[bytes]) -> None:
        """Use the first key for sealing."""
        if not keys or any(len(key) != KEY_BYTES for key in keys):
            raise VaultError(f"keys: expected at least one of {KEY_BYTES} bytes in base64, one a line")
        self._keys = {key_id(key): AESGCM(key) for key in keys}
        self.key_id = key_id(keys[0])

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read keys from the text of a key file or variable."""
        try:
            return cls([base64.b64decode(line, validate=True) for line in text.split()])
        except ValueError as error:
            raise VaultError("keys: expected base64, one key a line") from error

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the keys of the variable ZHICHAO_KEYS, else of a file; make the file where there is none.

        Raises:
            VaultError: the file holds no keys, or others may read it.

        """
        if text := os.environ.get(KEYS_VARIABLE):
            return cls.parse(text)
        if not path.exists():
            _make(path)
        if path.stat().st_mode & _OTHERS:
            raise VaultError(f"{path}: others may read this key file; expected mode 600")
        return cls.parse(path.read_text(encoding="ascii", errors="replace"))

    def seal(self, text: str, place: str) -> bytes:
        """Encrypt under the current key."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._keys[self.key_id].encrypt(nonce, text.encode(), place.encode())

    def open(self, sealed: bytes, key: str, place: str) -> str:
        """Decrypt what the key of that id sealed for that place.

        Raises:
            VaultError: the key is not here, or the bytes were changed or moved.

        """
        if key not in self._keys:
            raise VaultError(f"key {key} is not among the keys of this installation")
        try:
            nonce, rest = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
            return self._keys[key].decrypt(nonce, rest, place.encode()).decode()
        except (InvalidTag, ValueError) as error:
            raise VaultError(f"sealed fields of {place!r} were changed or moved") from error


def key_id(key: bytes) -> str:
    """Return the name of a key: the first 8 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(key).hexdigest()[:8]


def _make(path: Path) -> None:
    """Write a new key file, whole or not at all; one that another process made meanwhile stands."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.{os.getpid()}")
    half.touch(0o600)
    half.write_bytes(base64.b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n")
    try:
        path.hardlink_to(half)
    except FileExistsError:
        pass
    finally:
        half.unlink()
