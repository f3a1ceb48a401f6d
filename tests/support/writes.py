"""Which tables a transaction writes, in their order: whoever locks the audit log's end must do so last."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event

from models.database import Database

WRITES = re.compile(r"\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+(\w+)", re.IGNORECASE)


@contextmanager
def written(database: Database) -> Iterator[list[list[str]]]:
    """Give a list that holds, for each transaction committed in the block, the tables it wrote to."""
    committed: list[list[str]] = []
    open_now: list[str] = []

    def note(*arguments: object) -> None:
        if found := WRITES.match(str(arguments[2])):
            open_now.append(found.group(1))

    def commit(_connection: object) -> None:
        committed.append(open_now.copy())
        open_now.clear()

    event.listen(database.engine, "before_cursor_execute", note)
    event.listen(database.engine, "commit", commit)
    yield committed
    event.remove(database.engine, "before_cursor_execute", note)
    event.remove(database.engine, "commit", commit)


def locks_the_log_last(tables: list[str]) -> bool:
    """Tell whether a transaction wrote to the audit log, and to nothing else after it."""
    return "audit_head" in tables and tables == sorted(tables, key=lambda name: name.startswith("audit_"))
