"""Statements and requests for a hearing: taken in and kept under seal (行政处罚法 arts 44, 45, 63, 64).

A late statement is kept and marked so: no article sets its period, and whether it is heard is for a person
to say.
"""

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update
from sqlalchemy.orm import aliased

from models import audit
from models.case_life import ZONE, Step, life_query, move, standing_of
from models.case_tables import CaseLife
from models.defence_tables import Defence, DefenceAnswer
from models.document_tables import Document
from models.errors import NotDoneError
from models.service_tables import ServedDocument
from models.tables import Case
from models.values.calendar import WorkCalendar, work_calendar
from models.values.case_life import BEFORE_DECISION, CaseState, obstacle
from models.values.due_dates import DueDate, due_date
from models.values.office import PROGRAM, Action, Actor
from models.values.periods import HEARING_REQUEST, PAYMENT, STATEMENT, SUMMONS, Period
from models.values.service import DefenceKind
from models.values.timeline import from_ms
from models.vault import Vault
from notices.documents.kinds import DocumentKind

LONGEST = 4000
# The periods that service of a document begins for the party.
PERIODS: Mapping[DocumentKind, tuple[Period, ...]] = {
    DocumentKind.SUMMONS: (SUMMONS,),
    DocumentKind.VIOLATION_NOTICE: (STATEMENT, HEARING_REQUEST),
    DocumentKind.DECISION: (PAYMENT,),
}
MAY_FILE: Mapping[DocumentKind, frozenset[DefenceKind]] = {
    DocumentKind.SUMMONS: frozenset({DefenceKind.STATEMENT}),
    DocumentKind.VIOLATION_NOTICE: frozenset(DefenceKind),
}


