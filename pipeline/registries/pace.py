"""How hard a registry is asked: so many queries a second, and none while it asked for a rest."""

import asyncio


class Pace:
    """Gives out turns that lie at least 1 / `per_second` apart."""

    def __init__(self, per_second: float) -> None:
        """Begin with a turn at once."""
        self._step_s = 1 / per_second
        self._next = 0.0

    async def turn(self) -> None:
        """Wait for the next turn."""
        now = asyncio.get_running_loop().time()
        self._next = max(self._next, now)
        wait_s = self._next - now
        self._next += self._step_s
        if wait_s > 0:
            await asyncio.sleep(wait_s)

    def rest(self, seconds: float) -> None:
        """Give no new turn for that long."""
        self._next = max(self._next, asyncio.get_running_loop().time() + seconds)
