import shutil
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from case_desks import Desks
from postgres import Postgres
from sqlalchemy import make_url

from models.database import Database


@pytest.fixture(scope="session")
def empty_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a database whose migrations have run, to be copied."""
    path = tmp_path_factory.mktemp("empty") / "empty.sqlite"
    Database(f"sqlite:///{path}").close()
    return path


@pytest.fixture(scope="session")
def empty_postgres(postgres: Postgres) -> str:
    url = postgres.new_database()
    Database(url).close()
    return str(make_url(url).database)


@pytest.fixture
def kind() -> str:
    """Return the kind of database; tests that hold for both ask for `postgresql` too."""
    return "sqlite"


@pytest.fixture
def desks(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Desks]:
    numbers = count(1)

    def sqlite() -> str:
        path = tmp_path / f"agency-{next(numbers)}.sqlite"
        shutil.copy(request.getfixturevalue("empty_sqlite"), path)
        return f"sqlite:///{path}"

    def postgresql() -> str:
        server: Postgres = request.getfixturevalue("postgres")
        return server.new_database(template=request.getfixturevalue("empty_postgres"))

    makers: dict[str, Callable[[], str]] = {"sqlite": sqlite, "postgresql": postgresql}
    made = Desks(makers[kind], tmp_path)
    yield made
    made.close()
