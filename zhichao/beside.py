"""Work beside a listener, in threads of its own."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import TypeVar

from zhichao.health.readiness import Check
from zhichao.logs import logger

LOG = logger("zhichao.beside")
# Work is waited for at the end no longer than this.
STOP_S = 10.0
# Work that lasts and broke is well again once it has gone on for so long: longer than it waits for anything.
WELL_S = 120.0
T = TypeVar("T")


@contextmanager
def beside(name: str, work: Callable[[threading.Event], None], pause_s: float) -> Iterator[Check]:
    """Do `work` again and again while the block runs, with a pause between; give a check that it goes well.

    What breaks it is told by that check, and it begins again; it is told until the work ends well, or lasts.

    Work that lasts looks at the event that it is given, and ends once that is set.
    """
    stop = threading.Event()
    broken, broke_at = "", 0.0

    def go_on() -> None:
        nonlocal broken, broke_at
        while not stop.is_set():
            try:
                work(stop)
            except Exception as error:
                # Whatever it was: a thread that ended would never be missed.
                broken, broke_at = f"{type(error).__name__}: {error}", time.monotonic()
                LOG.exception("beside.broken", work=name)
            else:
                broken = ""
            stop.wait(pause_s)

    def check() -> str:
        if not thread.is_alive():
            return "it has ended"
        return broken if time.monotonic() - broke_at < WELL_S else ""

    thread = threading.Thread(target=go_on, name=name, daemon=True)
    thread.start()
    try:
        yield check
    finally:
        stop.set()
        thread.join(STOP_S)


def in_thread(work: Callable[[], T]) -> Future[T]:
    """Do work in a thread that keeps no process from ending, however long it takes."""
    done: Future[T] = Future()
    # Running: whoever stops waiting for it must not cancel it for others.
    done.set_running_or_notify_cancel()

    def do() -> None:
        try:
            done.set_result(work())
        except Exception as error:  # noqa: BLE001 (told to whoever waits)
            done.set_exception(error)

    threading.Thread(target=do, name="asked", daemon=True).start()
    return done
