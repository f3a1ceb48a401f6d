"""An agency's seal as it is kept: key and certificate, image, roots; checked before it is used."""

import io
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from cryptography import x509
from cryptography.x509.oid import NameOID
from PIL import Image
from pyhanko.sign.signers import Signer

from notices.seal.authority import IMAGE_FILE, ROOTS_FILE
from notices.seal.error import SealError
from notices.seal.packed import PackedKey
from notices.seal.revoked import load_revoked, revoked_at
from notices.seal.sm2 import Sm2Key
from notices.seal.sm2 import load_key as load_sm2_key
from notices.seal.token import TOKEN_FILE, TokenKey

MOST_IMAGE_BYTES = 4_000_000


class SealKey(Protocol):
    """What a seal signs with, and the certificate of it."""

    certificate: x509.Certificate

    def prove(self) -> None:
        """Refuse a key that can't sign now, or doesn't fit the certificate."""
        ...

    def signer(self) -> AbstractContextManager[Signer]:
        """Return what signs."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """What an agency seals with; `sm2`, where it has one, signs the sealed file a second time.

    `revoked` are the lists of revoked certificates that lie beside it.
    """

    key: SealKey
    image: Image.Image
    roots: tuple[x509.Certificate, ...]
    revoked: tuple[x509.CertificateRevocationList, ...] = ()
    sm2: Sm2Key | None = None

    @property
    def certificate(self) -> x509.Certificate:
        """Return the certificate of the key."""
        return self.key.certificate

    @property
    def holder(self) -> str:
        """Return whose seal it is, as its certificate names them."""
        names = self.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return str(names[0].value) if names else self.certificate.subject.rfc4514_string()

    def refuse_unless_valid(self, now: datetime) -> None:
        """Refuse a certificate that has expired, doesn't hold yet or is revoked.

        Raises:
            SealError: with the days that it is valid, or since when it is revoked.

        """
        start, end = self.certificate.not_valid_before_utc, self.certificate.not_valid_after_utc
        if not start <= now <= end:
            days = f"valid {start:%F} to {end:%F}, not on {now:%F}"
            raise SealError(f"the certificate of {self.holder} is {days}")
        since = revoked_at(self.certificate, self.revoked)
        if since is not None and since <= now:
            raise SealError(f"the certificate of {self.holder} is revoked since {since:%F}")


def load_seal(folder: Path) -> Seal:
    """Read a seal from its folder; where `token.toml` lies in it, its key is in a token.

    Raises:
        SealError: a file is missing, the passphrase is wrong, the key doesn't fit the certificate,
            the image is none, or a list of revoked certificates is none or not its issuer's.

    """
    try:
        key: SealKey = TokenKey(folder) if (folder / TOKEN_FILE).exists() else PackedKey(folder)
        image = (folder / IMAGE_FILE).read_bytes()
        roots = tuple(x509.load_pem_x509_certificates((folder / ROOTS_FILE).read_bytes()))
    except (OSError, ValueError) as error:
        raise SealError(f"no seal in {folder}: {error}") from error
    return Seal(
        key=key,
        image=_image(image, folder / IMAGE_FILE),
        roots=roots,
        revoked=load_revoked(folder, roots),
        sm2=load_sm2_key(folder),
    )


def _image(content: bytes, path: Path) -> Image.Image:
    if len(content) > MOST_IMAGE_BYTES:
        raise SealError(f"{path}: {len(content)} bytes are too many for a seal image")
    try:
        with Image.open(io.BytesIO(content)) as image:
            return image.convert("RGBA")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise SealError(f"{path}: no image that can be opened ({error})") from error
