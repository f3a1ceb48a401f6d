"""Instants as milliseconds, days as local dates: the only place where one becomes the other."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

EPOCH = datetime(1970, 1, 1, tzinfo=ZoneInfo("UTC"))
MILLISECOND = timedelta(milliseconds=1)
# Spans of 2**25 ms, 9.3 hours, are cheap to tell and touch at most two local days: those of their edges.
SPAN_BITS = 25


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
    spans = instant_ms >> SPAN_BITS
    # Records come nearly in order of time, so few rows begin a new span and only those are sorted.
    begins = np.flatnonzero(np.diff(spans, prepend=spans[:1] - 1))
    firsts = {int(span) << SPAN_BITS for span in np.unique(spans[begins])}
    edges = firsts | {first + (1 << SPAN_BITS) - 1 for first in firsts}
    near = sorted({from_ms(edge, zone).date() for edge in edges})
    starts = np.array([day_bounds_ms(day, zone)[0] for day in near], dtype=np.int64)
    which = np.searchsorted(starts, instant_ms, side="right") - 1
    present = np.bincount(which, minlength=len(near)) > 0
    place = np.cumsum(present) - 1
    return [day for day, used in zip(near, present.tolist(), strict=True) if used], place[which]
