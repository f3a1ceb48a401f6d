"""Working days and statutory periods, counted by hand on the announced calendars."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.values import periods
from models.values.calendar import CalendarError, HolidayYear, work_calendar, years_after
from models.values.due_dates import due_date, latest_notice
from models.values.periods import PERIODS, Count, announcement

CALENDAR = work_calendar()
YEAR_2027 = HolidayYear(
    year=2027, holidays=frozenset({date(2027, 1, 1)}), workdays=frozenset({date(2027, 1, 10)})
)


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        ("2024-02-04", True),  # Sunday, worked for the Spring Festival
        ("2024-02-12", False),
        ("2024-02-18", True),  # Sunday
        ("2025-01-26", True),  # Sunday
        ("2025-10-08", False),  # Wednesday
        ("2025-10-11", True),  # Saturday
        ("2026-01-02", False),  # Friday
        ("2026-01-04", True),  # Sunday
        ("2026-02-14", True),  # Saturday
        ("2026-02-23", False),  # Monday
        ("2026-02-28", True),  # Saturday
        ("2026-05-09", True),  # Saturday
        ("2026-06-19", False),  # Friday, Dragon Boat
        ("2026-09-20", True),  # Sunday
        ("2026-10-07", False),
        ("2026-10-10", True),  # Saturday
        ("2026-10-11", False),
        ("2018-12-29", True),  # by the notice for 2019
        ("2018-12-31", False),
    ],
)
def test_worked_days(day: str, worked: bool) -> None:
    assert CALENDAR.is_workday(date.fromisoformat(day)) == worked


@pytest.mark.parametrize(
    ("period", "event", "last"),
    [
        (periods.HEARING_REQUEST, "2026-09-28", "2026-10-10"),  # 29, 30, 8, 9 and Saturday the 10th
        (periods.HEARING_REQUEST, "2026-02-13", "2026-02-27"),  # 14, 24, 25, 26, 27
        (periods.STATEMENT, "2026-03-02", "2026-03-09"),
        (periods.SERVICE, "2026-04-30", "2026-05-13"),  # 6, 7, 8, Saturday 9, 11, 12, 13
        (periods.CIRCULAR, "2025-12-30", "2026-01-09"),  # 31, Sunday 4, 5, 6, 7, 8, 9
        (periods.CIRCULAR, "2026-03-02", "2026-03-11"),
        (periods.WITHDRAWAL, "2026-06-18", "2026-06-24"),  # 22, 23, 24
        (periods.DEMAND, "2026-03-02", "2026-03-16"),
        (periods.PAYMENT, "2026-09-16", "2026-10-08"),  # 1 October, a holiday
        (periods.PAYMENT, "2026-03-02", "2026-03-17"),
        (periods.SUMMONS, "2026-02-01", "2026-02-24"),  # 16 February, the eve
        (periods.SUMMONS, "2026-03-06", "2026-03-23"),  # 21 March, a Saturday
        (periods.DECISION, "2026-07-05", "2026-10-03"),  # not prolonged
        (periods.DECISION, "2026-01-01", "2026-04-01"),
        (periods.LIMITATION, "2024-02-29", "2026-02-28"),
        (periods.LIMITATION, "2024-05-06", "2026-05-06"),
        (announcement(), "2026-03-02", "2026-05-01"),
        (announcement(30), "2026-03-02", "2026-04-01"),
    ],
)
def test_due(period: periods.Period, event: str, last: str) -> None:
    found = due_date(period, date.fromisoformat(event), CALENDAR)
    assert (str(found.last_on), found.provisional) == (last, False)
    assert period.article in str(found)


def test_a_moved_day_is_said() -> None:
    found = due_date(periods.PAYMENT, date(2026, 9, 16), CALENDAR)
    assert found.counted_on == date(2026, 10, 1)
    assert "2026-10-01为休息日，顺延至2026-10-08届满" in str(found)


@pytest.mark.parametrize(
    ("period", "event", "provisional"),
    [
        (periods.CIRCULAR, date(2026, 12, 15), False),
        (periods.CIRCULAR, date(2026, 12, 16), True),  # the 25th: the notice for 2027 may move it
        (periods.CIRCULAR, date(2026, 12, 30), True),
        (periods.PAYMENT, date(2027, 1, 3), True),
        (periods.DECISION, date(2027, 1, 3), False),  # counts days whether worked or not
    ],
)
def test_beyond_what_is_known_a_date_is_provisional(
    period: periods.Period, event: date, provisional: bool
) -> None:
    found = due_date(period, event, CALENDAR)
    assert found.provisional == provisional
    assert ("暂定" in str(found)) == provisional


def test_a_given_year_settles_it() -> None:
    days_off = work_calendar([YEAR_2027])
    found = due_date(periods.CIRCULAR, date(2026, 12, 30), days_off)
    assert (found.last_on, found.provisional) == (date(2027, 1, 10), False)  # 31, 4 to 8, Sunday 10
    assert due_date(periods.CIRCULAR, date(2026, 12, 30), CALENDAR).last_on == date(2027, 1, 8)


def test_every_day_counted_must_be_known_not_only_the_last() -> None:
    days_off = work_calendar(
        [replace(YEAR_2027, year=2028, holidays=frozenset({date(2028, 1, 3)}), workdays=frozenset())]
    )
    found = due_date(periods.CIRCULAR, date(2027, 12, 29), days_off)
    assert (found.last_on, found.provisional) == (date(2028, 1, 10), True)  # 30, 31, 4 to 7, 10
    assert days_off.is_known(found.last_on)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"holidays": frozenset()}, "holidays: expected the year's notice"),
        ({"year": 2028}, "holidays: expected a day of the year, got 2027-01-01"),
        ({"workdays": frozenset({date(2027, 1, 11)})}, "workdays: expected a weekend day, got 2027-01-11"),
        (
            {"holidays": frozenset({date(2027, 1, 10)})},
            "2027-01-10 stands in both holidays and workdays",
        ),
    ],
)
def test_a_year_that_cannot_be_used(change: dict[str, object], complaint: str) -> None:
    with pytest.raises(CalendarError, match=complaint):
        replace(YEAR_2027, **change)  # type: ignore[arg-type]


def test_warnings_of_a_decision() -> None:
    found = due_date(periods.DECISION, date(2026, 1, 1), CALENDAR)
    dates = [(60, date(2026, 3, 2)), (75, date(2026, 3, 17)), (85, date(2026, 3, 27))]
    assert list(found.warnings()) == dates
    levels = {date(2026, 3, 1): 0, date(2026, 3, 2): 60, date(2026, 3, 26): 75, date(2026, 4, 30): 85}
    assert {day: found.warning_on(day) for day in levels} == levels
    assert (found.days_left(date(2026, 4, 1)), found.is_over(date(2026, 4, 1))) == (0, False)
    assert found.is_over(date(2026, 4, 2))


def test_a_hearing_is_told_seven_working_days_ahead() -> None:
    # between: 29, 30 September, 8, 9, 10, 12, 13 October
    found = latest_notice(periods.HEARING_NOTICE, date(2026, 10, 14), CALENDAR)
    assert (found.last_on, found.provisional) == (date(2026, 9, 28), False)


def test_an_announcement_has_one_of_two_lengths() -> None:
    with pytest.raises(ValueError, match="expected 60 or 30 days, got 45"):
        announcement(45)


def test_periods_are_told_apart_and_cited() -> None:
    assert len({period.code for period in PERIODS}) == len(PERIODS)
    assert all(period.article.startswith("《") for period in PERIODS)
    assert all(count.label for count in Count)


@given(st.dates(date(2005, 1, 1), date(2040, 1, 1)), st.sampled_from(PERIODS))
def test_no_period_ends_before_the_next_or_within_its_days(event: date, period: periods.Period) -> None:
    found = due_date(period, event, CALENDAR)
    assert event < found.counted_on <= found.last_on
    assert found.last_on <= due_date(period, event + timedelta(days=1), CALENDAR).last_on
    if period.prolonged or period.count is Count.WORKING_DAYS:
        assert CALENDAR.is_workday(found.last_on)


@given(st.dates(date(2005, 1, 1), date(2026, 1, 1)), st.integers(1, 30))
def test_working_days_are_as_many_as_asked(event: date, count: int) -> None:
    last = CALENDAR.after(event, count)
    passed = [event + timedelta(days=n) for n in range(1, (last - event).days + 1)]
    assert sum(map(CALENDAR.is_workday, passed)) == count


def test_a_leap_day_has_its_anniversary_in_february() -> None:
    assert years_after(date(2024, 2, 29), 5) == date(2029, 2, 28)
    assert years_after(date(2024, 2, 29), 4) == date(2028, 2, 29)
