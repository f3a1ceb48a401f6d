"""A key in a file (PKCS#12), closed by a passphrase."""

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, pkcs12
from pyhanko.sign.signers import Signer, SimpleSigner

from notices.seal.authority import KEY_FILE, PASSPHRASE_FILE
from notices.seal.error import SealError


class PackedKey:
    """The key of a PKCS#12 file; `certificate` is the one that lies beside it and fits it."""

    def __init__(self, folder: Path) -> None:
        """Open the file.

        Raises:
            SealError: the passphrase is wrong, or the key doesn't fit the certificate.
            OSError: a file is missing.

        """
        path = folder / KEY_FILE
        packed, passphrase = path.read_bytes(), (folder / PASSPHRASE_FILE).read_bytes().strip()
        self.certificate = _certificate(packed, passphrase, path)
        signer = SimpleSigner.load_pkcs12_data(packed, [], passphrase)
        if signer is None:
            raise SealError(f"{path}: the key can't be used")
        self._signer = signer

    def prove(self) -> None:
        """Do nothing: what was opened has been proved."""

    def signer(self) -> AbstractContextManager[Signer]:
        """Return what signs."""
        return nullcontext(self._signer)


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
