"""A key in a token (PKCS#11): it never leaves the token, which is asked for each signature.

The library python-pkcs11 is an extra, loaded when a token is used.
"""

import asyncio
import os
import secrets
import threading
import tomllib
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pyhanko.sign.signers import Signer

from notices.seal.error import SealError

if TYPE_CHECKING:
    from pkcs11 import Token

TOKEN_FILE, CERTIFICATE_FILE = "token.toml", "seal.pem"
# A process is signed in to a token as a whole, whichever thread asked.
ONE_AT_A_TIME = threading.Lock()
PROBLEMS = {
    "NoSuchToken": "no such token here",
    "PinIncorrect": "wrong PIN",
    "PinLenRange": "wrong PIN",
    "PinLocked": "its PIN is locked",
    "DeviceRemoved": "pulled out",
    "TokenNotPresent": "pulled out",
}


class TokenSettings(BaseModel):
    """Which token, which key in it, and where its PIN is; the PIN itself never stands here."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    module: Path = Field(description="library of the token's maker (PKCS#11)")
    token: str = Field(min_length=1, description="label of the token")
    key: str = Field(min_length=1, description="label of the private key")
    pin_file: str = Field(default="", description="file of the PIN, in the folder of the seal")
    pin_variable: str = Field(default="", description="environment variable of the PIN")

    @model_validator(mode="after")
    def _one_pin(self) -> "TokenSettings":
        if bool(self.pin_file) == bool(self.pin_variable):
            raise ValueError("expected one of pin_file and pin_variable")
        return self


class TokenKey:
    """The key of a token; `certificate` is the one that it is to fit, first in its file, issuers after it."""

    def __init__(self, folder: Path) -> None:
        """Read where the key is; nothing is asked of the token yet.

        Raises:
            SealError: the settings are wrong, the PIN is not there, or the file of the certificate is none.
            OSError: a file is missing.

        """
        self._path = folder / TOKEN_FILE
        try:
            self._settings = TokenSettings.model_validate(tomllib.loads(self._path.read_text("utf-8")))
        except ValidationError as error:
            told = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
            raise SealError(f"{self._path}: {told}") from error
        except ValueError as error:
            raise SealError(f"{self._path}: {error}") from error
        self._pin = self._read_pin(folder)
        try:
            read = x509.load_pem_x509_certificates((folder / CERTIFICATE_FILE).read_bytes())
        except ValueError as error:
            raise SealError(f"{folder / CERTIFICATE_FILE}: no certificate ({error})") from error
        self.certificate, self._issuers = read[0], read[1:]

    def _read_pin(self, folder: Path) -> str:
        if self._settings.pin_file:
            return (folder / self._settings.pin_file).read_text("utf-8").strip()
        if pin := os.environ.get(self._settings.pin_variable):
            return pin
        raise SealError(f"{self._path}: no PIN in the environment variable {self._settings.pin_variable}")

    def prove(self) -> None:
        """Let the token sign something drawn, and hold it against the certificate.

        Raises:
            SealError: the token is not there, refuses the PIN, or its key doesn't fit the certificate.

        """
        drawn = secrets.token_bytes(32)
        try:
            with self._session() as signer:
                signature = asyncio.run(signer.async_sign_raw(drawn, "sha256"))
            _check(self.certificate, signature, drawn)
        except (InvalidSignature, ValueError) as error:
            holder = self.certificate.subject.rfc4514_string()
            raise SealError(f"{self._named}: the key doesn't fit the certificate of {holder}") from error

    def signer(self) -> AbstractContextManager[Signer]:
        """Return what signs, signed in to the token for so long.

        Raises:
            SealError: the token is not there, refuses the PIN, or is pulled out meanwhile.

        """
        return self._session()

    @property
    def _named(self) -> str:
        return f"{self._path}: token {self._settings.token}, key {self._settings.key}"

    @contextmanager
    def _session(self) -> Iterator[Signer]:
        try:
            import pkcs11  # noqa: PLC0415 (an extra)
            from pyhanko.sign.pkcs11 import PKCS11Signer  # noqa: PLC0415 (an extra)
        except ImportError as error:
            raise SealError(f"{self._path}: the package python-pkcs11 is not installed") from error
        certificate, *issuers = (
            asn1_x509.Certificate.load(one.public_bytes(Encoding.DER))
            for one in (self.certificate, *self._issuers)
        )
        with ONE_AT_A_TIME:
            try:
                token = pkcs11.lib(str(self._settings.module)).get_token(token_label=self._settings.token)
                self._refuse_last_try(token)
                with token.open(user_pin=self._pin) as session:
                    yield PKCS11Signer(
                        session,
                        key_label=self._settings.key,
                        signing_cert=certificate,
                        ca_chain=issuers,
                        use_raw_mechanism=True,
                    )
            except pkcs11.PKCS11Error as error:
                name = type(error).__name__
                raise SealError(f"{self._named}: {PROBLEMS.get(name, f'{name} {error}')}") from error

    def _refuse_last_try(self, token: "Token") -> None:
        """Never spend the last try of a PIN: a locked token is a visit to whoever issued it."""
        from pkcs11 import TokenFlag  # noqa: PLC0415 (an extra)

        if token.flags & (TokenFlag.USER_PIN_FINAL_TRY | TokenFlag.USER_PIN_LOCKED):
            raise SealError(f"{self._named}: PIN locked or one try left; sign in by hand first")


def _check(certificate: x509.Certificate, signature: bytes, signed: bytes) -> None:
    match certificate.public_key():
        case ec.EllipticCurvePublicKey() as key:
            key.verify(signature, signed, ec.ECDSA(hashes.SHA256()))
        case rsa.RSAPublicKey() as key:
            key.verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())
        case _:
            raise SealError("the certificate's key is neither of an elliptic curve nor RSA")
