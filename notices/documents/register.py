"""The register of documents as people and programs list it, and stamps that are still to be had."""

import io
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, or_, select, update

from models.document_tables import Document
from models.tables import Case
from models.values.documents import DocumentState
from models.values.timeline import from_ms, to_ms
from notices.documents.issue import Office
from notices.documents.kinds import DocumentKind
from notices.seal.error import SealError
from notices.seal.verify import OnRecord

UTC = ZoneInfo("UTC")


def register_rows(connection: Connection, case_number: str = "") -> list[dict[str, Any]]:
    """Return one dict for each number ever taken, in its order; of one case, or of all."""
    query = (
        select(
            Document.number,
            Document.kind,
            Case.number.label("case"),
            Document.copy,
            Document.code,
            Document.issued_on,
            Document.state,
            Document.reason,
            Document.sha256,
            Document.sealed_by,
            Document.sealed_at,
            Document.stamped_at,
            Document.left_at,
        )
        .join(Case, Case.id == Document.case_id)
        .order_by(Document.agency, Document.kind, Document.year, Document.sequence)
    )
    if case_number:
        query = query.where(Case.number == case_number)
    return [dict(row._mapping) for row in connection.execute(query)]  # noqa: SLF001 (public in SQLAlchemy)


def on_record(connection: Connection, sha256: str) -> OnRecord | None:
    """Return what is on record of a sealed file with this digest, None where no document has it.

    A file that was stamped later is on record as it was before, too: it may have left like that.
    """
    read = (Document.kind, Document.number, Document.state, Document.sealed_at, Document.certificate)
    one = connection.execute(
        select(*read).where(or_(Document.sha256 == sha256, Document.unstamped_sha256 == sha256))
    ).first()
    return one and OnRecord(
        sealed_at=from_ms(one.sealed_at, UTC),
        certificate_sha256=one.certificate,
        document=f"{DocumentKind(one.kind).label} {one.number}",
        void=one.state == DocumentState.VOID.value,
    )


def stamp_waiting(office: Office, agency: str) -> tuple[int, list[str]]:
    """Stamp what an agency sealed while the authority was away; return how many, and why others still wait.

    The stamped file takes the place of the other under its number; the other stays in the store, on record.
    """
    waiting = select(Document.id, Document.number, Document.sha256).where(
        Document.state == DocumentState.SEALED.value,
        Document.stamped_at.is_(None),
        Document.agency == agency,
    )
    with office.database.read() as connection:
        rows = connection.execute(waiting.order_by(Document.id)).all()
    stamped, problems = 0, []
    for document_id, number, sha256 in rows:
        try:
            pdf, stamped_at = office.sealer.stamp(office.store.read(sha256))
            again = office.sealer.signed_again(pdf)
        except (SealError, OSError) as error:
            problems.append(f"{number}: {error}")
            continue
        stored = office.store.put(io.BytesIO(pdf))
        with office.database.write("document.stamped") as connection:
            connection.execute(
                update(Document)
                .where(Document.id == document_id, Document.sha256 == sha256)
                .values(
                    sha256=stored.sha256,
                    unstamped_sha256=sha256,
                    stamped_at=to_ms(stamped_at),
                    sm2=again.hex() if again else None,
                )
            )
        stamped += 1
    return stamped, problems