class DefenceError(NotDoneError):
    """Nothing was filed or answered; the text is for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """What a party says; personal, kept under seal."""

    kind: DefenceKind
    text: str = field(repr=False)
    name: str = field(repr=False)
    contact: str = field(default="", repr=False)


def periods_of(kind: DocumentKind, served_on: date, days_off: WorkCalendar) -> tuple[DueDate, ...]:
    """Return the periods that service on that day began for the party."""
    return tuple(due_date(period, served_on, days_off) for period in PERIODS.get(kind, ()))


def file_defence(
    connection: Connection,
    vault: Vault,
    document_id: int,
    filing: Filing,
    *,
    actor: Actor = PROGRAM,
    at_ms: int,
    days_off: WorkCalendar | None = None,
) -> str:
    """Take a statement or a request for a hearing; return its receipt, the same for the same text again.

    Raises:
        DefenceError: no text, the document is none that is answered so, it is decided, or a hearing is late.

    """
    row = _document(connection, document_id)
    _check(row, filing)
    today = from_ms(at_ms, ZONE).date()
    late = _is_late(row, filing.kind, today, days_off or work_calendar())
    if late and filing.kind is DefenceKind.HEARING:
        raise DefenceError("申请听证的期限已过（《行政处罚法》第六十四条第（一）项）；仍可提交陈述申辩")
    digest = hashlib.sha256(f"{filing.name}\n{filing.text}".encode()).hexdigest()
    same = (Defence.document_id == document_id, Defence.kind == filing.kind.value)
    known = connection.scalar(select(Defence.receipt).where(*same, Defence.text_sha256 == digest))
    if known is not None:
        return str(known)
    receipt = f"{today:%Y%m%d}-{secrets.token_hex(4).upper()}"
    words = {"text": filing.text, "name": filing.name, "contact": filing.contact}
    values = {
        "document_id": document_id,
        "case_id": row.case_id,
        "kind": filing.kind.value,
        "receipt": receipt,
        "at": at_ms,
        "late": late,
        "officer_id": actor.officer_id,
        "text_sha256": digest,
        "sealed": vault.seal(json.dumps(words, ensure_ascii=False), seal_place(receipt)),
        "key_id": vault.key_id,
    }
    connection.execute(insert(Defence).values(values))
    detail = {"receipt": receipt, "kind": filing.kind.value, "late": late, "sha256": digest}
    audit.append(connection, actor, Action.DEFENCE, row.case_number, at_ms=at_ms, detail=detail)
    if row.state == CaseState.NOTIFIED:
        step_on(connection, row.case_id, CaseState.STATEMENT, actor, at_ms, note=f"收到{filing.kind.label}")
    return receipt


def _document(connection: Connection, document_id: int) -> Any:  # noqa: ANN401 (a row)
    """Return the document with its case, which waits until this transaction ends."""
    held = update(CaseLife).where(
        CaseLife.case_id == select(Document.case_id).where(Document.id == document_id).scalar_subquery()
    )
    connection.execute(held.values(version=CaseLife.version))
    query = (
        select(
            Document.kind,
            Document.case_id,
            Case.number.label("case_number"),
            CaseLife.state,
            ServedDocument.served_on,
        )
        .join(Case, Case.id == Document.case_id)
        .join(CaseLife, CaseLife.case_id == Document.case_id)
        .outerjoin(ServedDocument, ServedDocument.document_id == Document.id)
        .where(Document.id == document_id)
    )
    return connection.execute(query).one()


def _check(row: Row[Any], filing: Filing) -> None:
    if filing.kind not in MAY_FILE.get(DocumentKind(row.kind), ()):
        raise DefenceError("对本文书不能在此提交；不服处罚决定的，请申请行政复议或者提起行政诉讼")
    if CaseState(row.state) not in BEFORE_DECISION | {CaseState.SUSPENDED}:
        raise DefenceError("本案已经办结或者已作出决定，不能再提交")
    if not filing.text.strip() or not filing.name.strip():
        raise DefenceError("请填写姓名（单位名称）和内容")
    if len(filing.text) > LONGEST:
        raise DefenceError(f"内容最多{LONGEST}个字，收到{len(filing.text)}个")


def _is_late(row: Row[Any], kind: DefenceKind, today: date, days_off: WorkCalendar) -> bool:
    """Tell whether the period has passed; it does not run before the document was served."""
    if row.served_on is None:
        return False
    begun = date.fromisoformat(row.served_on)
    period = HEARING_REQUEST if kind is DefenceKind.HEARING else PERIODS[DocumentKind(row.kind)][0]
    return due_date(period, begun, days_off).is_over(today)


def step_on(
    connection: Connection,
    case_id: int,
    to: CaseState,
    actor: Actor,
    at_ms: int,
    *,
    reason: str = "",
    note: str = "",
) -> None:
    """Take a step where the case stands before it; elsewhere a person does."""
    life = connection.execute(life_query().where(CaseLife.case_id == case_id)).one()
    if life.state == CaseState.SUSPENDED or obstacle(standing_of(life), to):
        return
    step = Step(
        case_id=case_id, version=life.version, to=to, actor=actor, at_ms=at_ms, reason=reason, note=note
    )
    move(connection, step)


def opened(vault: Vault, row: Row[Any]) -> dict[str, str]:
    """Return what a party wrote: text, name, contact."""
    words: dict[str, str] = json.loads(vault.open(row.sealed, row.key_id, seal_place(row.receipt)))
    return words


def answerable(connection: Connection, case_id: int, kind: DefenceKind) -> int | None:
    """Return the latest document that the party was given, served or handed out, and may answer so."""
    kinds = [one.value for one in DocumentKind if kind in MAY_FILE.get(one, ())]
    return connection.scalar(
        select(Document.id)
        .where(Document.case_id == case_id, Document.kind.in_(kinds), Document.left_at.is_not(None))
        .order_by(Document.id.desc())
        .limit(1)
    )


def defences(
    connection: Connection, *, case_id: int | None = None, document_id: int | None = None
) -> list[Any]:
    """Return defences with their latest answer, those that wait first, oldest first."""
    other = aliased(DefenceAnswer)
    newest = select(func.max(other.id)).where(other.defence_id == Defence.id)
    newest_id = newest.correlate(Defence).scalar_subquery()
    query = (
        select(
            *Defence.__table__.columns,
            Document.number.label("document"),
            Case.number.label("case_number"),
            DefenceAnswer.answer,
            DefenceAnswer.settled,
            DefenceAnswer.reason,
            DefenceAnswer.hearing_on,
            DefenceAnswer.place,
            DefenceAnswer.at.label("answered_at"),
        )
        .join(Document, Document.id == Defence.document_id)
        .join(Case, Case.id == Defence.case_id)
        .outerjoin(DefenceAnswer, DefenceAnswer.id == newest_id)
        .order_by(DefenceAnswer.settled.is_not(None), Defence.id)
    )
    if case_id is not None:
        query = query.where(Defence.case_id == case_id)
    if document_id is not None:
        query = query.where(Defence.document_id == document_id)
    return list(connection.execute(query))


def seal_place(receipt: str) -> str:
    """Return what the seal of what a party wrote is bound to."""
    return f"defence {receipt}"
