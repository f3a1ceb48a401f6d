"""The clock of this machine."""

import time


def clock_ms() -> int:
    """Return the time as milliseconds since 1970 (UTC)."""
    return time.time_ns() // 1_000_000
