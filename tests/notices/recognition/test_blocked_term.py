from datetime import date, timedelta

import pytest

from models.values.calendar import work_calendar
from notices.recognition.blocked_term import AfterRelease, after_release

ACT_ON, FILED_ON = date(2026, 1, 10), date(2026, 1, 20)


@pytest.mark.parametrize(
    ("days_after_filing", "what", "decide_by"),
    [
        (30, AfterRelease.GOES_ON, date(2026, 4, 20)),
        (90, AfterRelease.GOES_ON, date(2026, 4, 20)),
        (91, AfterRelease.FILED_AGAIN, date(2026, 7, 20)),
        (100, AfterRelease.FILED_AGAIN, date(2026, 7, 29)),
        (720, AfterRelease.FILED_AGAIN, date(2028, 4, 9)),
        (721, AfterRelease.TIME_BARRED, date(2026, 4, 20)),
    ],
)
def test_a_case_given_free(days_after_filing: int, what: AfterRelease, decide_by: date) -> None:
    released_on = FILED_ON + timedelta(days=days_after_filing)
    free = after_release(act_on=ACT_ON, filed_on=FILED_ON, released_on=released_on, days_off=work_calendar())
    assert (free.what, free.decision.last_on) == (what, decide_by)
    assert free.limitation.last_on == date(2028, 1, 10)
