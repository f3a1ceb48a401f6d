"""Asking the registries again beside the pages: no page waits for a registry longer than a moment."""

import logging
import threading
from collections.abc import Callable

LOG = logging.getLogger(__name__)


class Asking:
    """Runs `look_up` in a thread of its own, once for however many wishes came meanwhile.

    What is to be asked stands in the database, so a stopped console forgets nothing. `problem` is why the
    last run asked nobody, "" where it went through.
    """

    def __init__(self, look_up: Callable[[], object], *, patience_s: float = 1.0) -> None:
        """Start with a run, for what an earlier console left."""
        self.problem = ""
        self._look_up, self._patience_s = look_up, patience_s
        self._turn = threading.Condition()
        self._wanted, self._done = 1, 0
        threading.Thread(target=self._run, name="asking", daemon=True).start()

    def again(self) -> bool:
        """Have a run begun after now, and tell whether it ended while a page may wait."""
        with self._turn:
            self._wanted += 1
            ticket = self._wanted
            self._turn.notify_all()
            return self._turn.wait_for(lambda: self._done >= ticket, self._patience_s)

    def _run(self) -> None:
        while True:
            with self._turn:
                self._turn.wait_for(lambda: self._wanted > self._done)
                ticket = self._wanted
            problem = self._once()
            with self._turn:
                self._done, self.problem = ticket, problem
                self._turn.notify_all()

    def _once(self) -> str:
        try:
            self._look_up()
        except Exception as error:  # The thread's edge: the next wish is still served.
            LOG.exception("console.asking_failed")
            return str(error)
        return ""
