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
# GB/T 32918.5, the curve y² = x³ - 3x + b over the field of p.
P = 2**256 - 2**224 - 2**96 + 2**64 - 1
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
POINT_BYTES = 64
# GM/T 0009, 10: whose signature it is, where the parties agreed on nothing else.
SIGNER_ID = b"1234567812345678"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sm2Key:
    """A private key, 32 bytes, and its point, 64."""

    private: bytes = field(repr=False)
    public: bytes

    def sign(self, pdf: bytes) -> bytes:
        """Return the signature over a whole file, in DER.

        Raises:
            SealError: the library is not installed, or refuses the key.

        """
        library = _library()
        try:
            return bytes(library.sm2_sign(self.private, self.public, pdf, signer_id=SIGNER_ID))
        except library.GmsslInnerError as error:
            raise SealError(f"the SM2 key can't sign: {error}") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Sm2Known:
    """The public keys, points of 64 bytes, of an agency whose documents' numbers begin with `mark`."""

    agency: str
    mark: str
    public: tuple[bytes, ...]


def known_of(known: tuple[Sm2Known, ...], number: str) -> Sm2Known | None:
    """Return the keys of the agency that numbered a document, None where none are known."""
    of_number = [one for one in known if one.public and number.startswith(one.mark)]
    return max(of_number, key=lambda one: len(one.mark), default=None)


def holds(public: tuple[bytes, ...], pdf: bytes, signature: bytes) -> bool:
    """Tell whether a signature is of this file and of one of these keys; what is no signature is not.

    Raises:
        SealError: the library is not installed.

    """
    library = _library()
    try:
        return any(library.sm2_verify(one, pdf, signature, signer_id=SIGNER_ID) for one in public)
    except library.GmsslInnerError:
        return False


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
        key = Sm2Key(private=inner["private_key"].contents, public=_point(inner["public_key"].native))
    except (OSError, ValueError, TypeError, AttributeError) as error:
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
            found.append(_point(one["public_key"].native))
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise SealError(f"{path}: no public SM2 keys ({error})") from error
    return tuple(found)


def _point(encoded: bytes) -> bytes:
    """Return the 64 bytes of a point that is given in full and lies on the curve."""
    x, y = int.from_bytes(encoded[1:33]), int.from_bytes(encoded[33:])
    whole = encoded[:1] == b"\x04" and len(encoded) == 1 + POINT_BYTES
    if not whole or max(x, y) >= P or (y * y - x * (x * x - 3) - B) % P:
        raise ValueError("expected a point of the curve, uncompressed")
    return encoded[1:]


def _refuse_other_curve(algorithm: keys.PrivateKeyAlgorithm | keys.PublicKeyAlgorithm, path: Path) -> None:
    named = algorithm["parameters"].chosen if algorithm["algorithm"].native == "ec" else None
    if getattr(named, "dotted", "") != CURVE:
        raise SealError(f"{path}: a key of another kind than SM2")


def _library() -> ModuleType:
    try:
        return import_module("gmssl_pyx")
    except ImportError as error:
        raise SealError("SM2 signatures need the package gmssl-pyx") from error
