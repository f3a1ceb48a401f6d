"""Instants as milliseconds, days as local dates: the only place where one becomes the other."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

EPOCH = datetime(1970, 1, 1, tzinfo=ZoneInfo("UTC"))
MILLISECOND = timedelta(milliseconds=1)
# Every zone's offset in use is a multiple of this.
QUARTER_HOUR_MS = 900_000


def to_ms(instant: datetime) -> int:
    """Return milliseconds since 1970-01-01 UTC of a zoned time; a naive one is a ValueError."""
    if instant.tzinfo is None:
        message = f"expected a zoned time, got {instant.isoformat()} without zone"
        raise ValueError(message)
    return (instant - EPOCH) // MILLISECOND


def from_ms(instant_ms: int, zone: ZoneInfo) -> datetime:
    """Return the local time of an instant."""
    return (EPOCH + instant_ms * MILLISECOND).astimezone(zone)


def day_bounds_ms(day: date, zone: ZoneInfo) -> tuple[int, int]:
    """Return the first millisecond of a local day and of the next."""
    start = datetime.combine(day, time(), tzinfo=zone)
    end = datetime.combine(day + timedelta(days=1), time(), tzinfo=zone)
    return to_ms(start), to_ms(end)


def local_days(instant_ms: NDArray[np.int64], zone: ZoneInfo) -> tuple[list[date], NDArray[np.intp]]:
    """Return the distinct local days of instants (N,), ascending, and which of them each falls on, (N,)."""
    quarters, quarter = np.unique(instant_ms // QUARTER_HOUR_MS, return_inverse=True)
    ordinals = [from_ms(int(one) * QUARTER_HOUR_MS, zone).toordinal() for one in quarters]
    days, which = np.unique(np.array(ordinals, dtype=np.int64)[quarter], return_inverse=True)
    return [date.fromordinal(int(day)) for day in days], which.reshape(-1)
