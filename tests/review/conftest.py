"""An office with a judged night: three cases, one whose plate was read, one unread, one without a frame."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from defended import NUMBER, VAULT
from desk import CHEAP, Desk, staff
from nights import Night, fill
from postgres import Postgres
from served import Counter
from sqlalchemy import func, insert, make_url, select

from models.legibility_tables import ObscuringRow, PlateLegibilityRow
from models.tables import Case, Finding, Frame
from models.values.office import PROGRAM
from models.values.service import Channel, Outcome
from models.values.timeline import to_ms
from notices.documents.kinds import DocumentKind
from notices.service.carriers import Report
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
        second_reading_share=0,
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


@pytest.fixture
def hidden(office: Office, numbers: list[str]) -> tuple[str, int]:
    """Return the number of a case whose plate is hidden, and the row that says so."""
    with office.write("test") as connection:
        of_case = select(Finding.passage_id).join(Case, Case.id == Finding.case_id)
        passage = connection.scalar(of_case.where(Case.number == numbers[1]).limit(1))
        frame = connection.scalar(select(func.min(Frame.id)).where(Frame.passage_id == passage))
        row = {
            "frame_id": frame, "judge": "x", "position": 0, "legibility": "covered", "probability": 0.93,
            "cause": "", "text": "", "rows": 1, "box": json.dumps([8, 8, 40, 20]), "corners": "[]",
            "visible": "[]", "mask": "[[[10, 10], [20, 10], [20, 16], [10, 16]]]",
            "sentence": "号牌第3至4位字符处不见应有的笔画<b>",
        }  # fmt: skip
        query = insert(PlateLegibilityRow).values(row).returning(PlateLegibilityRow.id)
        seen = connection.scalar(query)
        said = {"passage_id": passage, "judged_at": 0, "probability": 0.97, "problem": ""}
        for number, reason in ((1, "旧的理由"), (2, "车头、车尾号牌均看不到。")):
            reasons = json.dumps([reason], ensure_ascii=False)
            connection.execute(insert(ObscuringRow).values(said | {"number": number, "reasons": reasons}))
    assert seen is not None
    return numbers[1], seen


@pytest.fixture
def counter(office: Office, tmp_path: Path, numbers: list[str]) -> Counter:
    assert numbers
    made = Counter(office.database, tmp_path)
    office.vault = lambda: VAULT
    office.clock_ms = lambda: to_ms(made.now)
    return made


@pytest.fixture
def notified(counter: Counter) -> int:
    """Return the notice of a case, served on 1 July."""
    case_id = counter.case(NUMBER, DocumentKind.VIOLATION_NOTICE)
    number = counter.document(case_id, DocumentKind.VIOLATION_NOTICE, amount_fen=69_120)
    reference = counter.desk.start(number, Channel.IN_PERSON, actor=PROGRAM)
    counter.desk.note(reference, Report(outcome=Outcome.DELIVERED, on=counter.today, proof=b"x"))
    return case_id
