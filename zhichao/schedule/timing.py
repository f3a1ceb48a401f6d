"""When a job is due: instants of a calendar's clock, by APScheduler's cron trigger."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger

from models.values.timeline import from_ms, to_ms

HOUR = 60
# How far back the latest instant is looked for: far enough for a minute, an hour, a day, a week.
_REACHES = (timedelta(minutes=1), timedelta(hours=1), timedelta(days=1, hours=2), timedelta(days=8))


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """The instants of a job, in milliseconds; `words` say them to people."""

    trigger: CronTrigger
    zone: ZoneInfo
    words: str

    def after(self, instant_ms: int) -> int:
        """Return the first instant after another."""
        before = from_ms(instant_ms, self.zone)
        found: datetime = self.trigger.get_next_fire_time(before, before)
        return to_ms(found)

    def between(self, after_ms: int, until_ms: int) -> Iterator[int]:
        """Yield the instants after one and up to another."""
        at = self.after(after_ms)
        while at <= until_ms:
            yield at
            at = self.after(at)

    def latest(self, now_ms: int) -> int:
        """Return the last instant up to now."""
        for reach in _REACHES:
            found = list(self.between(now_ms - reach // timedelta(milliseconds=1), now_ms))
            if found:
                return found[-1]
        raise ValueError(f"{self.words}: expected an instant in every week")


def daily(at: time, zone: ZoneInfo) -> Timing:
    """Return one instant a day."""
    trigger = CronTrigger(hour=at.hour, minute=at.minute, second=at.second, timezone=zone)
    return Timing(trigger=trigger, zone=zone, words=f"每天 {at:%H:%M}")


def weekly(at: time, zone: ZoneInfo) -> Timing:
    """Return one instant a week, on Sunday."""
    trigger = CronTrigger(day_of_week="sun", hour=at.hour, minute=at.minute, second=at.second, timezone=zone)
    return Timing(trigger=trigger, zone=zone, words=f"每周日 {at:%H:%M}")


def every(minutes: int, zone: ZoneInfo) -> Timing:
    """Return instants so many minutes apart; `minutes` divides an hour."""
    trigger = CronTrigger(minute="0" if minutes == HOUR else f"*/{minutes}", timezone=zone)
    return Timing(trigger=trigger, zone=zone, words=f"每 {minutes} 分钟")
