"""An agency's seal as it is kept: key and certificate (PKCS#12), image, roots; checked before it is used."""

import io
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, pkcs12
from cryptography.x509.oid import NameOID
from PIL import Image

from models.errors import NotDoneError
from notices.seal.authority import IMAGE_FILE, KEY_FILE, PASSPHRASE_FILE, ROOTS_FILE

MOST_IMAGE_BYTES = 4_000_000


class SealError(NotDoneError, RuntimeError):
    """Nothing was sealed; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """What an agency seals with; `packed` is the PKCS#12 file as it is kept, closed by `passphrase`."""

    packed: bytes
    passphrase: bytes
    certificate: x509.Certificate
    image: Image.Image
    roots: tuple[x509.Certificate, ...]

    @property
    def holder(self) -> str:
        """Return whose seal it is, as its certificate names them."""
        names = self.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return str(names[0].value) if names else self.certificate.subject.rfc4514_string()

    def refuse_unless_valid(self, now: datetime) -> None:
        """Refuse a certificate that has expired or doesn't hold yet.

        Raises:
            SealError: with the days that it is valid.

        """
        start, end = self.certificate.not_valid_before_utc, self.certificate.not_valid_after_utc
        if not start <= now <= end:
            days = f"valid {start:%F} to {end:%F}, not on {now:%F}"
            raise SealError(f"the certificate of {self.holder} is {days}")


def load_seal(folder: Path) -> Seal:
    """Read a seal from its folder.

    Raises:
        SealError: a file is missing, the passphrase is wrong, the key doesn't fit the certificate, or
            the image is none.

    """
    try:
        packed = (folder / KEY_FILE).read_bytes()
        passphrase = (folder / PASSPHRASE_FILE).read_bytes().strip()
        image = (folder / IMAGE_FILE).read_bytes()
        roots = x509.load_pem_x509_certificates((folder / ROOTS_FILE).read_bytes())
    except (OSError, ValueError) as error:
        raise SealError(f"no seal in {folder}: {error}") from error
    return Seal(
        packed=packed,
        passphrase=passphrase,
        certificate=_certificate(packed, passphrase, folder / KEY_FILE),
        image=_image(image, folder / IMAGE_FILE),
        roots=tuple(roots),
    )


def _certificate(packed: bytes, passphrase: bytes, path: Path) -> x509.Certificate:
    try:
        key, certificate, _ = pkcs12.load_key_and_certificates(packed, passphrase)
    except ValueError as error:
        raise SealError(f"{path}: wrong passphrase or no PKCS#12 file ({error})") from error
    if key is None or certificate is None:
        raise SealError(f"{path}: expected a key and the certificate that fits it, found one alone")
    forms = [
        one.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        for one in (key.public_key(), certificate.public_key())
    ]
    if forms[0] != forms[1]:
        raise SealError(
            f"{path}: the key doesn't fit the certificate of {certificate.subject.rfc4514_string()}"
        )
    return certificate


def _image(content: bytes, path: Path) -> Image.Image:
    if len(content) > MOST_IMAGE_BYTES:
        raise SealError(f"{path}: {len(content)} bytes are too many for a seal image")
    try:
        with Image.open(io.BytesIO(content)) as image:
            return image.convert("RGBA")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise SealError(f"{path}: no image that can be opened ({error})") from error
