"""Attempts to serve as the database holds them: each with its document, its case and what came of it."""

from typing import Any

from sqlalchemy import Connection, Row, Select, select

from models.document_tables import Document
from models.service_tables import ServedDocument, ServiceAttempt, ServiceContact, ServiceResult
from models.tables import Case
from models.values.service import Channel, Outcome
from notices.service.post import REFUSED
from notices.service.rules import Tried


def attempts_query() -> Select[*tuple[Any, ...]]:
    """Return the query of attempts, each with its end: `outcome` is null while nothing came of it."""
    ended = ServiceResult.outcome.in_((Outcome.DELIVERED.value, Outcome.FAILED.value))
    return select(
        *ServiceAttempt.__table__.columns,
        ServiceResult.outcome,
        ServiceResult.on_day,
        ServiceResult.reason,
        ServiceResult.tracking,
        ServiceResult.proof_sha256,
    ).outerjoin(ServiceResult, (ServiceResult.attempt_id == ServiceAttempt.id) & ended)


def failures(connection: Connection, document_id: int) -> list[Tried]:
    """Return the channels that failed for a document."""
    rows = connection.execute(
        attempts_query().where(
            ServiceAttempt.document_id == document_id, ServiceResult.outcome == Outcome.FAILED.value
        )
    )
    return [Tried(channel=Channel(row.channel), refused=row.reason == REFUSED) for row in rows]


def attempt_query() -> Select[*tuple[Any, ...]]:
    """Return the query of attempts with their document, its case, and whether service was consented to."""
    return (
        select(
            *ServiceAttempt.__table__.columns,
            Document.number.label("document"),
            Document.kind,
            Document.case_id,
            Case.number.label("case_number"),
            ServiceContact.electronic.label("consent"),
        )
        .join(Document, Document.id == ServiceAttempt.document_id)
        .join(Case, Case.id == Document.case_id)
        .outerjoin(ServiceContact, ServiceContact.id == ServiceAttempt.contact_id)
    )


def open_attempts(connection: Connection) -> list[Row[Any]]:
    """Return the attempts that nothing came of yet, with the case of each, oldest first."""
    waiting = attempts_query().add_columns(Document.case_id).where(ServiceResult.outcome.is_(None))
    of_case = waiting.join(Document, Document.id == ServiceAttempt.document_id)
    return list(connection.execute(of_case.order_by(ServiceAttempt.id)))


def sent_of(connection: Connection, attempt_id: int) -> Row[Any] | None:
    """Return when and under which number an attempt was sent, None while it was not."""
    query = select(ServiceResult).where(
        ServiceResult.attempt_id == attempt_id, ServiceResult.outcome == Outcome.SENT.value
    )
    return connection.execute(query).one_or_none()


def list_attempts(connection: Connection, case_number: str = "") -> list[dict[str, Any]]:
    """Return one dict for each attempt, oldest first; of one case, or of all."""
    ended = ServiceResult.outcome.in_((Outcome.DELIVERED.value, Outcome.FAILED.value))
    query = (
        attempt_query()
        .add_columns(
            ServiceResult.outcome,
            ServiceResult.on_day,
            ServiceResult.reason,
            ServiceResult.tracking,
            ServiceResult.proof_sha256,
            ServedDocument.served_on,
            ServedDocument.article,
        )
        .outerjoin(ServiceResult, (ServiceResult.attempt_id == ServiceAttempt.id) & ended)
        .outerjoin(ServedDocument, ServedDocument.attempt_id == ServiceAttempt.id)
        .order_by(ServiceAttempt.id)
    )
    if case_number:
        query = query.where(Case.number == case_number)
    return [dict(row._mapping) for row in connection.execute(query)]  # noqa: SLF001 (public in SQLAlchemy)
