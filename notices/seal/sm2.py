"""A second signature over a sealed file: SM2 with SM3 (GB/T 32918, 32905), kept beside it.

It stands apart from the PDF because what reads PAdES knows no SM2. The form is that of GM/T 0009: the
signature in DER, and the signer's number given there where none is agreed. The library gmssl-pyx is an extra,
loaded where there is a key; the pure-Python gmssl draws secrets from a generator that isn't made for them.
"""

import secrets
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from types import ModuleType

from asn1crypto import keys, pem

from notices.seal.error import SealError

SM2_KEY_FILE, SM2_PUBLIC_FILE = "sm2.pem", "sm2-public.pem"
CURVE = "1.2.156.10197.1.301"
# GM/T 0009, 10: whose signature it is, where the parties agreed on nothing else.
SIGNER_ID = b"1234567812345678"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sm2Key:
    """A private key, 32 bytes, and its point, 64."""

    private: bytes = field(repr=False)
    public: bytes

    def sign(self, pdf: bytes) -> bytes:
        """Return the signature over a whole file, in DER."""
        return bytes(_library().sm2_sign(self.private, self.public, pdf, signer_id=SIGNER_ID))


def holds(public: tuple[bytes, ...], pdf: bytes, signature: bytes) -> bool:
    """Tell whether a signature is of this file and of one of these keys.

    Raises:
        SealError: the library is not installed.

    """
    library = _library()
    return any(library.sm2_verify(one, pdf, signature, signer_id=SIGNER_ID) for one in public)


def load_key(folder: Path) -> Sm2Key | None:
    """Read an agency's key, None where it has none.

    Raises:
        SealError: a file is no SM2 key, or the key fits none of the public ones beside it.

    """
    path = folder / SM2_KEY_FILE
    if not path.exists():
        return None
    try:
        _, _, der = pem.unarmor(path.read_bytes())
        packed = keys.PrivateKeyInfo.load(der, strict=True)
        _refuse_other_curve(packed["private_key_algorithm"], path)
        inner = packed["private_key"].parsed
        key = Sm2Key(private=inner["private_key"].contents, public=inner["public_key"].native[1:])
    except (OSError, ValueError, TypeError) as error:
        raise SealError(f"{path}: no SM2 key in PKCS#8 with its public half ({error})") from error
    drawn = secrets.token_bytes(32)
    if not holds(public_keys(folder), drawn, key.sign(drawn)):
        raise SealError(f"{path}: the key fits none in {folder / SM2_PUBLIC_FILE}")
    return key


def public_keys(folder: Path) -> tuple[bytes, ...]:
    """Read the points of the keys that an agency signs with and has signed with.

    Raises:
        SealError: the file holds something else.

    """
    path = folder / SM2_PUBLIC_FILE
    if not path.exists():
        return ()
    found = []
    try:
        for _, _, der in pem.unarmor(path.read_bytes(), multiple=True):
            one = keys.PublicKeyInfo.load(der, strict=True)
            _refuse_other_curve(one["algorithm"], path)
            found.append(one["public_key"].native[1:])
    except (OSError, ValueError, TypeError) as error:
        raise SealError(f"{path}: no public SM2 keys ({error})") from error
    return tuple(found)


def _refuse_other_curve(algorithm: keys.PrivateKeyAlgorithm | keys.PublicKeyAlgorithm, path: Path) -> None:
    if algorithm["algorithm"].native != "ec" or algorithm["parameters"].chosen.dotted != CURVE:
        raise SealError(f"{path}: a key of another kind than SM2")


def _library() -> ModuleType:
    try:
        return import_module("gmssl_pyx")
    except ImportError as error:
        raise SealError("SM2 signatures need the package gmssl-pyx") from error
