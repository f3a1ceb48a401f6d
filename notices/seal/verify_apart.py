"""The same verification for files that strangers send: apart, with bounds on its time and memory."""

from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from models.apart import Apart
from notices.seal.revoked import Unread
from notices.seal.verify import Anchors, OnRecord, Verification, verify


def verifier() -> Apart:
    """Return where files are verified: an honest one takes a tenth of a second and 100 MiB."""
    return Apart(preload=(__name__,), seconds=10)


def verify_apart(
    apart: Apart, pdf: bytes, anchors: Anchors, *, now: datetime, on_record: OnRecord | None
) -> Verification:
    """Check every seal of a document as `verify` does.

    Raises:
        NoSealError: the file is no PDF that can be read, or carries no seal.
        TooMuchError: reading it broke a bound.

    """
    revoked = tuple(one.public_bytes(Encoding.PEM) for one in anchors.revoked)
    trusted = (_pem(anchors.seals), _pem(anchors.stamps), revoked, anchors.unread)
    return apart.run(_verify, pdf, trusted, now, on_record)


def _verify(
    pdf: bytes,
    trusted: tuple[bytes, bytes, tuple[bytes, ...], tuple[Unread, ...]],
    now: datetime,
    on_record: OnRecord | None,
) -> Verification:
    seals, stamps, revoked, unread = trusted
    lists = tuple(x509.load_pem_x509_crl(one) for one in revoked)
    anchors = Anchors(seals=_read(seals), stamps=_read(stamps), revoked=lists, unread=unread)
    return verify(pdf, anchors, now=now, on_record=on_record)


def _pem(roots: tuple[x509.Certificate, ...]) -> bytes:
    return b"".join(one.public_bytes(Encoding.PEM) for one in roots)


def _read(pem: bytes) -> tuple[x509.Certificate, ...]:
    return tuple(x509.load_pem_x509_certificates(pem)) if pem else ()
