"""Sealed documents on file: a changed byte, a lost file, a document in another's place are named."""

import shutil
from collections.abc import Callable
from datetime import date
from typing import Any

import papers
import pytest
from sqlalchemy import select, update

from models.document_tables import Document
from notices.documents.issue import Issued, Office
from notices.documents.kinds import DocumentKind
from notices.documents.verify import breaks, count_sealed
from notices.seal.key import Seal
from notices.seal.verify import Anchors


@pytest.fixture
def issued(office: Office, new_case: Callable[[str], int]) -> list[Issued]:
    case_id = new_case("case-1")
    paper = papers.paper(DocumentKind.EVIDENCE_SHEET)
    return [office.issue(paper, case_id, date(2026, 6, 25), copy) for copy in (1, 2)]


@pytest.fixture
def found(office: Office, seal: Seal) -> Callable[..., list[str]]:
    def look(roots: Any = seal.roots) -> list[str]:  # noqa: ANN401 (certificates)
        with office.database.read() as connection:
            read: list[int] = []
            broken = list(breaks(connection, office.store, Anchors(seals=roots), lambda: read.append(1)))
            assert len(read) + len(broken) <= count_sealed(connection)
            return broken

    return look


def test_what_was_not_touched_is_sound(issued: list[Issued], found: Callable[..., list[str]]) -> None:
    assert len(issued) == 2
    assert found() == []


def test_one_changed_byte_is_named_and_so_is_a_lost_file(
    issued: list[Issued], found: Callable[..., list[str]]
) -> None:
    path = issued[1].path
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert found() == [
        f"document {issued[1].number} ({issued[1].sha256}): was changed: its bytes have another digest"
    ]
    path.unlink()
    assert "can't be read" in found()[0]


def test_another_document_under_its_number_is_named(
    issued: list[Issued], found: Callable[..., list[str]], office: Office
) -> None:
    with office.database.write("test") as connection:
        one = Document.number == issued[0].number
        connection.execute(update(Document).where(one).values(sha256=issued[1].sha256))
    assert "the seal is of another document" in found()[0]


def test_what_was_added_after_the_seal_is_named_though_its_digest_is_noted(
    issued: list[Issued], found: Callable[..., list[str]], office: Office
) -> None:
    longer = office.store.root / "longer"
    shutil.copy(issued[0].path, longer)
    with longer.open("ab") as target:
        target.write(b"\n% more")
    with longer.open("rb") as source:
        stored = office.store.put(source)
    with office.database.write("test") as connection:
        one = Document.number == issued[0].number
        connection.execute(update(Document).where(one).values(sha256=stored.sha256))
        assert connection.scalar(select(Document.sha256).where(one)) == stored.sha256
    assert "was changed after it was sealed" in found()[0]


def test_a_seal_of_an_unknown_authority_is_named(
    issued: list[Issued], found: Callable[..., list[str]]
) -> None:
    assert found(())[0] == (
        f"document {issued[0].number} ({issued[0].sha256}): the certificate leads to no trusted root"
    )
