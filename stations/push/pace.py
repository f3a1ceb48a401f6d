"""Back-pressure: how much a station may send, and how much from all may be under way."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from stations.push.refusals import Reason, RefusedError

BUSY_S = 2


@dataclass(slots=True)
class _Bucket:
    level: float
    at_s: float


@dataclass(slots=True, kw_only=True)
class Pace:
    """A token bucket for each station, in files; one station's flood is its own trouble."""

    per_second: float
    burst: int
    clock: Callable[[], float] = time.monotonic
    buckets: dict[str, _Bucket] = field(default_factory=dict)

    def take(self, station_id: str, files: int) -> None:
        """Count files of a station.

        Raises:
            RefusedError: it has sent more than it may; it says when there is room again.

        """
        now_s = self.clock()
        bucket = self.buckets.setdefault(station_id, _Bucket(self.burst, now_s))
        bucket.level = min(self.burst, bucket.level + (now_s - bucket.at_s) * self.per_second)
        bucket.at_s = now_s
        if bucket.level < min(files, self.burst):
            wait_s = math.ceil((min(files, self.burst) - bucket.level) / self.per_second)
            detail = f"at most {self.per_second:g} files a second, {self.burst} at once after a pause"
            raise RefusedError(Reason.TOO_MANY, detail, max(wait_s, 1))
        bucket.level -= files


@dataclass(slots=True, kw_only=True)
class Room:
    """Bytes under way: what has been promised room and is not committed yet.

    No station may fill more than a quarter, so that what is slow or many at one leaves room for others.
    """

    bytes_max: int
    under_way: dict[str, int] = field(default_factory=dict)

    @contextmanager
    def keep(self, station_id: str, size_bytes: int) -> Iterator[None]:
        """Hold room for a message.

        Raises:
            RefusedError: there is none just now.

        """
        own = self.under_way.get(station_id, 0)
        share = max(self.bytes_max // 4, size_bytes)
        if own + size_bytes > share or sum(self.under_way.values()) + size_bytes > self.bytes_max:
            raise RefusedError(Reason.BUSY, "too much is under way; send it again", BUSY_S)
        self.under_way[station_id] = own + size_bytes
        try:
            yield
        finally:
            self.under_way[station_id] -= size_bytes
            if not self.under_way[station_id]:
                del self.under_way[station_id]
