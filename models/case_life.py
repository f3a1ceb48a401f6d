"""A case's life in the database: each step a compare-and-set with actor, time and reason, and logged."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, Select, bindparam, insert, select, update

from models import audit
from models.case_tables import CaseEvent, CaseLife
from models.defence_tables import Defence, DefenceAnswer
from models.document_tables import Document
from models.errors import MisuseError
from models.service_tables import ServedDocument
from models.tables import Case
from models.trace import tell
from models.unweighed import is_unweighed
from models.values.calendar import WorkCalendar, work_calendar
from models.values.case_clocks import Clock, case_clocks, due_on
from models.values.case_life import BEFORE_DECISION, NEEDS_REASON, CaseState, Standing, obstacle
from models.values.office import PROGRAM, Action, Actor
from models.values.partner_reasons import PartnerReason
from models.values.timeline import from_ms

LOGGER = logging.getLogger(__name__)
# Statutory days are days of Beijing time, whatever a station's clock is set to.
ZONE = ZoneInfo("Asia/Shanghai")
# The state that a document of that kind leads to once it is served.
_SERVED = {
    "summons": CaseState.SUMMONED,
    "violation_notice": CaseState.NOTIFIED,
    "decision": CaseState.SERVED,
}


class CaseError(MisuseError):
    """A step was not taken, and nothing was changed; the text is for people.

    CaseError
    ├── UnknownCaseError   there is no such case
    ├── CaseMovedError     somebody else moved it since it was looked at
    └── StepRefusedError   this step may not be taken from here, or not by this officer
    """


class UnknownCaseError(CaseError):
    """There is no such case."""


class CaseMovedError(CaseError):
    """Somebody else moved the case since it was looked at."""


class StepRefusedError(CaseError):
    """The step may not be taken from here, or not by this officer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step to take: `version` is what the actor saw; `reason` is a listed word, `note` free text.

    `no_partner` says that no partner is configured, so that a decision needs no grant; `no_fine` that the
    decision carries no fine, so that it needs none either.
    """

    case_id: int
    version: int
    to: CaseState
    actor: Actor
    at_ms: int
    reason: str = ""
    note: str = ""
    no_partner: bool = False
    no_fine: bool = False


def begin(  # noqa: PLR0913 (each says something else of the opening)
    connection: Connection,
    case_id: int,
    *,
    passed_at_ms: int,
    plate: str,
    asks_summons: bool,
    at_ms: int,
    actor: Actor = PROGRAM,
    note: str = "",
) -> None:
    """Flag a case that was just opened, by whom and why; its first clock starts with the passage."""
    connection.execute(
        insert(CaseEvent).values(
            case_id=case_id,
            version=1,
            from_state="",
            to_state=CaseState.FLAGGED,
            officer_id=actor.officer_id,
            at=at_ms,
            reason="",
            note=note,
        )
    )
    act_on = from_ms(passed_at_ms, ZONE).date()
    due = due_on(case_clocks(CaseState.FLAGGED, [], act_on, work_calendar()))
    connection.execute(
        insert(CaseLife).values(
            case_id=case_id,
            version=1,
            state=CaseState.FLAGGED,
            plate=plate,
            asks_summons=asks_summons,
            due_on=str(due),
        )
    )


def life_query() -> Select[*tuple[Any, ...]]:
    """Return the query of a case's life with its number, station, time, and whether it is unweighed."""
    return select(
        *CaseLife.__table__.columns,
        Case.number,
        Case.station_id,
        Case.passed_at,
        is_unweighed(CaseLife.case_id).label("unweighed"),
    ).join(Case, Case.id == CaseLife.case_id)


def life_of(connection: Connection, number: str) -> Row[Any]:
    """Return the life of a case by its number."""
    row = connection.execute(life_query().where(Case.number == number)).one_or_none()
    if row is None:
        raise UnknownCaseError(f"没有案件 {number}")
    return row


