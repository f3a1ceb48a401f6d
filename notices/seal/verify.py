"""Who sealed a document, when, and whether it is as it was sealed."""

import hashlib
import io
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import MDPPerm
from pyhanko.sign.validation import (
    PdfSignatureStatus,
    SignatureCoverageLevel,
    validate_pdf_signature,
    validate_pdf_timestamp,
)
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature, read_certification_data
from pyhanko_certvalidator import ValidationContext

from models.errors import NotDoneError
from notices.seal.revoked import Unread, revoked_at
from notices.seal.sm2 import Sm2Known

MOST_BYTES = 64_000_000
CLOCKS_DIFFER = timedelta(minutes=10)
NO_ROOT = "the certificate leads to no trusted root"
TRUST_PROBLEMS = {
    "NO_CERTIFICATE_CHAIN_FOUND": NO_ROOT,
    "OUT_OF_BOUNDS_NO_POE": "the certificate does not hold now, and nothing shows that it did",
    "OUT_OF_BOUNDS_NOT_REVOKED": "the certificate does not hold now, and nothing shows that it did",
}
UNSETTLED = "whether the certificate counts can't be told: what would tell it can't be read"
# What the library would log, traceback and all, stands in the result.
for name in ("pyhanko", "pyhanko_certvalidator"):
    logging.getLogger(name).setLevel(logging.CRITICAL + 1)


class NoSealError(NotDoneError, ValueError):
    """The file carries no seal that can be read; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchors:
    """What is trusted: root certificates of seals and of time-stamps, and agencies' public SM2 keys.

    `revoked` are the issuers' lists of the certificates of seals that no longer count; `unread` is what
    belongs here and can't be read.
    """

    seals: tuple[x509.Certificate, ...]
    stamps: tuple[x509.Certificate, ...] = ()
    revoked: tuple[x509.CertificateRevocationList, ...] = ()
    sm2: tuple[Sm2Known, ...] = ()
    unread: tuple[Unread, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OnRecord:
    """What the register says of this very file: when it was sealed, and with which certificate.

    `document` is its kind and number; a `void` one has no force, however its seal stands.
    """

    sealed_at: datetime
    certificate_sha256: str
    document: str = ""
    void: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SealFound:
    """One seal of a document.

    `intact`: nothing has been changed since, and the seal allows no change. `trusted`: the certificate leads
    to a trusted root and held when it was used. `sealed_at` is the sealer's own clock; `stamped_at` what an
    authority says.
    `expired_at` and `revoked_at` say since when the certificate holds no more, None where it holds.
    """

    sealed_by: str
    document: str
    sealed_at: datetime | None
    intact: bool
    trusted: bool
    trust_problem: str
    expired_at: datetime | None
    revoked_at: datetime | None
    stamped_at: datetime | None
    stamp_holds: bool
    stamp_problem: str

    @property
    def holds(self) -> bool:
        """Return whether the seal stands; a stamp need not be there, but mustn't be false."""
        return self.intact and self.trusted and not self.stamp_problem

    @property
    def unsettled(self) -> bool:
        """Return whether its certificate may be trusted, once all can be read that tells it."""
        return self.trust_problem == UNSETTLED


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What a document's seals say, oldest first."""

    seals: tuple[SealFound, ...]

    @property
    def holds(self) -> bool:
        """Return whether every seal stands."""
        return all(one.holds for one in self.seals)


def verify(pdf: bytes, anchors: Anchors, *, now: datetime, on_record: OnRecord | None = None) -> Verification:
    """Check every seal of a document; nothing is fetched.

    A certificate must hold now, or have held when a time-stamp or `on_record` first shows that it was used.

    Raises:
        NoSealError: the file is no PDF that can be read, or carries no seal.

    """
    if len(pdf) > MOST_BYTES:
        raise NoSealError(f"{len(pdf)} bytes are too many for a document")
    try:
        reader = PdfFileReader(io.BytesIO(pdf))
        signatures = list(reader.embedded_regular_signatures)
        stamps = tuple(_stamps(reader, anchors, now))
        proofs = _Proofs(stamps=stamps, on_record=on_record)
        whole = _is_whole(reader, pdf)
        found = tuple(_seal(one, anchors, now, proofs, whole=whole) for one in signatures)
    except Exception as error:  # A hostile file makes the reader fail in more ways than it names.
        raise NoSealError(f"no document whose seal can be read: {type(error).__name__} {error}") from error
    if not found:
        raise NoSealError("the document carries no seal")
    return Verification(seals=found)


def _is_whole(reader: PdfFileReader, pdf: bytes) -> bool:
    """Tell whether the seal is one as we press it, all signatures ever made are there, and cover the file.

    One seal that certifies the document and allows no change; what follows the last signature nobody signed.
    """
    certified = read_certification_data(reader)
    return (
        certified is not None
        and certified.permission == MDPPerm.NO_CHANGES
        and [one.sig_object for one in reader.embedded_regular_signatures] == [certified.author_sig]
        and pdf.count(b"/ByteRange") == len(reader.embedded_signatures)
        and max(_end(one) for one in reader.embedded_signatures) == len(pdf)
    )


def _end(signature: EmbeddedPdfSignature) -> int:
    """Return up to which byte of the file a signature goes."""
    return int(signature.byte_range[2]) + int(signature.byte_range[3])


