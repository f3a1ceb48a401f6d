import signal
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path

import papers
import pytest
from faults import finish
from hypothesis import given, settings
from hypothesis import strategies as st
from offices import KIND, issue_one, start, take_numbers
from served import sound
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from models.database import Database
from models.document_tables import Document
from models.tables import Case
from models.values.documents import DocumentState
from notices.documents.issue import Issued, Office, hand_out
from notices.documents.kinds import DocumentKind
from notices.documents.numbers import CODE_LETTERS, NumberError, Taken, Wanted, reserve, void
from notices.documents.register import register_rows
from notices.documents.render import RenderedDocument, RenderError
from notices.seal.error import SealError
from notices.seal.sealer import SealedDocument, Sealer
from notices.seal.verify import Anchors, verify

WORKERS, EACH, SHARED = 8, 5, 4
REASON = "重复立案"


class StopError(Exception):
    """Ends a transaction."""


def numbers(database: Database) -> list[int]:
    with database.read() as connection:
        return list(connection.scalars(select(Document.sequence).order_by(Document.sequence)))


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Database:
    made = Database(f"sqlite:///{tmp_path_factory.mktemp('numbers') / 'test.sqlite'}")
    cases = [{"number": f"case-{number}", "station_id": "test-1", "passed_at": 0} for number in range(6)]
    with made.write("test") as connection:
        connection.execute(insert(Case), cases)
    return made


STEP = st.tuples(
    st.integers(1, 6),
    st.sampled_from([DocumentKind.DECISION, DocumentKind.SUMMONS]),
    st.sampled_from([2026, 2027]),
    st.integers(1, 2),
    st.booleans(),
)
AGENCIES = count(1)


@settings(max_examples=30, deadline=None)
@given(st.lists(STEP, max_size=25))
def test_whatever_is_asked_in_whatever_order_numbers_run_from_one_without_a_gap(
    shared: Database, steps: list[tuple[int, DocumentKind, int, int, bool]]
) -> None:
    # The cases of an example are its own through their copies.
    run = next(AGENCIES)
    agency, taken = f"虚{run}", {}
    for case_id, kind, year, copy, fails in steps:
        wanted = Wanted(agency=agency, kind=kind, case_id=case_id, copy=10 * run + copy)
        try:
            with shared.write("test") as connection:
                got = reserve(connection, wanted, papers.DAY.replace(year=year))
                if fails:
                    raise StopError
        except StopError:
            continue
        assert taken.setdefault(wanted, got) == got
    with shared.read() as connection:
        rows = connection.execute(select(Document).where(Document.agency == agency)).all()
    by_year: dict[tuple[str, int], list[int]] = {}
    for row in rows:
        by_year.setdefault((row.kind, row.year), []).append(row.sequence)
        assert row.number == f"{agency}{DocumentKind(row.kind).mark}〔{row.year}〕{row.sequence}号"
    assert len(rows) == len(taken)
    for found in by_year.values():
        assert sorted(found) == list(range(1, len(found) + 1))


def test_eight_processes_some_of_them_killed_leave_no_gap_and_no_duplicate(
    new_database: Callable[[], str],
) -> None:
    url = new_database()
    database = Database(url)
    own = [[f"case-{worker}-{number}" for number in range(EACH)] for worker in range(WORKERS)]
    common = [f"common-{number}" for number in range(SHARED)]
    cases = [name for names in (*own, common) for name in names]
    rows = [{"number": name, "station_id": "test-1", "passed_at": 0} for name in cases]
    with database.write("test") as connection:
        connection.execute(insert(Case), rows)
    wanted = [common[:2] + names + common[2:] for names in own]
    deaths = [("document.numbered: before commit", 5), ("document.numbered: after commit", 7), None, None]
    running = [start(take_numbers, url, names, deaths[place % 4]) for place, names in enumerate(wanted)]
    ended = [finish(process) for process in running]
    assert ended == [-signal.SIGKILL, -signal.SIGKILL, 0, 0] * 2
    before = numbers(database)
    assert before == list(range(1, len(before) + 1))
    again = [start(take_numbers, url, names, None) for names in wanted]
    assert [finish(process) for process in again] == [0] * WORKERS
    assert numbers(database) == list(range(1, len(rows) + 1))
    with database.read() as connection:
        codes = connection.scalars(select(Document.code)).all()
    assert len(set(codes)) == len(rows)
    assert all(set(code) <= set(CODE_LETTERS) and len(code) == 16 for code in codes)
    database.close()


EDGES = [f"document.{step}: {side} commit" for step in ("numbered", "sealed") for side in ("before", "after")]


@pytest.mark.parametrize("edge", EDGES)
def test_a_document_killed_at_any_edge_is_issued_once(
    edge: str, new_database: Callable[[], str], seal_folder: Path, tmp_path: Path
) -> None:
    url, folder = new_database(), tmp_path / "documents"
    database = Database(url)
    with database.write("test") as connection:
        row = {"number": "a", "station_id": "test-1", "passed_at": 0}
        case_id = connection.execute(insert(Case).values(row).returning(Case.id)).scalar_one()
    killed = start(issue_one, url, folder, seal_folder, case_id, (edge, 1))
    assert finish(killed) == -signal.SIGKILL
    with database.read() as connection:
        left = [(row["number"], row["code"], row["state"]) for row in register_rows(connection)]
    issued = issue_one(url, folder, seal_folder, case_id)
    assert (issued.number, issued.is_new) == ("虚平交互认〔2026〕1号", edge != EDGES[3])
    with database.read() as connection:
        rows = register_rows(connection)
    assert [(row["number"], row["code"]) for row in rows] == [one[:2] for one in left] or not left
    assert [(row["state"], row["sha256"]) for row in rows] == [("sealed", issued.sha256)]
    database.close()


