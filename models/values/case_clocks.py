"""The clocks of a case: which statutory periods run, since when, and which of them ends first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from models.values.calendar import WorkCalendar
from models.values.case_life import BEFORE_DECISION, IN_REVIEW, CaseState
from models.values.due_dates import DueDate, due_date
from models.values.periods import (
    CIRCULAR,
    DECISION,
    LIMITATION,
    PAYMENT,
    SERVICE,
    STATEMENT,
    SUMMONS,
    Count,
    Period,
)

REVIEW = Period(
    code="review",
    label="审核",
    begins="过车",
    length=5,
    count=Count.WORKING_DAYS,
    article="《行政处罚法》第四十一条第二款",
    default="法律未规定审核期限，参照《道路交通安全违法行为处理程序规定》第十九条",
)
# The period that entering a state begins, and which runs while the case stays in it.
_BEGUN_BY = {
    CaseState.SUMMONED: SUMMONS,
    CaseState.NOTIFIED: STATEMENT,
    CaseState.DECIDED: SERVICE,
    CaseState.SERVED: PAYMENT,
    CaseState.CLOSED: CIRCULAR,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """One period of a case; `runs` while what it limits is still owed."""

    due: DueDate
    runs: bool


def case_clocks(
    state: CaseState,
    history: Sequence[tuple[CaseState, date]],
    act_on: date,
    days_off: WorkCalendar,
    *,
    filed_again_on: date | None = None,
) -> tuple[Clock, ...]:
    """Return the clocks of a case, by the day they end.

    `history` has every state entered and the local day, oldest first; of a state entered more than once
    the first day counts for the filing, the last for all others. `filed_again_on` is the day on which a case
    that another agency kept waiting past its term was filed again (`notices.recognition.blocked_term`).
    """
    entered = dict(history)
    clocks = [
        _clock(REVIEW, act_on, days_off, runs=state in IN_REVIEW),
        _clock(LIMITATION, act_on, days_off, runs=state in BEFORE_DECISION | {CaseState.SUSPENDED}),
    ]
    first_filed_on = next((day for one, day in history if one is CaseState.FILED), None)
    filed_on = filed_again_on or first_filed_on
    if filed_on is not None:
        undecided = state in (BEFORE_DECISION - IN_REVIEW) | {CaseState.SUSPENDED}
        clocks.append(_clock(DECISION, filed_on, days_off, runs=undecided))
    clocks += [
        _clock(period, entered[begun], days_off, runs=state is begun)
        for begun, period in _BEGUN_BY.items()
        if begun in entered
    ]
    return tuple(sorted(clocks, key=lambda clock: clock.due.last_on))


def _clock(period: Period, event_on: date, days_off: WorkCalendar, *, runs: bool) -> Clock:
    return Clock(due=due_date(period, event_on, days_off), runs=runs)


def due_on(clocks: Sequence[Clock]) -> date | None:
    """Return the first day on which something that is still owed falls due, None where nothing is."""
    return min((clock.due.last_on for clock in clocks if clock.runs), default=None)