def _stamps(reader: PdfFileReader, anchors: Anchors, now: datetime) -> Iterator[tuple[int, datetime]]:
    """Yield each time-stamp of the file that holds: up to which byte it goes, and its time."""
    for one in reader.embedded_timestamp_signatures:
        status = validate_pdf_timestamp(one, _context(anchors.stamps, now))
        covers = status.coverage >= SignatureCoverageLevel.ENTIRE_REVISION
        if covers and status.valid and status.intact and status.trusted:
            yield _end(one), status.timestamp


@dataclass(frozen=True, slots=True, kw_only=True)
class _Proofs:
    """What shows from outside a signature when it was made; stamps by the byte up to which they go."""

    stamps: tuple[tuple[int, datetime], ...]
    on_record: OnRecord | None

    def stamped_at(self, signature: EmbeddedPdfSignature) -> datetime | None:
        """Return the first time-stamp over this signature; one made before it says nothing of it."""
        return min((at for end, at in self.stamps if end > _end(signature)), default=None)

    def sealed_at(self, status: PdfSignatureStatus) -> datetime | None:
        """Return when the register says that this seal was pressed; it must agree with the seal itself."""
        one, reported = self.on_record, status.signer_reported_dt
        if one is None or reported is None or abs(reported - one.sealed_at) > CLOCKS_DIFFER:
            return None
        used = hashlib.sha256(status.signing_cert.dump()).hexdigest()
        return one.sealed_at if used == one.certificate_sha256 else None


def _seal(
    signature: EmbeddedPdfSignature,
    anchors: Anchors,
    now: datetime,
    proofs: _Proofs,
    *,
    whole: bool,
) -> SealFound:
    status = _status(signature, anchors, now, now)
    stamp = status.timestamp_validity
    reported = status.signer_reported_dt
    stamp_problem, stamped_at = "", proofs.stamped_at(signature)
    if stamp is not None:
        stamped_at = stamp.timestamp
        if not (stamp.valid and stamp.intact):
            stamp_problem = "the time-stamp is not of this document"
        elif not stamp.trusted:
            stamp_problem = "the time-stamp's certificate leads to no trusted root"
    if stamped_at is not None and not stamp_problem:
        says = f"the time-stamp says {stamped_at:%F %T %Z}"
        if stamped_at > now + CLOCKS_DIFFER:
            stamp_problem = f"{says}, which is still to come"
        elif reported is not None and stamped_at < reported - CLOCKS_DIFFER:
            stamp_problem = f"{says}, before the seal was pressed"
    # A document sealed while the authority was away is stamped later, and on record since it was sealed.
    shown = (proofs.sealed_at(status), None if stamp_problem else stamped_at)
    used_at = min((one for one in shown if one is not None), default=None)
    if used_at is not None and not status.trusted:
        # The certificate may have expired since; what counts is that it held when it was used.
        status = _status(signature, anchors, now, used_at)
    expires_at = status.signing_cert.not_valid_after
    revoked = revoked_at(x509.load_der_x509_certificate(status.signing_cert.dump()), anchors.revoked)
    trust_problem = _trust_problem(status, anchors, revoked, used_at or now)
    subject = status.signing_cert.subject
    return SealFound(
        sealed_by=subject.native.get("common_name", subject.human_friendly),
        document=str(signature.sig_object.get("/Reason", "")),
        sealed_at=reported,
        intact=bool(whole and status.intact and status.valid and status.docmdp_ok),
        trusted=not trust_problem,
        trust_problem=trust_problem,
        expired_at=expires_at if expires_at < now else None,
        revoked_at=revoked if revoked and revoked <= now else None,
        stamped_at=stamped_at,
        stamp_holds=stamped_at is not None and not stamp_problem,
        stamp_problem=stamp_problem,
    )


def _trust_problem(
    status: PdfSignatureStatus, anchors: Anchors, revoked: datetime | None, used_at: datetime
) -> str:
    if revoked is not None and revoked <= used_at:
        return f"the certificate was revoked {revoked:%F}"
    path = status.validation_path
    if not status.trusted or path is None:
        words = _words(status)
        # Its root may stand in what can't be read.
        return UNSETTLED if words == NO_ROOT and any(not one.issuers for one in anchors.unread) else words
    root = path.trust_anchor.authority.public_key.dump()
    return UNSETTLED if any(root in one.issuers for one in anchors.unread) else ""


def _words(status: PdfSignatureStatus) -> str:
    name = str(status.trust_problem_indic or "").rpartition(".")[2]
    return TRUST_PROBLEMS.get(name, name.lower().replace("_", " ") or "not trusted")


def _status(
    signature: EmbeddedPdfSignature, anchors: Anchors, now: datetime, moment: datetime
) -> PdfSignatureStatus:
    return validate_pdf_signature(
        signature,
        signer_validation_context=_context(anchors.seals, moment),
        ts_validation_context=_context(anchors.stamps, now),
    )


def _context(roots: tuple[x509.Certificate, ...], moment: datetime) -> ValidationContext:
    trusted = [asn1_x509.Certificate.load(one.public_bytes(Encoding.DER)) for one in roots]
    return ValidationContext(trust_roots=trusted, allow_fetching=False, moment=moment)
