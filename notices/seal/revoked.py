"""Issuers' lists of revoked certificates (RFC 5280, section 5), as they lie beside a seal."""

from datetime import datetime
from pathlib import Path

from cryptography import x509

from notices.seal.error import SealError


def load_revoked(
    folder: Path, roots: tuple[x509.Certificate, ...]
) -> tuple[x509.CertificateRevocationList, ...]:
    """Read a folder's lists, `*.crl`, PEM or DER; one whose issuer is among the roots must be signed by it.

    Raises:
        SealError: a file is no list, or is not signed by whom it names.

    """
    return tuple(_load(path, roots) for path in sorted(folder.glob("*.crl")))


def _load(path: Path, roots: tuple[x509.Certificate, ...]) -> x509.CertificateRevocationList:
    try:
        content = path.read_bytes()
        of_pem = content.startswith(b"-----BEGIN")
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
