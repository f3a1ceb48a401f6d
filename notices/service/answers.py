"""Answers to statements and requests for a hearing, and what they do to the case (行政处罚法 arts 45, 64)."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from models import audit
from models.case_life import ZONE
from models.case_tables import CaseLife
from models.defence_tables import Defence, DefenceAnswer
from models.tables import Case
from models.values.calendar import WorkCalendar, work_calendar
from models.values.case_life import CaseState, RejectReason
from models.values.due_dates import latest_notice
from models.values.office import Action, Actor
from models.values.periods import HEARING_NOTICE
from models.values.service import Answer, DefenceKind
from models.values.timeline import from_ms
from notices.service.defence import DefenceError, step_on
from notices.service.lowered import Lowering, lower

ANSWERS = {
    DefenceKind.STATEMENT: frozenset({Answer.UPHELD, Answer.PARTLY, Answer.NOT_UPHELD, Answer.TAKEN_BACK}),
    DefenceKind.HEARING: frozenset(
        {Answer.HEARING_FIXED, Answer.HEARING_HELD, Answer.HEARING_REFUSED, Answer.TAKEN_BACK}
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What an officer answers; a hearing that is fixed has its day and place.

    `lowered` is the fine that follows where a statement is accepted in part.
    """

    answer: Answer
    reason: str
    hearing_on: date | None = None
    place: str = ""
    lowered: Lowering | None = None


def answer_defence(
    connection: Connection,
    receipt: str,
    reply: Reply,
    actor: Actor,
    *,
    at_ms: int,
    days_off: WorkCalendar | None = None,
) -> None:
    """Answer what a party filed; a statement that is upheld dismisses the case.

    Raises:
        LoweringError: the fine can't be lowered so.
        DefenceError: nothing such was filed, it is answered, the answer doesn't fit, or the hearing's day
            leaves less than seven working days, or its chair reviewed the case.

    """
    row = _defence(connection, receipt)
    latest = _latest(connection, row.id)
    today = from_ms(at_ms, ZONE).date()
    _check_reply(row, latest, reply, actor, today, days_off or work_calendar())
    values = {
        "defence_id": row.id,
        "at": at_ms,
        "officer_id": actor.officer_id,
        "answer": reply.answer.value,
        "settled": reply.answer.settles,
        "reason": reply.reason.strip(),
        "hearing_on": str(reply.hearing_on or ""),
        "place": reply.place,
    }
    answer_id = connection.scalar(insert(DefenceAnswer).values(values).returning(DefenceAnswer.id))
    detail = {"receipt": receipt, "answer": reply.answer.value, "reason": values["reason"]}
    if reply.lowered is not None and answer_id is not None:
        lower(connection, row.case_id, answer_id, reply.lowered)
        detail |= {"lowered_fen": reply.lowered.amount_fen, "ground": reply.lowered.ground.value}
    audit.append(connection, actor, Action.DEFENCE, row.case_number, at_ms=at_ms, detail=detail)
    if reply.answer is Answer.HEARING_FIXED:
        step_on(connection, row.case_id, CaseState.HEARING, actor, at_ms, note=f"听证定于{reply.hearing_on}")
    elif reply.answer is Answer.UPHELD:
        reason = RejectReason.STATEMENT_UPHELD.value
        step_on(connection, row.case_id, CaseState.DISMISSED, actor, at_ms, reason=reason)


def _defence(connection: Connection, receipt: str) -> Any:  # noqa: ANN401 (a row)
    query = (
        select(
            *Defence.__table__.columns,
            Case.number.label("case_number"),
            CaseLife.first_reviewer_id,
            CaseLife.second_reviewer_id,
        )
        .join(Case, Case.id == Defence.case_id)
        .join(CaseLife, CaseLife.case_id == Defence.case_id)
        .where(Defence.receipt == receipt)
        .with_for_update(of=CaseLife)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        raise DefenceError(f"没有这份陈述申辩或者听证申请：{receipt}")
    return row


def _latest(connection: Connection, defence_id: int) -> Any:  # noqa: ANN401 (a row)
    query = select(DefenceAnswer).where(DefenceAnswer.defence_id == defence_id)
    return connection.execute(query.order_by(DefenceAnswer.id.desc()).limit(1)).one_or_none()


def _check_reply(
    row: Row[Any],
    latest: Any,  # noqa: ANN401 (a row)
    reply: Reply,
    actor: Actor,
    today: date,
    days_off: WorkCalendar,
) -> None:
    kind, fixed = DefenceKind(row.kind), latest is not None and not latest.settled
    by_reviewer = actor.officer_id in {row.first_reviewer_id, row.second_reviewer_id}
    on = reply.hearing_on
    rules = (
        (latest is not None and latest.settled, "早已答复"),
        (reply.answer not in ANSWERS[kind], f"对{kind.label}不能答复“{reply.answer.label}”"),
        (not reply.reason.strip(), "请写明理由"),
        (reply.lowered is not None and reply.answer is not Answer.PARTLY, "只有部分采纳时才减轻罚款"),
        (
            reply.answer is Answer.HEARING_FIXED
            and (
                on is None
                or not reply.place.strip()
                or latest_notice(HEARING_NOTICE, on, days_off).last_on < today
            ),
            "听证须写明地点，并在举行七个工作日前通知（《行政处罚法》第六十四条第（二）项）",
        ),
        (
            reply.answer is Answer.HEARING_HELD
            and (not fixed or date.fromisoformat(latest.hearing_on) > today),
            "听证尚未举行",
        ),
        (
            reply.answer is Answer.HEARING_HELD and by_reviewer,
            "听证由非本案调查人员主持（《行政处罚法》第六十四条第（四）项），请由其他人员登记",
        ),
    )
    problem = next((text for applies, text in rules if applies), "")
    if problem:
        raise DefenceError(problem)
