"""Sealing: a rendered document becomes a sealed one (PAdES), or nothing happens."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography.hazmat.primitives import hashes
from pyhanko.pdf_utils.images import PdfImage
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.sign import signers
from pyhanko.sign.fields import MDPPerm, SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.general import SigningError
from pyhanko.stamp import StaticStampStyle

from notices.documents.kinds import DocumentKind
from notices.documents.parts import Act
from notices.documents.render import Place, RenderedDocument
from notices.seal.clock import StampingAuthority, StampingAwayError, StampingError
from notices.seal.error import SealError
from notices.seal.key import Seal
from notices.seal.verify import CLOCKS_DIFFER, Anchors, NoSealError, SealFound, verify

DIAMETER_MM = 40.0
# Ink lets the date beneath be read.
OPACITY = 0.7
PT_PER_MM = 72 / 25.4
PAGE_HEIGHT_MM = 297.0
DIGEST = "sha256"


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedDocument:
    """A sealed PDF: the only kind of document that may leave.

    `certificate_sha256` is the seal's certificate; `stamped_at` the time-stamp, None where none is in;
    `sm2` a second signature over the whole file, in DER, None where the agency has no such key.
    """

    kind: DocumentKind
    act: Act
    pdf: bytes
    sealed_by: str
    certificate_sha256: str
    sealed_at: datetime
    stamped_at: datetime | None
    sm2: bytes | None = None

    def __post_init__(self) -> None:
        if b"/ByteRange" not in self.pdf:
            raise SealError(f"{self.kind.label} {self.act.number}: no seal in the document")


class Sealer:
    """Seals with one agency's seal; `clock` gives the time, `authority` stamps it."""

    def __init__(
        self,
        seal: Seal,
        authority: StampingAuthority | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Touch no key yet: what is sealed already is handed out and stamped without it."""
        self.seal_used = seal
        self._authority = authority
        self._clock = clock
        self._fingerprint = seal.certificate.fingerprint(hashes.SHA256()).hex()

    def refuse_unless_ready(self) -> None:
        """Make sure that a document could be sealed now.

        Raises:
            SealError: the certificate isn't valid now or is revoked, the key can't sign, or doesn't fit the
                certificate.

        """
        self.seal_used.refuse_unless_valid(self._clock())
        self.seal_used.key.prove()

    def stamp(self, pdf: bytes) -> tuple[bytes, datetime]:
        """Add a time-stamp to a document sealed without one; return it and the time stamped.

        Raises:
            SealError: there is no authority, it is away, lies or hangs; the document stays as it is.

        """
        if self._authority is None:
            raise SealError("no time-stamp authority is configured")
        now = self._clock()
        try:
            writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
            stamper = signers.PdfTimeStamper(self._authority)
            stamped = bytes(stamper.timestamp_pdf(writer, DIGEST).getvalue())
            return stamped, self._stamp_of(self._found(stamped, now), now)
        except (StampingAwayError, StampingError, SigningError, PdfError, OSError, ValueError) as error:
            raise SealError(f"time-stamp refused: {error}") from error

    def seal(self, document: RenderedDocument) -> SealedDocument:
        """Press the seal on the document's last lines and sign it.

        Without an authority, or while it is away, the document is sealed and not stamped.

        Raises:
            SealError: the certificate isn't valid now or is revoked, the authority lies or hangs, or the seal
                just pressed doesn't hold.

        """
        now, authority = self._clock(), self._authority
        self.seal_used.refuse_unless_valid(now)
        try:
            pdf = self._signed(document, authority)
        except StampingAwayError:
            authority = None
            pdf = self._signed(document, None)
        except StampingError as error:
            raise SealError(f"time-stamp refused: {error}") from error
        found = self._found(pdf, now)
        try:
            stamped_at = self._stamp_of(found, now) if authority else None
        except StampingError as error:
            raise SealError(f"time-stamp refused: {error}") from error
        if not found.holds:
            why = found.trust_problem if found.intact else "the key is another than the certificate's"
            raise SealError(f"{document.kind.label} {document.act.number}: the seal doesn't hold: {why}")
        return SealedDocument(
            kind=document.kind,
            act=document.act,
            pdf=pdf,
            sealed_by=self.seal_used.holder,
            certificate_sha256=self._fingerprint,
            sealed_at=now,
            stamped_at=stamped_at,
            sm2=self.signed_again(pdf),
        )

    def signed_again(self, pdf: bytes) -> bytes | None:
        """Return the SM2 signature over a sealed file, None where the agency has no such key."""
        return self.seal_used.sm2.sign(pdf) if self.seal_used.sm2 else None

    def _signed(self, document: RenderedDocument, authority: StampingAuthority | None) -> bytes:
        metadata = signers.PdfSignatureMetadata(
            field_name="Seal",
            md_algorithm=DIGEST,
            name=self.seal_used.holder,
            reason=f"{document.kind.label} {document.act.number}",
            subfilter=SigSeedSubFilter.PADES,
            certify=True,
            docmdp_permissions=MDPPerm.NO_CHANGES,
        )
        style = StaticStampStyle(
            border_width=0, background=PdfImage(self.seal_used.image), background_opacity=OPACITY
        )
        place = SigFieldSpec("Seal", on_page=document.seal_at.page - 1, box=_box(document.seal_at))
        try:
            with self.seal_used.key.signer() as signer:
                pressed = signers.PdfSigner(
                    metadata, signer, timestamper=authority, stamp_style=style, new_field_spec=place
                )
                writer = IncrementalPdfFileWriter(io.BytesIO(document.pdf))
                return bytes(pressed.sign_pdf(writer).getvalue())
        except (StampingAwayError, StampingError):
            raise
        except (SigningError, PdfError, OSError, ValueError) as error:
            raise SealError(f"{document.kind.label} {document.act.number}: {error}") from error

    def _found(self, pdf: bytes, now: datetime) -> SealFound:
        """Return the seal just pressed, or just stamped, as whoever gets the document will find it."""
        stamps = self._authority.roots if self._authority else ()
        trusted = Anchors(seals=self.seal_used.roots, stamps=stamps, revoked=self.seal_used.revoked)
        try:
            return verify(pdf, trusted, now=now).seals[-1]
        except NoSealError as error:
            raise SealError(f"what was sealed can't be read: {error}") from error

    def _stamp_of(self, found: SealFound, now: datetime) -> datetime:
        """Hold the stamp just received against what was stamped, its authority's roots, and our clock."""
        if found.stamped_at is None or not found.stamp_holds:
            raise StampingError(found.stamp_problem or "none that holds is in the answer")
        if abs(found.stamped_at - now) > CLOCKS_DIFFER:
            raise StampingError(f"it says {found.stamped_at:%F %T %Z}, our clock {now:%F %T %Z}")
        return found.stamped_at


def _box(centre: Place) -> tuple[int, int, int, int]:
    x, y = centre.x_mm * PT_PER_MM, (PAGE_HEIGHT_MM - centre.y_mm) * PT_PER_MM
    half = DIAMETER_MM / 2 * PT_PER_MM
    return round(x - half), round(y - half), round(x + half), round(y + half)
