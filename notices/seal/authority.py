"""A test authority: root certificate and agency seals that say of themselves that they are a test."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, pkcs12
from cryptography.x509.oid import NameOID

from models.private_file import write_private
from notices.seal.impression import draw_test_impression

TEST = "测试 TEST"
ROOT_YEARS, SEAL_YEARS = 10, 2
YEAR = timedelta(days=365)
# X.520 bounds names at 64 letters; the library counts bytes.
MOST_NAME_BYTES = 64
KEY_FILE, PASSPHRASE_FILE, IMAGE_FILE, ROOTS_FILE = "seal.p12", "passphrase", "seal.png", "roots.pem"


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """A root key and its certificate."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate


def make_test_authority(now: datetime) -> Authority:
    """Make a root certificate, marked as a test."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("Zhichao", f"{TEST} 根证书 不得用于执法")
    usage = _usage(signs=False)
    certificate = (
        _certificate(name, name, key, now, ROOT_YEARS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )
    return Authority(key=key, certificate=certificate)


def make_test_seal(folder: Path, agency: str, authority: Authority, now: datetime) -> None:
    """Make an agency's test seal in a new folder: key, its passphrase, image, root certificate.

    Raises:
        FileExistsError: the folder is there already; a seal is never overwritten.

    """
    folder.mkdir(parents=True, mode=0o700)
    key = ec.generate_private_key(ec.SECP256R1())
    holder = _name(agency, f"{_shortened(agency, TEST)} {TEST}")
    certificate = (
        _certificate(holder, authority.certificate.subject, key, now, SEAL_YEARS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .sign(authority.key, hashes.SHA256())
    )
    passphrase = secrets.token_urlsafe(24)
    packed = pkcs12.serialize_key_and_certificates(
        agency.encode(),
        key,
        certificate,
        [authority.certificate],
        BestAvailableEncryption(passphrase.encode()),
    )
    for name, content in (
        (KEY_FILE, packed),
        (PASSPHRASE_FILE, passphrase.encode()),
        (IMAGE_FILE, draw_test_impression(agency)),
        (ROOTS_FILE, authority.certificate.public_bytes(Encoding.PEM)),
    ):
        write_private(folder / name, content)


def _name(organisation: str, common: str) -> x509.Name:
    values = {
        NameOID.COUNTRY_NAME: "CN",
        NameOID.ORGANIZATION_NAME: _shortened(organisation),
        NameOID.COMMON_NAME: common,
    }
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in values.items()])


def _shortened(name: str, beside: str = "") -> str:
    """Return as much of a name as fits a certificate together with what stands beside it."""
    room = MOST_NAME_BYTES - (len(f" {beside}".encode()) if beside else 0)
    return name.encode()[:room].decode(errors="ignore")


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime, years: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + years * YEAR)
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=signs,
        content_commitment=signs,
        key_cert_sign=not signs,
        crl_sign=not signs,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
