"""What the office's own rows say of a case: who reviewed it, what was served, what the party said."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from models.case_life import ZONE
from models.case_tables import CaseEvent, CaseLife
from models.document_tables import Document
from models.office_tables import Officer
from models.service_tables import ServedDocument
from models.values.calendar import work_calendar
from models.values.case_life import CaseState, Verdict
from models.values.due_dates import due_date
from models.values.periods import STATEMENT
from models.values.service import Answer, DefenceKind, Mitigation
from models.values.timeline import from_ms
from notices.documents.fields import format_day
from notices.documents.kinds import DocumentKind
from notices.service.defence import defences
from notices.service.lowered import lowered_of

SILENT = "当事人在规定期限内未提出陈述、申辩，也未要求听证。"


def course_facts(connection: Connection, case_id: int, now: datetime) -> dict[str, Any]:
    """Return the fields of documents that the course of a case fills; what has not happened is left out."""
    life = connection.execute(select(CaseLife).where(CaseLife.case_id == case_id)).one_or_none()
    if life is None:
        return {}
    today = now.astimezone(ZONE).date()
    return {
        **_review(connection, life),
        **_notice(connection, case_id, today),
        **_lowered(connection, case_id),
        **_hearing(connection, case_id),
    }


def confirmed_plate(connection: Connection, case_id: int) -> str:
    """Return the plate that two officers confirmed, "" before that."""
    life = connection.execute(select(CaseLife).where(CaseLife.case_id == case_id)).one_or_none()
    return str(life.plate) if life is not None and _filed_on(connection, case_id) else ""


def _review(connection: Connection, life: Row[Any]) -> dict[str, Any]:
    """Return the two officers who confirmed, and the day of the filing that followed."""
    filed_on = _filed_on(connection, life.case_id)
    if filed_on is None:
        return {}
    if life.leader_id is None:
        pair = (life.first_reviewer_id, life.second_reviewer_id)
    else:
        # Where they disagreed, who confirmed and the leader who ruled so.
        confirmed_first = life.first_verdict == Verdict.CONFIRM
        pair = (life.first_reviewer_id if confirmed_first else life.second_reviewer_id, life.leader_id)
    names: dict[int, str] = {
        row.id: row.name
        for row in connection.execute(select(Officer.id, Officer.name).where(Officer.id.in_(pair)))
    }
    return {"review": {"first": names.get(pair[0], ""), "second": names.get(pair[1], ""), "on": filed_on}}


def _filed_on(connection: Connection, case_id: int) -> date | None:
    filed = select(CaseEvent.at).where(
        CaseEvent.case_id == case_id, CaseEvent.to_state == CaseState.FILED.value
    )
    at = connection.scalar(filed.order_by(CaseEvent.version.desc()).limit(1))
    return None if at is None else from_ms(at, ZONE).date()


def _notice(connection: Connection, case_id: int, today: date) -> dict[str, Any]:
    """Return the latest notice that was served, and what the party said to it."""
    served = connection.execute(
        select(Document.number, ServedDocument.served_on)
        .join(ServedDocument, ServedDocument.document_id == Document.id)
        .where(Document.case_id == case_id, Document.kind == DocumentKind.VIOLATION_NOTICE.value)
        .order_by(ServedDocument.served_on.desc())
        .limit(1)
    ).one_or_none()
    if served is None:
        return {}
    noticed_on = date.fromisoformat(served.served_on)
    found = {"notice_number": served.number, "noticed_on": noticed_on}
    rows = defences(connection, case_id=case_id)
    if not rows:
        silent = due_date(STATEMENT, noticed_on, work_calendar()).is_over(today)
        return found | ({"statement": SILENT} if silent else {})
    # An unanswered defence leaves the field empty, and no decision is issued.
    return found | ({"statement": "\n".join(map(_told, rows))} if all(row.settled for row in rows) else {})


def _lowered(connection: Connection, case_id: int) -> dict[str, Any]:
    """Return the fine that was lowered, and why."""
    lowered = lowered_of(connection, case_id)
    if lowered is None:
        return {}
    ground = Mitigation(lowered.ground)
    why = {"from_fen": lowered.told_fen, "ground": ground.label, "article": ground.article}
    return {"amount_fen": lowered.amount_fen, "lowered": why}


def _hearing(connection: Connection, case_id: int) -> dict[str, Any]:
    """Return the hearing that is fixed and not yet held."""
    fixed = [row for row in defences(connection, case_id=case_id) if row.answer == Answer.HEARING_FIXED]
    if not fixed:
        return {}
    last = max(fixed, key=lambda row: (row.answered_at, row.id))
    hearing_on = date.fromisoformat(last.hearing_on)
    return {"receipt": last.receipt, "hearing_on": hearing_on, "hearing_place": last.place}


def _told(row: Any) -> str:  # noqa: ANN401 (a row)
    said, answer = DefenceKind(row.kind).label, Answer(row.answer).label
    on = format_day(from_ms(row.at, ZONE).date())
    return f"当事人于{on}提出{said}（回执号{row.receipt}），{answer}：{row.reason}"
