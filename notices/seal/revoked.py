"""Issuers' lists of revoked certificates (RFC 5280, section 5), as they lie beside a seal."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from notices.seal.error import SealError


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """What lies beside a seal and can't be read, and why.

    Of a certificate that leads to one of `issuers` (public keys, DER) nobody can tell whether it is revoked;
    where there are none, of one that leads to no root that was read, whether it is trusted.
    """

    problem: str
    issuers: frozenset[bytes] = frozenset()


def key_of(certificate: x509.Certificate) -> bytes:
    """Return the public key that a certificate is of, as it stands there (DER)."""
    return bytes(asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER)).public_key.dump())


def load_revoked(
    folder: Path, roots: tuple[x509.Certificate, ...]
) -> tuple[x509.CertificateRevocationList, ...]:
    """Read a folder's lists, PEM or DER; one whose issuer is among the roots must be signed by it.

    Raises:
        SealError: a file is no list, or is not signed by whom it names.

    """
    return tuple(load_list(path, roots) for path in list_files(folder))


def list_files(folder: Path) -> list[Path]:
    """Return the files of a folder's lists, `*.crl`.

    Raises:
        SealError: the folder can't be read.

    """
    try:
        return sorted(path for path in folder.iterdir() if path.suffix.lower() == ".crl")
    except OSError as error:
        raise SealError(f"{folder}: {error.strerror}") from error


def load_list(path: Path, roots: tuple[x509.Certificate, ...]) -> x509.CertificateRevocationList:
    """Read one list.

    Raises:
        SealError: it is none, or more than one, or is not signed by whom it names.

    """
    try:
        content = path.read_bytes()
        of_pem = content.startswith(b"-----BEGIN")
        if content.count(b"-----BEGIN") > 1:
            raise ValueError("more than one in a file: only the first would count")
        found = x509.load_pem_x509_crl(content) if of_pem else x509.load_der_x509_crl(content)
        issuers = [one for one in roots if one.subject == found.issuer]
        signed = [one for one in issuers if found.is_signature_valid(one.public_key())]  # type: ignore[arg-type]
    except (OSError, ValueError, TypeError) as error:
        raise SealError(f"{path}: no list of revoked certificates ({error})") from error
    if issuers and not signed:
        raise SealError(f"{path}: not signed by {found.issuer.rfc4514_string()}")
    return found


def revoked_at(
    certificate: x509.Certificate, revoked: tuple[x509.CertificateRevocationList, ...]
) -> datetime | None:
    """Return since when a certificate is revoked, None where its issuer's lists don't have it."""
    listed = [
        entry.revocation_date_utc
        for one in revoked
        if one.issuer == certificate.issuer
        and (entry := one.get_revoked_certificate_by_serial_number(certificate.serial_number)) is not None
    ]
    return min(listed, default=None)
