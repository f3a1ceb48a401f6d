"""Which clocks run in which state, with days counted by hand."""

from datetime import date

from models.values.calendar import work_calendar
from models.values.case_clocks import case_clocks, due_on
from models.values.case_life import CaseState

ACT_ON = date(2026, 3, 2)
HISTORY = [
    (CaseState.FLAGGED, date(2026, 3, 3)),
    (CaseState.FILED, date(2026, 3, 4)),
    (CaseState.SUMMONED, date(2026, 3, 5)),
    (CaseState.NOTIFIED, date(2026, 3, 25)),
]


def running(state: CaseState, count: int) -> dict[str, date]:
    clocks = case_clocks(state, HISTORY[:count], ACT_ON, work_calendar())
    return {clock.due.period.code: clock.due.last_on for clock in clocks if clock.runs}


def test_each_state_owes_its_own_date() -> None:
    # Monday: five working days later is the next Monday.
    assert running(CaseState.FIRST_REVIEW, 1)["review"] == date(2026, 3, 9)
    assert running(CaseState.FILED, 2)["decision"] == date(2026, 6, 2)
    # 15 days end on Friday the 20th.
    assert running(CaseState.SUMMONED, 3)["summons"] == date(2026, 3, 20)
    # Five working days after Wednesday the 25th.
    assert running(CaseState.NOTIFIED, 4) == {
        "statement": date(2026, 4, 1),
        "decision": date(2026, 6, 2),
        "limitation": date(2028, 3, 2),
    }
    assert running(CaseState.CLOSED, 4) == {}


def test_a_suspended_case_keeps_its_clock_of_decision() -> None:
    assert "decision" in running(CaseState.SUSPENDED, 2)


def test_the_first_date_counts_and_a_dismissed_case_owes_none() -> None:
    assert due_on(case_clocks(CaseState.SUMMONED, HISTORY[:3], ACT_ON, work_calendar())) == date(2026, 3, 20)
    assert due_on(case_clocks(CaseState.DISMISSED, HISTORY[:1], ACT_ON, work_calendar())) is None
