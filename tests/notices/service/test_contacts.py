"""Where a party is reached: sealed, bound to its case, and confirmed by the party."""

import pytest
from served import Counter
from sqlalchemy import insert, select
from sqlalchemy.exc import DatabaseError

from models.service_tables import ServiceContact
from notices.documents.kinds import DocumentKind
from notices.service.carriers import Contact
from notices.service.contacts import ContactError, contact_of

K = DocumentKind


def test_contacts_are_sealed_bound_to_their_case_and_the_latest_counts(counter: Counter) -> None:
    first, second = counter.case("case-1", K.DECISION), counter.case("case-2", K.DECISION)
    counter.reach(first)
    counter.reach(first, Contact(name="新收件人", phone="13900000000"), confirmed=False)
    with counter.database.read() as connection:
        known = contact_of(connection, counter.desk.vault, first)
        assert contact_of(connection, counter.desk.vault, second) is None
        rows = connection.execute(select(ServiceContact)).all()
    assert known is not None
    assert (known.contact.name, known.consent) == ("新收件人", False)
    assert not any(b"13800000000" in row.sealed for row in rows)
    with pytest.raises(ContactError, match="email"):
        counter.reach(first, Contact(name="a", email="虚构@example.invalid"))
    for wrong in (Contact(name=" "), Contact(name="a", email="no"), Contact(name="a", phone="call me")):
        with pytest.raises(ContactError):
            counter.reach(first, wrong)


def test_a_sealed_reach_needs_its_confirmation(counter: Counter) -> None:
    case_id = counter.case("case-1", K.DECISION)
    counter.reach(case_id)
    with (
        pytest.raises(DatabaseError, match="confirmed"),
        counter.database.write("test") as connection,
    ):
        row = connection.execute(select(ServiceContact)).one()._asdict()
        del row["id"]
        connection.execute(insert(ServiceContact).values(row | {"confirmation_sha256": ""}))
