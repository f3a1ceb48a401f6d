"""An issuer's list of revoked certificates."""

from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from notices.seal.authority import Authority


def revoked_list(
    authority: Authority, serial_number: int, since: datetime, until: datetime | None = None
) -> x509.CertificateRevocationList:
    """Return a list of one certificate, revoked then, to be renewed a day later or when it is said."""
    entry = x509.RevokedCertificateBuilder().serial_number(serial_number).revocation_date(since).build()
    made = x509.CertificateRevocationListBuilder().issuer_name(authority.certificate.subject)
    made = made.last_update(since).next_update(until or since + timedelta(days=1))
    return made.add_revoked_certificate(entry).sign(authority.key, SHA256())
