"""A counter open to the public: one case with a served notice, its document sealed by a test seal."""

import io
from collections.abc import Callable
from pathlib import Path

import papers
import pytest
from browsers import Browser, code_of
from served import Counter

from models.database import Database
from models.files import FileStore
from models.renewed import Renewed
from models.values.office import PROGRAM
from models.values.service import Channel, Outcome
from models.values.timeline import to_ms
from notices.documents.kinds import DocumentKind
from notices.seal.verify import Anchors
from notices.service.carriers import Report
from review.public.counter import PublicCounter


@pytest.fixture
def server(database: Database, tmp_path: Path) -> Counter:
    return Counter(database, tmp_path)


@pytest.fixture
def public(server: Counter, tmp_path: Path) -> PublicCounter:
    frames = FileStore(tmp_path / "originals")
    for content in papers.FRAMES.values():
        frames.put(io.BytesIO(content))
    one = papers.weighing()
    told = {
        "weighing": one.model_dump(mode="python"),
        "calculation": papers.calculation(one),
        "photographs": [photograph.model_dump() for photograph in papers.photographs(2)],
    }
    return PublicCounter(
        database=server.database,
        documents=server.desk.documents,
        proofs=server.desk.proofs,
        originals=frames,
        vault=server.desk.vault,
        anchors=Renewed([], lambda: Anchors(seals=())),
        told=lambda _, __: told,
        clock_ms=lambda: to_ms(server.now),
    )


@pytest.fixture
def notice(server: Counter) -> str:
    """Serve a notice on 1 July and return its code."""
    case_id = server.case("case-1", DocumentKind.VIOLATION_NOTICE)
    number = server.document(case_id, DocumentKind.VIOLATION_NOTICE, amount_fen=69_120)
    reference = server.desk.start(number, Channel.IN_PERSON, actor=PROGRAM)
    server.desk.note(reference, Report(outcome=Outcome.DELIVERED, on=server.today, proof=b"signed"))
    return code_of(server, number)


@pytest.fixture
def browser(public: PublicCounter) -> Callable[..., Browser]:
    return lambda address="192.0.2.1": Browser(public, address)
