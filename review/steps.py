"""Steps after the filing: which role may take which, and what must have passed before."""

from datetime import date
from typing import Any

from sqlalchemy import Connection, Row

from models.case_life import ZONE, Step, StepRefusedError, clocks_of, move, served_days, standing_of
from models.values.case_life import IN_REVIEW, CaseState, obstacle
from models.values.office import Role
from models.values.periods import SUMMONS
from models.values.timeline import from_ms
from review.accounts import Visitor
from review.refusals import NotAllowedError

S = CaseState
_HANDLING = frozenset({S.SUMMONED, S.APPEARED, S.SUMMONS_LAPSED, S.NOTIFIED, S.STATEMENT, S.HEARING})
_ELSEWHERE = frozenset({S.RECOGNISED, S.WITHDRAWN, S.TRANSFERRED})
_DELIVERING = frozenset({S.SERVED, S.CLOSED})


def roles_for(state: CaseState, to: CaseState) -> frozenset[Role]:
    """Return the roles that may take a step; reviews have verdicts of their own and no such step."""
    if state in IN_REVIEW and to not in {S.TRANSFERRED, S.SUSPENDED}:
        return frozenset()
    if state is S.LEGAL_REVIEW and to in {S.DECIDED, S.NOTIFIED, S.DISMISSED}:
        return frozenset({Role.LEGAL_REVIEWER})
    if state is not S.SUSPENDED and to in _HANDLING | _DELIVERING:
        return frozenset({Role.REVIEWER, Role.TEAM_LEADER})
    # A dismissal is reopened with a button of its own.
    return frozenset() if state is S.DISMISSED else frozenset({Role.TEAM_LEADER})


def offered(life: Row[Any], visitor: Visitor, *, no_partner: bool) -> list[tuple[CaseState, str]]:
    """Return the steps this visitor may look at, each with why it can't be taken now, "" where it can."""
    standing = standing_of(life, no_grant_needed=no_partner)
    state = standing.state
    return [
        (to, obstacle(standing, to))
        for to in CaseState
        if to in state.allowed_next
        and visitor.role in roles_for(state, to)
        and (state is not S.SUSPENDED or to in {standing.resumes_to, *_ELSEWHERE})
    ]


def take_step(connection: Connection, life: Row[Any], visitor: Visitor, step: Step) -> None:
    """Take a step.

    Raises:
        NotAllowedError: not with this role.
        CaseMovedError, StepRefusedError: nothing was changed.

    """
    if visitor.role not in roles_for(CaseState(life.state), step.to):
        raise NotAllowedError(f"{visitor.role.label}不能将案件转为“{step.to.label}”")
    if step.to is S.SUMMONS_LAPSED:
        _check_lapsed(connection, life, from_ms(step.at_ms, ZONE).date())
    if step.to is S.SERVED and S.SERVED not in served_days(connection, life.case_id):
        raise StepRefusedError("决定书没有送达证明；请先登记送达")
    move(connection, step)


def _check_lapsed(connection: Connection, life: Row[Any], today: date) -> None:
    for clock in clocks_of(connection, life):
        if clock.due.period.code == SUMMONS.code and not clock.due.is_over(today):
            raise StepRefusedError(f"接受处理的期限至{clock.due.last_on}，尚未届满")
