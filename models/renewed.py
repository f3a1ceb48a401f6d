"""What is made of files, and made again once they change: certificates are renewed while a process runs."""

from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class Renewed(Generic[T]):
    """The latest that could be made of some files; what can't be made leaves the one before in its place."""

    def __init__(
        self, files: Sequence[Path], make: Callable[[], T], discard: Callable[[T], object] = lambda _: None
    ) -> None:
        """Make it for the first time; what `make` raises then is raised here. `discard` gets what it was."""
        self._files, self._make, self._discard, self._lock = tuple(files), make, discard, Lock()
        self._seen, self._problem = self._look(), ""
        self._latest = make()

    def latest(self) -> tuple[T, str]:
        """Return it, and why the files as they are now can't be used ("" where they can)."""
        with self._lock:
            seen = self._look()
            # What failed is tried each time: it may have been read half written, or begin to hold only later.
            if seen != self._seen or self._problem:
                try:
                    before, self._latest, self._problem = self._latest, self._make(), ""
                    self._discard(before)
                except (OSError, ValueError) as error:
                    self._problem = str(error)
                self._seen = seen
            return self._latest, self._problem

    def _look(self) -> list[tuple[int, int, int] | None]:
        return [_state(path) for path in self._files]


def _state(path: Path) -> tuple[int, int, int] | None:
    try:
        now = path.stat()
    except OSError:
        return None
    return now.st_mtime_ns, now.st_size, now.st_ino
