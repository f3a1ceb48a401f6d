"""How often a wrong code may be tried: by address and by code, the same whether or not the code exists."""

from collections import OrderedDict, deque
from dataclasses import dataclass, field
from threading import Lock

MINUTE_MS = 60_000
MOST_KEYS = 50_000


@dataclass(slots=True, kw_only=True)
class Failures:
    """Counts what went wrong under a key; more than `most` within `window_ms` and the key is held off."""

    most: int
    window_ms: int
    _times: OrderedDict[str, deque[int]] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def holds_off(self, key: str, now_ms: int) -> bool:
        """Tell whether the key has failed too often."""
        with self._lock:
            times = self._times.get(key, deque())
            while times and times[0] <= now_ms - self.window_ms:
                times.popleft()
            return len(times) >= self.most

    def note(self, key: str, now_ms: int) -> None:
        """Count one failure; the keys longest unheard of are forgotten."""
        with self._lock:
            times = self._times.setdefault(key, deque(maxlen=self.most))
            times.append(now_ms)
            self._times.move_to_end(key)
            while len(self._times) > MOST_KEYS:
                self._times.popitem(last=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one listener allows."""

    by_address: Failures = field(default_factory=lambda: Failures(most=20, window_ms=10 * MINUTE_MS))
    by_code: Failures = field(default_factory=lambda: Failures(most=5, window_ms=30 * MINUTE_MS))
    # Each costs a verification.
    checks: Failures = field(default_factory=lambda: Failures(most=60, window_ms=10 * MINUTE_MS))
