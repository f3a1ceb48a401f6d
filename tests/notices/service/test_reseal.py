"""A new key takes over what older ones sealed of parties; every file named is held to its digest."""

from dataclasses import replace
from pathlib import Path

import pytest
from served import WHO, Counter
from sqlalchemy import select, update
from sqlalchemy.exc import DatabaseError

from models.database import Database
from models.defence_tables import Defence
from models.document_tables import Document
from models.service_tables import ServiceContact
from models.values.office import PROGRAM
from models.values.service import Channel, DefenceKind, Outcome
from models.values.timeline import to_ms
from models.vault import Vault, VaultError
from notices.documents.kinds import DocumentKind
from notices.service.carriers import Report
from notices.service.contacts import contact_of
from notices.service.defence import Filing, defences, file_defence, opened
from notices.service.enclosed import enclose
from notices.service.enclosures import Enclosure
from notices.service.reseal import reseal
from notices.service.verify import breaks, count_proofs

OLD, NEW = b"k" * 32, b"n" * 32
FILING = Filing(kind=DefenceKind.STATEMENT, text="并线，请复核", name="虚构物流有限公司")


@pytest.fixture
def counter(database: Database, tmp_path: Path) -> Counter:
    """Return a desk at which a party was reached, served, and answered with a file."""
    made = Counter(database, tmp_path)
    case_id = made.case("case-1", DocumentKind.VIOLATION_NOTICE)
    made.reach(case_id, confirmed=False)
    made.reach(case_id, replace(WHO, phone="13900000000"), confirmed=False)
    number = made.document(case_id, DocumentKind.VIOLATION_NOTICE, amount_fen=69_120)
    reference = made.desk.start(number, Channel.IN_PERSON, actor=PROGRAM)
    made.desk.note(reference, Report(outcome=Outcome.DELIVERED, on=made.today, proof=b"signed"))
    with database.write("test") as connection:
        document_id = connection.scalar(select(Document.id))
        assert document_id is not None
        at_ms = to_ms(made.now)
        receipt = file_defence(connection, made.desk.vault, document_id, FILING, at_ms=at_ms)
        file = Enclosure(content=b"a picture", media_type="image/jpeg")
        enclose(connection, made.desk.proofs, receipt, [file], at_ms=at_ms)
    return made


def test_a_new_key_seals_what_the_old_one_sealed_and_the_old_one_may_go(counter: Counter) -> None:
    with counter.database.write("test") as connection:
        both = Vault([NEW, OLD])
        assert reseal(connection, both) == 3
        assert reseal(connection, both) == 0
        new, old = Vault([NEW]), Vault([OLD])
        contact = contact_of(connection, new, 1)
        assert contact is not None
        assert contact.contact.phone == "13900000000"
        row = defences(connection)[0]
        assert opened(new, row)["text"] == FILING.text
        with pytest.raises(VaultError, match="not among the keys"):
            opened(old, row)


def test_without_the_old_key_nothing_is_changed(counter: Counter) -> None:
    with pytest.raises(VaultError), counter.database.write("test") as connection:
        reseal(connection, Vault([NEW]))
    with counter.database.read() as connection:
        assert opened(counter.desk.vault, defences(connection)[0])["text"] == FILING.text


@pytest.mark.parametrize(
    "change",
    [
        update(ServiceContact).values(electronic=True, confirmation_sha256="c" * 64),
        update(ServiceContact).values(case_id=2),
        update(Defence).values(late=True),
        update(Defence).values(text_sha256="0" * 64, sealed=b"x"),
    ],
)
def test_beside_the_seal_nothing_can_be_changed(counter: Counter, change: object) -> None:
    with (
        pytest.raises(DatabaseError, match="only appended"),
        counter.database.write("test") as connection,
    ):
        connection.execute(change)  # type: ignore[call-overload]


def test_a_changed_or_lost_proof_is_named_and_so_is_an_enclosure(counter: Counter) -> None:
    def broken() -> list[str]:
        with counter.database.read() as connection:
            read: list[int] = []
            found = list(breaks(connection, counter.desk.proofs, lambda: read.append(1)))
            assert len(read) + len(found) <= count_proofs(connection) == 2
            return found

    assert broken() == []
    for content, words in ((b"signed", "proof of service"), (b"a picture", "enclosure of statement")):
        path = next(
            one
            for one in counter.desk.proofs.root.rglob("*")
            if one.is_file() and one.read_bytes() == content
        )
        path.write_bytes(b"another")
        assert [words in one and "was changed" in one for one in broken()] == [True]
        path.unlink()
        assert [words in one and "can't be read" in one for one in broken()] == [True]
        path.write_bytes(content)