def standing_of(life: Row[Any], *, no_grant_needed: bool = False) -> Standing:
    """Return what decides which step may come next."""
    return Standing(
        state=CaseState(life.state),
        resumes_to=CaseState(life.resumes_to) if life.resumes_to else None,
        asks_summons=life.asks_summons,
        asks_legal_review=life.asks_legal_review,
        granted=life.grant_number is not None or life.no_partner or life.no_fine or no_grant_needed,
        partner_final=life.partner_fine is not None,
        unweighed=life.unweighed,
    )


# Put together once: each case page asks them, and that takes longer than the answers.
_EVENTS = (
    select(CaseEvent.to_state, CaseEvent.at, CaseEvent.reason)
    .where(CaseEvent.case_id == bindparam("case_id"))
    .order_by(CaseEvent.version)
)
_SERVED_ON = (
    select(Document.kind, ServedDocument.served_on)
    .join(ServedDocument, ServedDocument.document_id == Document.id)
    .where(Document.case_id == bindparam("case_id"), Document.kind.in_(_SERVED))
    .order_by(ServedDocument.served_on)
)


def clocks_of(
    connection: Connection,
    life: Row[Any],
    days_off: WorkCalendar | None = None,
    *,
    events: Sequence[Any] | None = None,
) -> tuple[Clock, ...]:
    """Return the clocks of a case, by the day they end; `events` are its steps, where they are at hand."""
    return _clocks(connection, life, CaseState(life.state), days_off or work_calendar(), events)


def _clocks(
    connection: Connection,
    life: Row[Any],
    state: CaseState,
    days_off: WorkCalendar,
    events: Sequence[Any] | None = None,
) -> tuple[Clock, ...]:
    if events is None:
        events = connection.execute(_EVENTS, {"case_id": life.case_id}).all()
    may_be_served = any(event.to_state in _SERVED.values() for event in events)
    served = served_days(connection, life.case_id) if may_be_served else {}
    history = [
        (entered, served.get(entered, from_ms(at, ZONE).date()))
        for entered, at in ((CaseState(event.to_state), event.at) for event in events)
    ]
    again = [event.at for event in events if event.reason == PartnerReason.FILED_AGAIN]
    act_on = from_ms(life.passed_at, ZONE).date()
    filed_again_on = from_ms(again[-1], ZONE).date() if again else None
    return case_clocks(state, history, act_on, days_off, filed_again_on=filed_again_on)


def served_days(connection: Connection, case_id: int) -> dict[CaseState, date]:
    """Return the days on which what led to a state counts as served, whenever that was noted."""
    rows = connection.execute(_SERVED_ON, {"case_id": case_id})
    return {_SERVED[kind]: date.fromisoformat(served_on) for kind, served_on in rows}


def move(
    connection: Connection,
    step: Step,
    changes: Mapping[str, object] | None = None,
    *,
    days_off: WorkCalendar | None = None,
) -> int:
    """Take a step and return the case's new version; `changes` are further columns of its life.

    Raises:
        UnknownCaseError, CaseMovedError, StepRefusedError: nothing was changed.

    """
    query = life_query().where(CaseLife.case_id == step.case_id).with_for_update(of=CaseLife)
    life = connection.execute(query).one_or_none()
    if life is None:
        raise UnknownCaseError(f"没有案件 {step.case_id}")
    if life.version != step.version:
        raise CaseMovedError(f"案件 {life.number} 已由他人办理，现为“{CaseState(life.state).label}”")
    no_grant_needed = step.no_partner or step.no_fine
    refused = obstacle(standing_of(life, no_grant_needed=no_grant_needed), step.to)
    if step.to is CaseState.DECIDED and _is_unheard(connection, step.case_id):
        refused = refused or "当事人的陈述申辩或者听证申请尚未答复（《行政处罚法》第四十五条、第六十二条）"
    if step.to in NEEDS_REASON and not step.reason:
        refused = refused or f"转为“{step.to.label}”须写明理由"
    if refused:
        raise StepRefusedError(refused)
    tell(LOGGER, "case.moved", connection, step.case_id, case=life.number, to=step.to.value)
    return _write(connection, life, step, days_off or work_calendar(), changes or {})