def issue(office: Office, case_id: int, **changes: object) -> Issued:
    paper = papers.paper(KIND, **changes).model_copy(update={"act": None})  # type: ignore[arg-type]
    return office.issue(paper, case_id, papers.DAY)


def test_an_issued_document_stands_in_the_register_and_holds(
    office: Office, new_case: Callable[[str], int]
) -> None:
    case_id = new_case("a")
    issued = issue(office, case_id)
    anchors = Anchors(seals=office.sealer.seal_used.roots)
    found = verify(issued.path.read_bytes(), anchors, now=papers.SEALED_AT)
    assert (found.holds, found.seals[0].document) == (True, "处罚互认告知书 虚平交互认〔2026〕1号")
    expired = Sealer(office.sealer.seal_used, clock=lambda: papers.SEALED_AT + timedelta(days=2000))
    again = issue(replace(office, sealer=expired), case_id)
    assert (again.sha256, again.is_new) == (issued.sha256, False)
    with pytest.raises(SealError, match="is valid"):
        issue(replace(office, sealer=expired), new_case("c"))
    assert issue(office, new_case("b")).number == "虚平交互认〔2026〕2号"


class Late:
    """Seals only after another run has issued the same document."""

    def __init__(self, office: Office, case_id: int) -> None:
        self.office, self.case_id = office, case_id
        self.refuse_unless_ready = office.sealer.refuse_unless_ready

    def seal(self, document: RenderedDocument) -> SealedDocument:
        self.first = issue(self.office, self.case_id)
        return self.office.sealer.seal(document)


def test_of_two_runs_that_seal_one_number_the_first_stands_and_the_other_leaves_nothing(
    office: Office, new_case: Callable[[str], int]
) -> None:
    late = Late(office, new_case("a"))
    other = replace(office, sealer=late)  # type: ignore[arg-type]
    second = issue(other, late.case_id)
    assert (second.sha256, second.is_new, late.first.is_new) == (late.first.sha256, False, True)
    files = [path for path in office.store.root.rglob("*") if path.is_file()]
    assert files == [late.first.path]


def test_a_refused_document_keeps_its_number_and_its_case_waits(
    office: Office, new_case: Callable[[str], int]
) -> None:
    case_id = new_case("a")
    hostile = papers.COMPANY.model_copy(update={"name": "虚构😀"})
    with pytest.raises(RenderError, match=r"party\.name"):
        issue(office, case_id, party=hostile)
    with office.database.read() as connection:
        row = register_rows(connection)[0]
    assert (row["state"], row["sha256"]) == ("reserved", "")
    assert "party.name: 😀" in row["reason"]
    assert not office.store.root.exists()
    issued = issue(office, case_id)
    assert (issued.number, issued.is_new) == (row["number"], True)
    with office.database.read() as connection:
        assert register_rows(connection)[0]["reason"] == ""


def test_only_a_sealed_document_leaves(office: Office, new_case: Callable[[str], int]) -> None:
    case_id = new_case("a")
    with office.database.write("test") as connection:
        taken = reserve(connection, Wanted(agency="虚平交", kind=KIND, case_id=case_id), papers.DAY)
    with pytest.raises(NumberError, match="已编号，未签章; only a sealed document can leave"):
        leave(office, taken.act.number)
    with pytest.raises(NumberError, match="unknown"):
        leave(office, "虚平交互认〔2026〕99号")
    issued = issue(office, case_id)
    assert leave(office, issued.number) == issued.sha256
    with office.database.read() as connection:
        first = register_rows(connection)[0]["left_at"]
    assert leave(office, issued.number) == issued.sha256
    with office.database.read() as connection:
        assert register_rows(connection)[0]["left_at"] == first


def leave(office: Office, number: str) -> str:
    with office.database.write("test") as connection:
        return hand_out(connection, number, sound)


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"left_at": 1}, "left_sealed"),
        ({"state": "sealed"}, "sealed_state"),
        ({"sha256": "0" * 64, "state": "sealed"}, "document_sealed"),
        ({"sha256": "0" * 64, "sealed_by": "x", "certificate": "0" * 64, "sealed_at": 1}, "reserved_state"),
        ({"state": "void"}, "void_reason"),
        ({"state": "gone"}, "document_state"),
    ],
)
def test_the_database_refuses_what_is_half_issued(
    database: Database, new_case: Callable[[str], int], values: dict[str, object], constraint: str
) -> None:
    case_id = new_case("a")
    with database.write("test") as connection:
        taken: Taken = reserve(connection, Wanted(agency="虚", kind=KIND, case_id=case_id), papers.DAY)
    with pytest.raises(IntegrityError, match=constraint), database.write("test") as connection:
        connection.execute(update(Document).where(Document.id == taken.document_id).values(values))


def test_a_void_number_stays_with_its_reason_and_issues_nothing(
    office: Office, new_case: Callable[[str], int]
) -> None:
    case_id = new_case("a")
    issued = issue(office, case_id)
    with office.database.write("test") as connection:
        void(connection, issued.number, REASON)
    with pytest.raises(NumberError, match=f"is void .{REASON}."):
        issue(office, case_id)
    with pytest.raises(NumberError, match=DocumentState.VOID.label):
        leave(office, issued.number)
    with pytest.raises(NumberError, match="void already"), office.database.write("test") as connection:
        void(connection, issued.number, REASON)
    with pytest.raises(NumberError, match="a reason is needed"), office.database.write("test") as connection:
        void(connection, issued.number, " ")
    paper = papers.paper(KIND).model_copy(update={"act": None})
    assert office.issue(paper, case_id, papers.DAY, copy=2).number == "虚平交互认〔2026〕2号"
    assert issued.path.exists()
