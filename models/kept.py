"""Log lines of what a transaction did: written once it is committed, never where it is rolled back."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import copy_context
from functools import partial

from sqlalchemy import Connection

# The option of a connection that holds the lines of its transaction; only `Database.write` gives it.
LINES = "lines_once_kept"
Lines = list[Callable[[], None]]


def tell_once_kept(connection: Connection, logger: logging.Logger, event: str, **fields: object) -> None:
    """Write an event into the log as soon as what the connection writes is committed."""
    lines: Lines | None = connection.get_execution_options().get(LINES)
    if lines is not None and logger.isEnabledFor(logging.INFO):
        lines.append(partial(copy_context().run, logger.info, event, extra=fields))


@contextmanager
def savepoint(connection: Connection) -> Iterator[None]:
    """Roll back what the block wrote if it breaks, and tell nothing of it."""
    lines: Lines = connection.get_execution_options().get(LINES, [])
    before = len(lines)
    try:
        with connection.begin_nested():
            yield
    except BaseException:
        del lines[before:]
        raise
