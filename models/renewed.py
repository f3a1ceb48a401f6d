"""What is made of files, and made again once they change: certificates are renewed while a process runs."""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Lock
from typing import Generic, TypeVar

from models.errors import NotDoneError

LOGGER = logging.getLogger(__name__)
T = TypeVar("T")


class Renewed(Generic[T]):
    """The latest that could be made of some files; what can't be made leaves the one before in its place.

    A folder counts with all that lies in it. The log tells both, and why, once for each reason.
    """

    def __init__(
        self,
        files: Sequence[Path],
        make: Callable[[], T],
        discard: Callable[[T], object] = lambda _: None,
        unfit: Callable[[], str] = str,
        lacks: Callable[[T], str] = lambda _: "",
    ) -> None:
        """Make it for the first time; what `make` raises then is raised here. `discard` gets what it was.

        `unfit` says why new files are not to be used ("" where they are), whatever can be made of them; it
        is not asked about the first ones, instead of which there would be nothing. What `lacks` says is
        missing of what was made is told, and it is made again each time until nothing is.
        """
        self._files, self._make, self._discard = tuple(files), make, discard
        self._names, self._unfit, self._lacks = [str(path) for path in files], unfit, lacks
        self._lock = Lock()
        self._seen, self._problem = self._look(), ""
        self._latest = make()
        self._tell(lacks(self._latest))

    def latest(self) -> tuple[T, str]:
        """Return it, and why the files as they are now can't be used ("" where they can)."""
        with self._lock:
            seen = self._look()
            # What failed is tried each time: it may have been read half written, or begin to hold only later.
            if seen != self._seen or self._problem:
                self._seen = seen
                self._renew()
            return self._latest, self._problem

    def _renew(self) -> None:
        try:
            if unfit := self._unfit():
                raise ValueError(unfit)
            made = self._make()
        except (OSError, ValueError, NotDoneError) as error:
            self._tell(str(error))
            return
        before, self._latest = self._latest, made
        self._tell(self._lacks(made))
        if not self._problem:
            LOGGER.info("files.renewed", extra={"files": self._names})
        self._discard(before)

    def _tell(self, problem: str) -> None:
        if problem and problem != self._problem:
            LOGGER.warning("files.refused", extra={"files": self._names, "problem": problem})
        self._problem = problem

    def _look(self) -> list[tuple[Path, tuple[int, ...] | None]]:
        return [(path, _state(path)) for one in self._files for path in (one, *sorted(one.rglob("*")))]


def _state(path: Path) -> tuple[int, ...] | None:
    try:
        now = path.stat()
    except OSError:
        return None
    # A file that may be read now, and couldn't be before, has only its ctime changed.
    return now.st_mtime_ns, now.st_ctime_ns, now.st_size, now.st_ino
