"""The database: SQLite or PostgreSQL by URL, transactions committed at the edge only."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, InterfaceError, InternalError, OperationalError

from models import (
    archive_tables,
    case_tables,
    defence_tables,
    document_tables,
    edges,
    evasion_tables,
    exchange_tables,
    gate_tables,
    legibility_tables,
    matter_tables,
    office_tables,
    partner_tables,
    push_tables,
    registry_tables,
    reidentify_tables,
    schedule_tables,
    service_tables,
)
from models.errors import UnavailableError
from models.kept import LINES, Lines

# Imported so that all tables are known wherever a database is.
TABLES = (
    archive_tables,
    case_tables,
    defence_tables,
    document_tables,
    evasion_tables,
    exchange_tables,
    gate_tables,
    legibility_tables,
    matter_tables,
    office_tables,
    partner_tables,
    push_tables,
    registry_tables,
    reidentify_tables,
    schedule_tables,
    service_tables,
)
BUSY_TIMEOUT_MS = 30_000
MIGRATION_LOCK = 7_201_844
# Seconds, and milliseconds of the last: a server that is gone without a word is not waited for without end.
PATIENCE = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}


class DatabaseUnavailableError(UnavailableError, RuntimeError):
    """The database can't be opened or written; nothing of the transaction was kept."""


class Database:
    """Connections to one database, its schema brought up to date at opening."""

    def __init__(self, url: str, *, busy_timeout_ms: int = BUSY_TIMEOUT_MS, revision: str = "head") -> None:
        """Open `url`, creating the folder of an SQLite file, and apply outstanding migrations.

        An empty database is brought to an older `revision` for a backup made at that one.
        """
        self.url = url
        try:
            self.engine = _engine(url, busy_timeout_ms)
        except (ArgumentError, ImportError) as error:
            raise DatabaseUnavailableError(f"database_url can't be used: {error}") from error
        try:
            with self._explained():
                self._migrate(revision)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection whose transaction is rolled back at the end."""
        with self._explained(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self, edge: str) -> Iterator[Connection]:
        """Give a connection whose transaction is committed at the end, or rolled back on any error.

        `edge` names the commit (see `models.edges`). What was told of it is in the log after the commit.
        """
        lines: Lines = []
        # SQLite: taking the write lock at BEGIN is what makes read-then-write safe between processes.
        with (
            self._explained(),
            self.engine.connect() as connection,
            connection.execution_options(immediate=True, **{LINES: lines}).begin(),
        ):
            yield connection
            edges.passed(f"{edge}: before commit")
        for line in lines:
            line()
        edges.passed(f"{edge}: after commit")

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Give a connection that sees the database as it is at its first query, whatever is written since."""
        with self._explained(), self.engine.connect() as connection:
            # SQLite's readers always do.
            if connection.dialect.name == "postgresql":
                connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            yield connection

    @property
    def revision(self) -> str:
        """Return the revision of the schema."""
        with self.read() as connection:
            return MigrationContext.configure(connection).get_current_revision() or ""

    def _migrate(self, revision: str) -> None:
        config, scripts = Config(), _scripts()
        config.set_main_option("script_location", scripts.dir)
        known = {script.revision for script in scripts.walk_revisions()}
        with self.engine.connect() as connection:
            current = MigrationContext.configure(connection).get_current_revision()
        newest = scripts.get_current_head()
        if current == (newest if revision == "head" else revision):
            return
        if revision not in {"head", *known}:
            raise DatabaseUnavailableError(
                f"schema {revision} is of a newer version, this one knows {newest}"
            )
        if revision != "head" and current is not None:
            message = (
                f"{self._where}: has tables of schema {current}; one without tables is needed for {revision}"
            )
            raise DatabaseUnavailableError(message)
        if current is not None and current not in known:
            message = (
                f"{self._where}: schema {current} is of a newer version of this program, which knows {newest}"
            )
            raise DatabaseUnavailableError(f"{message}; nothing was changed")
        with self.engine.connect() as connection, connection.execution_options(immediate=True).begin():
            if connection.dialect.name == "postgresql":
                # SQLite is locked by BEGIN IMMEDIATE; here two first openings must not make the tables twice.
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
            edges.passed("migrated: before commit")
        edges.passed("migrated: after commit")

    @property
    def _where(self) -> str:
        return make_url(self.url).render_as_string(hide_password=True)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (DatabaseError, InterfaceError) as error:
            # The other subclasses, for data, integrity and programming errors, are faults of ours.
            if type(error) not in {DatabaseError, OperationalError, InterfaceError, InternalError}:
                raise
            message = (
                f"{self._where}: {error.orig}; nothing of this step was kept, run again once it is mended"
            )
            raise DatabaseUnavailableError(message) from error


@contextmanager
def as_it_is(url: str) -> Iterator[Connection]:
    """Give a connection to a database that is there, whatever its schema: nothing is brought up to date.

    Raises:
        SQLAlchemyError, ImportError: there is no such database, or it doesn't answer.

    """
    parsed = make_url(url)
    engine = create_engine(parsed, hide_parameters=True, connect_args=patience(parsed))
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def patience(url: URL) -> dict[str, int]:
    """Return how long a server is waited for, where the URL does not say; nothing for a file."""
    server = url.get_backend_name() == "postgresql"
    return {name: value for name, value in PATIENCE.items() if name not in url.query} if server else {}


@cache
def _scripts() -> ScriptDirectory:
    """Return the migrations, whose files are read once."""
    return ScriptDirectory(str(Path(__file__).parent / "migrations"))


def _engine(url: str, busy_timeout_ms: int) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(url, hide_parameters=True, connect_args=patience(parsed))
    if parsed.database and not parsed.database.startswith("file:"):
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    # An error's text goes into logs, and a statement's parameters may be of persons.
    engine = create_engine(url, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: object) -> None:  # noqa: ANN401 (the driver's own class)
        # The driver's own implicit BEGIN would come too late to be IMMEDIATE.
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout={busy_timeout_ms}")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        immediate = connection.get_execution_options().get("immediate", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    return engine
