"""How work that goes on is told to stop."""

import signal
import threading


def stop_on_signals(stop: threading.Event) -> None:
    """Let SIGINT and SIGTERM set the event; what is under way is ended by whoever looks at it."""
    for wanted in (signal.SIGINT, signal.SIGTERM):
        signal.signal(wanted, lambda *_: stop.set())
