"""Sealed documents on file: a changed byte, a lost file, a document in another's place are named."""

import io
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import papers
import pytest
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.signers import PdfTimeStamper
from revoked_lists import revoked_list
from sqlalchemy import select, update
from time_stamps import stamper

from models.document_tables import Document
from models.values.timeline import to_ms
from notices.documents.issue import Issued, Office
from notices.documents.kinds import DocumentKind
from notices.documents.verify import breaks, count_sealed
from notices.seal.authority import make_test_authority, make_test_seal
from notices.seal.key import Seal, load_seal
from notices.seal.sealer import Sealer
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
            assert len(read) == count_sealed(connection)
            return broken

    return look


def test_what_was_not_touched_is_sound(issued: list[Issued], found: Callable[..., list[str]]) -> None:
    assert len(issued) == 2
    assert found() == []


def test_every_broken_document_is_named(issued: list[Issued], found: Callable[..., list[str]]) -> None:
    for one in issued:
        one.path.unlink()
    assert [line.split()[1] for line in found()] == [one.number for one in issued]


def test_a_document_stamped_after_its_certificate_was_revoked_was_sealed_before(
    office: Office, new_case: Callable[[str], int], tmp_path: Path
) -> None:
    now, authority = datetime.now(UTC), make_test_authority(datetime.now(UTC))
    make_test_seal(tmp_path / "seal", "虚构某机关", authority, now)
    seal, (late, root) = load_seal(tmp_path / "seal"), stamper(now + timedelta(days=2))
    sealing = replace(office, sealer=Sealer(seal))
    issued = sealing.issue(papers.paper(DocumentKind.EVIDENCE_SHEET), new_case("case-1"), papers.DAY)
    writer = IncrementalPdfFileWriter(io.BytesIO(issued.path.read_bytes()))
    stored = office.store.put(io.BytesIO(PdfTimeStamper(late).timestamp_pdf(writer, "sha256").getvalue()))
    with office.database.write("test") as connection:
        stamped = {"sha256": stored.sha256, "stamped_at": to_ms(now + timedelta(days=2))}
        connection.execute(update(Document).values(stamped))

    def named(revoked_at: datetime) -> list[str]:
        listed = revoked_list(authority, seal.certificate.serial_number, revoked_at)
        anchors = Anchors(seals=seal.roots, stamps=(root,), revoked=(listed,))
        with office.database.read() as connection:
            return list(breaks(connection, office.store, anchors, lambda: None))

    assert named(now + timedelta(days=1)) == []
    assert "the certificate was revoked" in named(now - timedelta(days=1))[0]


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
