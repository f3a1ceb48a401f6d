"""Verify the sealed documents on file: each one's digest, and the seal that it bears."""

from collections.abc import Callable, Iterator
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, Select, func, select

from models.document_tables import Document
from models.files import ChangedFileError, FileStore
from models.values.timeline import from_ms
from notices.seal.error import SealError
from notices.seal.sm2 import holds, known_of
from notices.seal.verify import Anchors, NoSealError, OnRecord, verify

UTC = ZoneInfo("UTC")


def _sealed() -> Select[*tuple[Any, ...]]:
    when = (Document.sealed_at, Document.stamped_at, Document.certificate)
    return select(Document.number, Document.sha256, Document.sm2, *when).where(Document.sha256 != "")


def count_sealed(connection: Connection) -> int:
    """Return how many sealed documents there are to read."""
    return connection.scalar(select(func.count()).select_from(_sealed().subquery())) or 0


def breaks(
    connection: Connection, store: FileStore, anchors: Anchors, step: Callable[[], None]
) -> Iterator[str]:
    """Yield each document that is not as it was sealed; `step` is called for each one read."""
    for row in connection.execute(_sealed().order_by(Document.id)):
        if broken := problem_of(row, store, anchors):
            yield f"document {row.number} ({row.sha256}): {broken}"
        step()


def problem_of(row: Row[Any], store: FileStore, anchors: Anchors) -> str:
    """Return what is wrong with a document on record as it lies there; "" where nothing is."""
    try:
        pdf = store.read(row.sha256)
    except ChangedFileError:
        return "was changed: its bytes have another digest"
    except OSError as error:
        return f"can't be read: {error.strerror}"
    # A certificate ends some day; what counts is that it held when the document was sealed.
    at = max(row.sealed_at, row.stamped_at or 0)
    known = OnRecord(sealed_at=from_ms(row.sealed_at, UTC), certificate_sha256=row.certificate)
    try:
        seals = verify(pdf, anchors, now=from_ms(at, UTC), on_record=known).seals
    except NoSealError as error:
        return str(error)
    for one in seals:
        if not one.holds:
            changed = "was changed after it was sealed"
            return changed if not one.intact else one.trust_problem or one.stamp_problem
        if not one.document.endswith(f" {row.number}"):
            return f"the seal is of another document, {one.document}"
    return _broken_again(row, pdf, anchors)


def _broken_again(row: Row[Any], pdf: bytes, anchors: Anchors) -> str:
    """Return what is wrong with the second signature."""
    if row.sm2 is None:
        return ""
    known = known_of(anchors.sm2, row.number)
    if known is None:
        return "no SM2 key is known here of the agency that signed a second time"
    try:
        sound = holds(known.public, pdf, bytes.fromhex(row.sm2))
    except (SealError, ValueError) as error:
        return str(error)
    return "" if sound else f"the SM2 signature is not of this file, or of no key of {known.agency}"
