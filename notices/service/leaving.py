"""Why a sealed document must not leave now: what it says is not so yet, or is so no longer."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.orm import aliased

from models.case_tables import CaseLife
from models.defence_tables import Defence, DefenceAnswer
from models.values.calendar import work_calendar
from models.values.case_life import CaseState
from models.values.due_dates import latest_notice
from models.values.periods import HEARING_NOTICE
from models.values.service import Answer
from notices.documents.kinds import DocumentKind

CALLED_OFF = (Answer.TAKEN_BACK.value, Answer.HEARING_REFUSED.value)
DECIDED = frozenset({CaseState.DECIDED, CaseState.SERVED, CaseState.CLOSED})


def hold_case(connection: Connection, case_id: int) -> None:
    """Let nobody move a case until this transaction ends."""
    connection.execute(select(CaseLife.version).where(CaseLife.case_id == case_id).with_for_update())


def obstacle_to_leaving(connection: Connection, document: Any, today: date) -> str:  # noqa: ANN401 (a row)
    """Return why a document must not leave on that day, in words for people; "" where it may.

    Who acts on the answer holds the case first (`hold_case`).
    """
    state = connection.scalar(select(CaseLife.state).where(CaseLife.case_id == document.case_id))
    if document.kind == DocumentKind.DECISION and state not in DECIDED:
        return "案件尚未作出处罚决定，决定书不能送达"
    if document.kind != DocumentKind.HEARING_NOTICE:
        return ""
    fixes = _fixes(connection, document.case_id)
    return _outdated(fixes, document) or _late(fixes, today)


def outdated_hearing(connection: Connection, document: Any) -> str:  # noqa: ANN401 (a row)
    """Return why a notice of a hearing tells of another hearing than the one fixed; "" where it does not."""
    return _outdated(_fixes(connection, document.case_id), document)


def _outdated(fixes: Sequence[Any], document: Any) -> str:  # noqa: ANN401 (a row)
    standing = _standing(fixes)
    if standing is not None and document.sealed_at is not None and document.sealed_at < standing.at:
        return (
            f"{document.number}盖章之后听证又定于{standing.hearing_on}，须先作废（documents --void），"
            "再另行签发（notice --copy N）"
        )
    told = _told(fixes, document.sealed_at)
    if told is not None and told.ended:
        return f"{document.number}：听证不再举行（{Answer(told.ended).label}），须先作废（documents --void）"
    return ""


def _late(fixes: Sequence[Any], today: date) -> str:
    fixed = _standing(fixes)
    if fixed is None:
        return ""
    last_on = latest_notice(HEARING_NOTICE, date.fromisoformat(fixed.hearing_on), work_calendar()).last_on
    late = f"听证定于{fixed.hearing_on}，通知至迟应在{last_on}送达（{HEARING_NOTICE.article}），须另定日期"
    return late if today > last_on else ""


def _standing(fixes: Sequence[Any]) -> Any:  # noqa: ANN401 (a row)
    return next((one for one in fixes if one.ended is None), None)


def _told(fixes: Sequence[Any], sealed_at: int | None) -> Any:  # noqa: ANN401 (a row)
    """Return the fix that a notice sealed then tells of: the latest that stood, else the latest of all."""
    stood = (
        one
        for one in fixes
        if sealed_at is not None and one.at <= sealed_at and (one.ended is None or one.ended_at >= sealed_at)
    )
    return next(stood, next(iter(fixes), None))


def _fixes(connection: Connection, case_id: int) -> Sequence[Any]:
    """Return the answers of a case that fixed a hearing, the latest first.

    `ended` is the answer by which it was called off, at `ended_at`; null where it stands.
    """
    later = aliased(DefenceAnswer)
    called_off = (later.defence_id == DefenceAnswer.defence_id) & later.answer.in_(CALLED_OFF)
    fixes = (Defence.case_id == case_id) & (DefenceAnswer.answer == Answer.HEARING_FIXED.value)
    ended = (later.answer.label("ended"), later.at.label("ended_at"))
    query = (
        select(DefenceAnswer.at, DefenceAnswer.hearing_on, *ended)
        .join(Defence, Defence.id == DefenceAnswer.defence_id)
        .outerjoin(later, called_off)
        .where(fixes)
        .order_by(DefenceAnswer.id.desc())
    )
    return connection.execute(query).all()
