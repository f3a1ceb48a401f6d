"""TLS between agencies: a certificate that an agency makes itself and its partners pin."""

import datetime
import ipaddress
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from models.private_file import write_private

YEARS_DAYS = 3650


def make_certificate(folder: Path, agency: str, host: str) -> None:
    """Write `tls.pem` and its key `tls.key`, readable by its owner alone; what is there is never replaced.

    Raises:
        FileExistsError: there is a key already.

    """
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, agency)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        # A partner whose clock is a day behind must be able to use it today.
        .not_valid_before(now - datetime.timedelta(days=2))
        .not_valid_after(now + datetime.timedelta(days=YEARS_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectAlternativeName([_host(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    write_private(folder / "tls.key", pem)
    (folder / "tls.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


def client_context(folder: Path, partner_certificate: Path) -> ssl.SSLContext:
    """Return what a client needs to know the partner and to show its own certificate."""
    context = ssl.create_default_context(cafile=str(partner_certificate))
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    # Each certificate known counts by itself: the new one beside the one before, of the same name.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.load_cert_chain(folder / "tls.pem", folder / "tls.key")
    return context


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
