"""Working days of China: public holidays, days off in lieu, and weekend days worked in exchange.

What the State Council has announced up to a year is known from `chinese_calendar`; later years are given.
Beyond that a weekday counts as a working day, and a date that rests on it is provisional.
"""

import calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from chinese_calendar import constants  # type: ignore[import-untyped]

DAY = timedelta(days=1)
SATURDAY = 5
# The notice for a year may move days of the December before: 2018-12-29 was worked and 2018-12-31 free
# by the notice for 2019. So the last days of a year are known only with the year after.
UNSETTLED_FROM = (12, 25)


class CalendarError(ValueError):
    """The holidays given for a year can't be used; the message names the key and what is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HolidayYear:
    """The announced holidays of one year.

    Attributes:
        holidays: days off by the notice, weekend days included or not.
        workdays: Saturdays and Sundays worked in exchange.

    """

    year: int
    holidays: frozenset[date]
    workdays: frozenset[date]

    def __post_init__(self) -> None:
        if not self.holidays:
            raise CalendarError(f"calendar {self.year}: holidays: expected the year's notice, got none")
        for key, days in (("holidays", self.holidays), ("workdays", self.workdays)):
            for day in sorted(days):
                if day.year != self.year:
                    raise CalendarError(f"calendar {self.year}: {key}: expected a day of the year, got {day}")
        for day in sorted(self.workdays):
            if day.weekday() < SATURDAY:
                raise CalendarError(f"calendar {self.year}: workdays: expected a weekend day, got {day}")
            if day in self.holidays:
                raise CalendarError(f"calendar {self.year}: {day} stands in both holidays and workdays")


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkCalendar:
    """Which days are worked; a later entry for a year replaces an earlier one."""

    years: tuple[HolidayYear, ...]

    def is_workday(self, day: date) -> bool:
        """Return whether the day is worked; beyond the years known, whether it is a weekday."""
        known = _by_year(self.years).get(day.year)
        if known and day in known.workdays:
            return True
        return day.weekday() < SATURDAY and not (known and day in known.holidays)

    def is_known(self, day: date) -> bool:
        """Return whether the notices that could concern the day are known."""
        years = _by_year(self.years)
        late = (day.month, day.day) >= UNSETTLED_FROM
        return day.year in years and (not late or day.year + 1 in years)

    def next_workday(self, day: date) -> date:
        """Return the day itself if it is worked, or else the first one worked after it."""
        while not self.is_workday(day):
            day += DAY
        return day

    def after(self, day: date, workdays: int) -> date:
        """Return the last of so many working days after a day, which is itself not counted."""
        for _ in range(workdays):
            day = self.next_workday(day + DAY)
        return day

    def before(self, day: date, workdays: int) -> date:
        """Return the working day that has so many working days between it and `day`, neither counted."""
        for _ in range(workdays + 1):
            day -= DAY
            while not self.is_workday(day):
                day -= DAY
        return day

    def all_known(self, first: date, last: date) -> bool:
        """Return whether every day from `first` to `last` is known."""
        return all(self.is_known(first + n * DAY) for n in range((last - first).days + 1))


@cache
def _by_year(years: tuple[HolidayYear, ...]) -> dict[int, HolidayYear]:
    return {one.year: one for one in years}


@cache
def announced_years() -> tuple[HolidayYear, ...]:
    """Return the years whose notices come with the program."""
    holidays, workdays = set(constants.holidays), set(constants.workdays)
    return tuple(
        HolidayYear(
            year=year,
            holidays=frozenset(day for day in holidays if day.year == year),
            workdays=frozenset(day for day in workdays if day.year == year),
        )
        for year in sorted({day.year for day in holidays})
    )


def work_calendar(given: Iterable[HolidayYear] = ()) -> WorkCalendar:
    """Return the calendar of the announced years and of those given, such as from the settings."""
    return WorkCalendar(years=(*announced_years(), *given))


def years_after(day: date, years: int) -> date:
    """Return the same day some years on, or February's last where it has no such day (民法典 art. 202)."""
    last = calendar.monthrange(day.year + years, day.month)[1]
    return date(day.year + years, day.month, min(day.day, last))
