"""The days on which statutory periods end.

How days are counted: the day of the event is not counted. Periods of two, three, five and seven days
are working days (行政处罚法 art. 85), other periods calendar days. Where a party's period ends on a day
off, the next working day is its last. The first and the last rule do not stand in 行政处罚法: they are
defaults, taken from 民法典 arts 201 and 203 and 民事诉讼法 art. 85. The authority's own calendar periods
are not prolonged, so that a due date shown is never too late.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from models.values.calendar import DAY, WorkCalendar, years_after
from models.values.periods import Count, Period


@dataclass(frozen=True, slots=True, kw_only=True)
class DueDate:
    """When a period ends: `last_on`, in force to the end of that day.

    `counted_on` is the last day as counted, before it moved past days off; `provisional` says that
    holidays of days counted are not yet known.
    """

    period: Period
    event_on: date
    counted_on: date
    last_on: date
    provisional: bool

    def __str__(self) -> str:
        length = f"{self.period.length}{self.period.count.label}"
        text = f"{self.period.label}：自{self.period.begins}（{self.event_on}，当日不计）起{length}，"
        moved = f"{self.counted_on}为休息日，顺延" if self.counted_on != self.last_on else ""
        text += f"{moved}至{self.last_on}届满（{self.period.article}）"
        return text + ("；节假日安排尚未公布，日期为暂定" if self.provisional else "")

    def days_left(self, today: date) -> int:
        """Return the calendar days left, 0 on the last day, negative once it has passed."""
        return (self.last_on - today).days

    def is_over(self, today: date) -> bool:
        """Return whether the last day has passed."""
        return today > self.last_on

    def warnings(self) -> tuple[tuple[int, date], ...]:
        """Return the days to warn on: how many after the event, and the date."""
        return tuple((days, self.event_on + timedelta(days=days)) for days in self.period.warn_days)

    def warning_on(self, today: date) -> int:
        """Return the gravest warning reached (60, 75, 85 for a decision), 0 before the first."""
        return max((days for days, on in self.warnings() if on <= today), default=0)


def due_date(period: Period, event_on: date, days_off: WorkCalendar) -> DueDate:
    """Return when a period that an event begins ends."""
    match period.count:
        case Count.WORKING_DAYS:
            counted_on = days_off.after(event_on, period.length)
        case Count.DAYS:
            counted_on = event_on + timedelta(days=period.length)
        case Count.YEARS:
            counted_on = years_after(event_on, period.length)
    last_on = days_off.next_workday(counted_on) if period.prolonged else counted_on
    # Only days whose being worked was asked can make the date uncertain.
    asked_from = event_on + DAY if period.count is Count.WORKING_DAYS else counted_on
    asks = period.prolonged or period.count is Count.WORKING_DAYS
    return DueDate(
        period=period,
        event_on=event_on,
        counted_on=counted_on,
        last_on=last_on,
        provisional=asks and not days_off.all_known(asked_from, last_on),
    )


def latest_notice(period: Period, event_on: date, days_off: WorkCalendar) -> DueDate:
    """Return the last day to tell of an event, with the period's working days between the two."""
    latest = days_off.before(event_on, period.length)
    return DueDate(
        period=period,
        event_on=event_on,
        counted_on=latest,
        last_on=latest,
        provisional=not days_off.all_known(latest, event_on),
    )
