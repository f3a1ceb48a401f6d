"""What becomes of a case's 90 days while another agency's claim stands against it.

A decision is due within 90 days of filing (行政处罚法 art. 60), and no statute suspends that term for an
agreement between agencies. The rule here, a stated default: a case given free within its term goes on as
filed; one given free later is filed again, with a term of its own, as long as the act may still be
pursued (art. 36). Its claim stays the claim first made: being kept waiting costs no place in the order of
filing.
"""

from dataclasses import dataclass
from datetime import date

from models.values.calendar import WorkCalendar
from models.values.due_dates import DueDate, due_date
from models.values.labelled import Labelled
from models.values.periods import DECISION, LIMITATION


class AfterRelease(Labelled):
    """What can be done with a case that was kept waiting and is free now."""

    GOES_ON = "goes_on", "原案继续办理"
    FILED_AGAIN = "filed_again", "重新立案，保留原立案先后次序"
    TIME_BARRED = "time_barred", "已过追究时效，不再处罚"


@dataclass(frozen=True, slots=True, kw_only=True)
class FreeCase:
    """The answer, with the term of the decision, which for a time-barred act is the one that has passed."""

    what: AfterRelease
    decision: DueDate
    limitation: DueDate


def after_release(*, act_on: date, filed_on: date, released_on: date, days_off: WorkCalendar) -> FreeCase:
    """Return how a blocked case goes on once the act is given free."""
    limitation = due_date(LIMITATION, act_on, days_off)
    decision = due_date(DECISION, filed_on, days_off)
    if not decision.is_over(released_on):
        what = AfterRelease.GOES_ON
    elif limitation.is_over(released_on):
        what = AfterRelease.TIME_BARRED
    else:
        what, decision = AfterRelease.FILED_AGAIN, due_date(DECISION, released_on, days_off)
    return FreeCase(what=what, decision=decision, limitation=limitation)
