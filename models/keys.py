"""The key that signs evidence: Ed25519, made once, readable by its owner alone."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from models.private_file import write_private


class KeyFileError(OSError):
    """The key file is missing, is no Ed25519 key, or others may read it; the message names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """A private key, and what others know it by."""

    private: Ed25519PrivateKey

    @property
    def public_pem(self) -> bytes:
        """Return the public key as PEM."""
        return self.private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    @property
    def fingerprint(self) -> str:
        """Return the SHA-256 of the public key's 32 bytes, which is published."""
        raw = self.private.public_key().public_bytes(
            serialization.Encoding.Raw, serialization.PublicFormat.Raw
        )
        return hashlib.sha256(raw).hexdigest()


def make_key(path: Path) -> SigningKey:
    """Make a key at `path`; one that is there already is never replaced.

    Raises:
        FileExistsError: there is a key already.

    """
    key = SigningKey(private=Ed25519PrivateKey.generate())
    pem = key.private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    write_private(path, pem)
    path.with_suffix(".public.pem").write_bytes(key.public_pem)
    return key


def load_key(path: Path) -> SigningKey:
    """Read the key at `path`.

    Raises:
        KeyFileError: it can't be used; the message says what to do.

    """
    try:
        if path.stat().st_mode & 0o077:
            raise KeyFileError(f"{path}: others may read this key; chmod 600 it, or make another")
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except FileNotFoundError as error:
        raise KeyFileError(f"{path}: no signing key yet; zhichao make-key makes one") from error
    except ValueError as error:
        raise KeyFileError(f"{path}: expected an Ed25519 key in PEM: {error}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFileError(f"{path}: expected an Ed25519 key, got {type(key).__name__}")
    return SigningKey(private=key)