def _is_unheard(connection: Connection, case_id: int) -> bool:
    """Tell whether a defence of the case still waits for its answer."""
    settled = select(DefenceAnswer.id).where(DefenceAnswer.defence_id == Defence.id, DefenceAnswer.settled)
    waiting = select(Defence.id).where(Defence.case_id == case_id, ~settled.exists()).limit(1)
    return connection.execute(waiting).one_or_none() is not None


def _write(
    connection: Connection, life: Row[Any], step: Step, days_off: WorkCalendar, changes: Mapping[str, object]
) -> int:
    event = {
        "case_id": step.case_id,
        "version": step.version + 1,
        "from_state": life.state,
        "to_state": step.to.value,
        "officer_id": step.actor.officer_id,
        "at": step.at_ms,
        "reason": step.reason,
        "note": step.note,
    }
    connection.execute(insert(CaseEvent).values(event))
    clocks = _clocks(connection, life, step.to, days_off)
    values = {"due_on": str(due_on(clocks) or ""), **_implied(life, step), **changes}
    moved = connection.execute(
        update(CaseLife)
        .where(
            CaseLife.case_id == step.case_id,
            CaseLife.version == step.version,
            CaseLife.state == life.state,
        )
        .values(version=step.version + 1, state=step.to.value, **values)
    )
    if moved.rowcount != 1:
        raise CaseMovedError(f"案件 {life.number} 已由他人办理")
    audit.append(connection, step.actor, Action.MOVED, life.number, at_ms=step.at_ms, detail=event)
    return step.version + 1


def _implied(life: Row[Any], step: Step) -> dict[str, object]:
    """Return what a step changes beside the state."""
    match step.to:
        case CaseState.SUSPENDED if CaseState(life.state) in BEFORE_DECISION:
            return {"resumes_to": life.state}
        case CaseState.SUSPENDED | CaseState.RECOGNISED:
            # Where a suspended case resumes is kept while the partner's fine may still be annulled.
            return {}
        case CaseState.HEARING:
            # After a hearing the decision needs a legal review (行政处罚法 art. 58).
            return {"resumes_to": "", "asks_legal_review": True}
        case CaseState.DECIDED:
            no_partner = life.no_partner or (step.no_partner and life.grant_number is None)
            no_fine = life.no_fine or step.no_fine
            return {"resumes_to": "", "no_partner": no_partner, "no_fine": no_fine}
        case _:
            return {"resumes_to": ""}


def grant(connection: Connection, case_id: int, number: str | None, actor: Actor, at_ms: int) -> None:
    """Note the partner's grant of the claim, without which nothing is decided; None where it is over."""
    _from_partner(connection, case_id, actor, at_ms, grant_number=number)


def partner_fine_final(connection: Connection, case_id: int, number: str, actor: Actor, at_ms: int) -> None:
    """Note the partner's final decision on the same act, which makes a recognition final."""
    _from_partner(connection, case_id, actor, at_ms, partner_fine=number)


def carries_fine(connection: Connection, case_id: int, *, fine: bool) -> None:
    """Note whether a case can end with a fine; where it can't, no grant is asked for."""
    connection.execute(update(CaseLife).where(CaseLife.case_id == case_id).values(no_fine=not fine))


def _from_partner(connection: Connection, case_id: int, actor: Actor, at_ms: int, **told: str | None) -> None:
    number = connection.scalar(select(Case.number).where(Case.id == case_id))
    if number is None:
        raise UnknownCaseError(f"没有案件 {case_id}")
    connection.execute(update(CaseLife).where(CaseLife.case_id == case_id).values(told))
    audit.append(connection, actor, Action.PARTNER_TOLD, number, at_ms=at_ms, detail=told)
