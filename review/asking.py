"""Asking the registries again beside the pages: no page waits for a registry longer than a moment."""

import logging
import threading
from collections.abc import Callable
from collections.abc import Set as AbstractSet

LOG = logging.getLogger(__name__)


class Asking:
    """Runs `look_up` in a thread of its own, once for however many wishes came meanwhile.

    Which plates were corrected stands in the database, so a stopped console forgets none; cases that an
    officer wants asked for again are handed to `look_up`. `problem` is why the last run asked nobody, ""
    where it went through.
    """

    def __init__(self, look_up: Callable[[AbstractSet[int]], object], *, patience_s: float = 1.0) -> None:
        """Start with a run, for what an earlier console left."""
        self.problem = ""
        self._look_up, self._patience_s = look_up, patience_s
        self._turn = threading.Condition()
        self._wanted, self._done = 1, 0
        self._cases: set[int] = set()
        self._running: set[int] = set()
        threading.Thread(target=self._run, name="asking", daemon=True).start()

    def again(self, *case_ids: int) -> bool:
        """Have a run begun after now, and tell whether it ended while a page may wait."""
        with self._turn:
            self._wanted += 1
            self._cases.update(case_ids)
            ticket = self._wanted
            self._turn.notify_all()
            return self._turn.wait_for(lambda: self._done >= ticket, self._patience_s)

    def is_asking(self, case_id: int) -> bool:
        """Tell whether a case that an officer wanted asked for again still waits for its run to end."""
        with self._turn:
            return case_id in self._cases | self._running

    def _run(self) -> None:
        while True:
            with self._turn:
                self._turn.wait_for(lambda: self._wanted > self._done)
                ticket = self._wanted
                self._running, self._cases = self._cases, set()
            problem = self._once()
            with self._turn:
                self._done, self.problem = ticket, problem
                self._running = set()
                self._turn.notify_all()

    def _once(self) -> str:
        try:
            self._look_up(self._running)
        except Exception as error:  # The thread's edge: the next wish is still served.
            LOG.exception("console.asking_failed")
            return str(error)
        return ""
