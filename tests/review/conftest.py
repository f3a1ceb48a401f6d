"""An office with a judged night: three cases, one whose plate was read, one unread, one without a frame."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from desk import CHEAP, Desk, staff
from nights import Night, fill
from postgres import Postgres
from sqlalchemy import make_url, select

from models.tables import Case
from pipeline.summary import station_night
from review.office import Office
from stations.station import Station
from zhichao.console import site

PASSED = 1_781_716_000_000


class Clock:
    """A clock that tests turn."""

    def __init__(self) -> None:
        self.now_ms = PASSED

    def __call__(self) -> int:
        return self.now_ms


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def judged(
    tmp_path_factory: pytest.TempPathFactory, make_station: Callable[..., Station]
) -> Callable[[str], Night]:
    """Return a night judged once for each kind of database; tests work on copies."""
    nights: dict[str, Night] = {}

    def made(url: str) -> Night:
        kind = url.partition(":")[0]
        if kind not in nights:
            nights[kind] = Night(tmp_path_factory.mktemp("night"), make_station(), url)
            fill(nights[kind])
            nights[kind].run()
            staff(nights[kind].database)
            nights[kind].database.close()
        return nights[kind]

    return made


@pytest.fixture
def kind() -> str:
    """Return the kind of database; modules where it matters take both."""
    return "sqlite"


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"sqlite:///{tmp_path_factory.mktemp('database') / 'template.sqlite'}"


@pytest.fixture
def night(
    tmp_path: Path, kind: str, judged: Callable[[str], Night], template: str, request: pytest.FixtureRequest
) -> Night:
    if kind == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        made = judged(request.getfixturevalue("postgres_template"))
        url = server.new_database(template=str(make_url(made.database.url).database))
    else:
        made = judged(template)
        shutil.copy(str(make_url(template).database), tmp_path / "test.sqlite")
        url = f"sqlite:///{tmp_path / 'test.sqlite'}"
    shutil.copytree(made.folder / "originals", tmp_path / "originals")
    return Night(tmp_path, made.station, url)


@pytest.fixture(scope="session")
def postgres_template(postgres: Postgres) -> str:
    return postgres.new_database()


@pytest.fixture
def office(tmp_path: Path, night: Night, clock: Clock) -> Iterator[Office]:
    made = Office(
        database=night.database,
        store=night.run_all.store,
        sites={"test-1": site(night.station)},
        head_file=tmp_path / "audit-head.json",
        clock_ms=clock,
        night=lambda connection, _, day: station_night(connection, night.station, day).as_json(),
        hasher=CHEAP,
    )
    yield made
    night.database.close()


@pytest.fixture
def numbers(office: Office) -> list[str]:
    with office.read() as connection:
        return list(connection.scalars(select(Case.number).order_by(Case.passed_at)))


@pytest.fixture
def desk(office: Office) -> Callable[[str], Desk]:
    return lambda login: Desk(office, login)
