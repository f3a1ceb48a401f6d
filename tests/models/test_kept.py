"""What the log is told of a transaction: all that was committed, nothing that was rolled back."""

import logging

import pytest
from sqlalchemy import Connection

from models.database import Database
from models.kept import savepoint, tell_once_kept

LOGGER = logging.getLogger("test.kept")


@pytest.fixture(autouse=True)
def _listening(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)


def tell(connection: Connection, event: str) -> None:
    tell_once_kept(connection, LOGGER, event, case="case-1")


def test_what_was_committed_is_told_after_it(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    with database.write("test") as connection:
        tell(connection, "one")
        tell(connection, "two")
        assert not caplog.messages
    assert caplog.messages == ["one", "two"]
    assert vars(caplog.records[0])["case"] == "case-1"


def test_what_was_rolled_back_is_never_told(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(LookupError), database.write("test") as connection:
        tell(connection, "lost")
        raise LookupError
    with database.read() as connection:
        tell(connection, "only tried")
    with database.write("test") as connection:
        tell(connection, "before")
        with pytest.raises(LookupError), savepoint(connection):
            tell(connection, "lost")
            raise LookupError
        with savepoint(connection):
            tell(connection, "after")
    assert caplog.messages == ["before", "after"]
