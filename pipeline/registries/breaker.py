"""The circuit breaker: a registry that fails again and again is left alone for a while."""

from collections.abc import Callable

from models.values.lookups import WaitReason
from pipeline.registries.errors import RegistryError, SourceDownError


class Breaker:
    """Counts failures in a row; from `down_after` on every question is refused for `pause_s`.

    After the pause one more failure is enough to open it again. A refusal that no waiting mends, such as of
    our credentials, opens it for good.
    """

    def __init__(self, down_after: int, pause_s: float, clock: Callable[[], float]) -> None:
        """Begin closed; `clock` gives seconds."""
        self._down_after, self._pause_s, self._clock = down_after, pause_s, clock
        self._failures = 0
        self._open_until: float | None = None
        self._cause: RegistryError | None = None

    def check(self) -> None:
        """Refuse while open.

        Raises:
            SourceDownError: the source is down; the reason is that of what opened it, if it is for good.

        """
        if self._open_until is None:
            return
        if self._clock() < self._open_until:
            cause = self._cause
            for_good = isinstance(cause, SourceDownError)
            reason = cause.reason if for_good and cause else WaitReason.SOURCE_DOWN
            raise SourceDownError(reason, f"left alone after: {cause}")
        self._open_until = None

    def succeeded(self) -> None:
        """Note an answer that could be used."""
        self._failures = 0
        self._cause = None

    def failed(self, error: RegistryError) -> None:
        """Note a failure; at `down_after` in a row, or one that no waiting mends, open."""
        self._failures += 1
        self._cause = error
        if isinstance(error, SourceDownError):
            self._open_until = float("inf")
        elif self._failures >= self._down_after:
            # Stays at the threshold, so that one failure after the pause opens it again.
            self._failures = self._down_after - 1
            self._open_until = self._clock() + self._pause_s

    @property
    def closed_in_s(self) -> float | None:
        """How long until it may be asked again: 0 now, None never in this run."""
        if self._open_until is None:
            return 0.0
        if self._open_until == float("inf"):
            return None
        return max(self._open_until - self._clock(), 0.0)
