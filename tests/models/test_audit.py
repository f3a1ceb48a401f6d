"""Entries that are held back: written at the end in their order, none where the block fails."""

import pytest
from sqlalchemy import select

from models import audit
from models.database import Database
from models.office_tables import AuditEntry
from models.values.office import Action, Actor

ONE = Actor(officer_id=None, name="虚构甲")


def subjects(database: Database) -> list[str]:
    with database.read() as connection:
        assert audit.first_break(connection) == ""
        return list(connection.scalars(select(AuditEntry.subject).order_by(AuditEntry.number)))


def test_entries_held_back_are_written_at_the_end_in_their_order(database: Database) -> None:
    with database.write("test") as connection:
        audit.append(connection, ONE, Action.SAW, "before", at_ms=1)
        with audit.held_back(connection):
            for subject in ("first", "second"):
                audit.append(connection, ONE, Action.TOOK, subject, at_ms=2)
            # Nobody else waits yet: the log's end is where it was.
            assert audit.head(connection).number == 1
        assert audit.head(connection).number == 3
        audit.append(connection, ONE, Action.SAW, "after", at_ms=3)
    assert subjects(database) == ["before", "first", "second", "after"]


def test_a_block_that_fails_leaves_no_entry_and_the_next_transaction_holds_nothing_back(
    database: Database,
) -> None:
    with pytest.raises(ValueError, match="stop"), database.write("test") as connection:  # noqa: SIM117
        with audit.held_back(connection):
            audit.append(connection, ONE, Action.TOOK, "lost", at_ms=1)
            raise ValueError("stop")
    with database.write("test") as connection:
        audit.append(connection, ONE, Action.SAW, "kept", at_ms=2)
        assert audit.head(connection).number == 1
    assert subjects(database) == ["kept"]
