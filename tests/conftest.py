"""What tests share: stations, made record files, a database of their own, real data where it is."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import compiled  # noqa: F401 (its memory is every engine's)
import pytest
from invented import invented_station
from postgres import Postgres

from models.database import Database
from stations.station import Station

ROOM = 4 << 30
SHARED = Path(__file__).parents[1].parent / "shared" / "data"


def in_memory() -> str | None:
    """Return a folder in memory with room for databases, where the machine has one."""
    folder = "/dev/shm"  # noqa: S108 (what lies in it has a folder of its own, closed to others)
    return folder if Path(folder).is_dir() and shutil.disk_usage(folder).free > ROOM else None


# Tests kill processes, never the machine: no commit need wait for a disk.
if folder := in_memory():
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", folder)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """Run a real PostgreSQL for the session."""
    # A folder of its own: another session's start closes pytest's folder to the server's user.
    with tempfile.TemporaryDirectory(prefix="postgres-", dir=in_memory()) as folder:
        server = Postgres(Path(folder))
        yield server
        server.stop()


@pytest.fixture(scope="session")
def empty_tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an SQLite file with all tables and no row, to be copied."""
    path = tmp_path_factory.mktemp("tables") / "empty.sqlite"
    Database(f"sqlite:///{path}").close()
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def bare_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], str]]:
    """Return a maker of databases' URLs without a table, on each kind of database in turn."""
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        with server.databases() as new:
            yield new
        return
    numbers = count(1)
    yield lambda: f"sqlite:///{tmp_path / f'bare-{next(numbers)}.sqlite'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def new_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], str]]:
    """Return a maker of databases' URLs with all tables and no row, on each kind of database in turn."""
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        with server.databases(template=server.tables) as new:
            yield new
        return
    empty: Path = request.getfixturevalue("empty_tables")
    numbers = count(1)

    def copied() -> str:
        path = shutil.copyfile(empty, tmp_path / f"test-{next(numbers)}.sqlite")
        return f"sqlite:///{path}"

    yield copied


@pytest.fixture
def database(new_database: Callable[[], str]) -> Iterator[Database]:
    made = Database(new_database())
    yield made
    made.close()


@pytest.fixture
def real_data() -> Callable[[str], Path]:
    """Return a file of the real data, or skip the test where that is absent."""

    def find(name: str) -> Path:
        path = SHARED / name
        if not path.exists():
            pytest.skip(f"the real data {name} is not on this machine")
        return path

    return find


@pytest.fixture(scope="session")
def make_station() -> Callable[..., Station]:
    """Return a maker of invented stations."""
    return invented_station
