"""The desk's own run: what it sends, follows, leaves, and what neither carriers nor deaths can spoil."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from carriers import Gateway
from served import WHO, Counter, moved, state
from sqlalchemy import select

from models import edges
from models.database import Database
from models.service_tables import ServedDocument, ServiceResult
from models.values.case_life import CaseState
from models.values.office import PROGRAM
from models.values.service import Channel, Outcome
from notices.documents.kinds import DocumentKind
from notices.documents.numbers import NumberError, void
from notices.service.carriers import CarrierRefusedError, Contact, Parcel, Report
from notices.service.post import PostCarrier
from notices.service.sms import SmsCarrier

C, K = Channel, DocumentKind
PROOF = b"signed receipt"


def test_a_decision_withdrawn_before_it_was_sent_stays_here(database: Database, tmp_path: Path) -> None:
    post = PostCarrier(out=tmp_path / "out", back=tmp_path / "back")
    counter = Counter(database, tmp_path, {C.POST: post})
    case_id = counter.case("case-1", K.DECISION)
    counter.reach(case_id)
    reference = counter.desk.start(counter.document(case_id), C.POST, actor=PROGRAM)
    moved(counter, CaseState.WITHDRAWN)
    tally = counter.desk.run()
    assert (tally.sent, (tmp_path / "out" / reference).exists()) == (0, False)
    assert "决定书不能送达，请登记本次未送达" in tally.problems[0]


def test_the_desk_sends_follows_and_names_what_is_overdue(database: Database, tmp_path: Path) -> None:
    with Gateway() as gateway:
        post = PostCarrier(out=tmp_path / "out", back=tmp_path / "back")
        sms = SmsCarrier(url=gateway.url, client=gateway.client)
        counter = Counter(database, tmp_path, {C.SMS: sms, C.POST: post})
        first = counter.case("case-1", K.DECISION)
        second = counter.case("case-2", K.DECISION)
        for case_id in (first, second):
            counter.reach(case_id)
        one = counter.desk.start(counter.document(first), C.SMS, actor=PROGRAM)
        two = counter.desk.start(counter.document(second), C.POST, actor=PROGRAM)
        gateway.status = 503
        tally = counter.desk.run()
        assert (tally.sent, tally.problems) == (1, [f"{one}: SMS gateway: 503"])
        assert (tmp_path / "out" / two / "letter.pdf").exists()
        gateway.status = 201
        assert counter.desk.run().sent == 1
        assert gateway.messages[one]["to"] == WHO.phone
        gateway.states[one] = {"state": "delivered", "on": "2026-07-02"}
        counter.later(30)
        tally = counter.desk.run()
        assert tally.delivered == 1
        assert tally.overdue == [f"{two}: 邮寄送达至2026-07-21仍无结果"]
    assert (state(counter, "case-1"), state(counter, "case-2")) == ("served", "decided")
    with database.read() as connection:
        assert connection.scalar(select(ServedDocument.served_on)) == "2026-07-02"


def test_a_file_that_was_changed_since_is_not_sent(database: Database, tmp_path: Path) -> None:
    post = PostCarrier(out=tmp_path / "out", back=tmp_path / "back")
    counter = Counter(database, tmp_path, {C.POST: post})
    case_id = counter.case("case-1", K.DECISION)
    counter.reach(case_id)
    reference = counter.desk.start(counter.document(case_id), C.POST, actor=PROGRAM)
    for path in counter.desk.documents.root.glob("*/*/*"):
        path.write_bytes(path.read_bytes() + b"% more")
    tally = counter.desk.run()
    assert (tally.sent, (tmp_path / "out" / reference).exists()) == (0, False)
    assert "another digest" in tally.problems[0]


@pytest.mark.parametrize("sent", [False, True])
@pytest.mark.parametrize("voided", [False, True])
def test_what_is_unsound_since_service_began_is_neither_sent_nor_served(
    database: Database, tmp_path: Path, *, sent: bool, voided: bool
) -> None:
    with Gateway() as gateway:
        sms = SmsCarrier(url=gateway.url, client=gateway.client)
        counter = Counter(database, tmp_path, {C.SMS: sms})
        case_id = counter.case("case-1", K.DECISION)
        counter.reach(case_id)
        number = counter.document(case_id)
        reference = counter.desk.start(number, C.SMS, actor=PROGRAM)
        if sent:
            assert counter.desk.run().sent == 1
            gateway.states[reference] = {"state": "delivered", "on": str(counter.today)}
        if voided:
            with database.write("test") as connection:
                void(connection, number, "写错")
        else:
            revoked = "the certificate was revoked 2026-06-01"
            counter.desk = replace(counter.desk, problem_of=lambda _: revoked)
        tally = counter.desk.run()
        told = "作废" if voided else "核验不通过，不得送出或计为送达: the certificate was revoked"
        assert (tally.sent, tally.delivered, told in tally.problems[0]) == (0, 0, True)
        assert (reference in gateway.messages, state(counter)) == (sent, "decided")
    delivered = Report(outcome=Outcome.DELIVERED, on=counter.today, proof=PROOF)
    with pytest.raises(NumberError, match=number):
        counter.desk.note(reference, delivered)
    assert counter.desk.note(reference, replace(delivered, outcome=Outcome.FAILED))
    assert counter.desk.run().problems == []


class Refusing:
    """A carrier that never takes anything."""

    channel = C.ELECTRONIC

    def send(self, parcel: Parcel, on: date) -> Report:
        raise CarrierRefusedError(f"no {parcel.number} on {on}")

    def follow(self, reference: str, sent: Report, today: date) -> Report | None:
        raise AssertionError(reference, sent, today)


def test_what_a_carrier_refuses_has_failed_and_the_next_channel_comes(
    database: Database, tmp_path: Path
) -> None:
    counter = Counter(database, tmp_path, {C.ELECTRONIC: Refusing()})
    case_id = counter.case("case-1", K.DECISION)
    counter.reach(case_id)
    number = counter.document(case_id)
    counter.desk.start(number, actor=PROGRAM)
    tally = counter.desk.run()
    assert (tally.failed, tally.problems) == (1, [])
    assert counter.desk.channels(number)[0] is C.SMS


class Breaking(Refusing):
    """Breaks over the first copy of a document."""

    def send(self, parcel: Parcel, on: date) -> Report:
        if parcel.number.endswith("-1号"):
            raise ValueError("nobody foresaw 13800000000")
        return Report(outcome=Outcome.SENT, on=on, proof=PROOF)


def test_one_that_nobody_foresaw_keeps_the_rest_going(database: Database, tmp_path: Path) -> None:
    counter = Counter(database, tmp_path, {C.ELECTRONIC: Breaking()})
    numbers = []
    for n in (1, 2):
        case_id = counter.case(f"case-{n}", K.DECISION)
        counter.reach(case_id)
        numbers.append(counter.document(case_id, copy=n))
        counter.desk.start(numbers[-1], actor=PROGRAM)
    tally = counter.desk.run()
    assert (tally.sent, tally.failed, len(tally.problems)) == (1, 0, 1)
    assert "ValueError" in tally.problems[0]
    assert "13800000000" not in tally.problems[0]


def test_nothing_goes_to_an_address_that_came_after_the_attempt(database: Database, tmp_path: Path) -> None:
    counter = Counter(database, tmp_path, {C.ELECTRONIC: Breaking()})
    case_id = counter.case("case-1", K.DECISION)
    counter.reach(case_id)
    counter.desk.start(counter.document(case_id, copy=2), actor=PROGRAM)
    counter.reach(case_id, Contact(name="虚构", email="b@example.invalid"), confirmed=False)
    tally = counter.desk.run()
    assert (tally.sent, tally.failed) == (0, 0)
    assert "送达地址" in tally.problems[0]


class Died(BaseException):
    """The process died here."""


def test_a_death_between_sending_and_noting_sends_the_same_letter_again(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = PostCarrier(out=tmp_path / "out", back=tmp_path / "back")
    counter = Counter(database, tmp_path, {C.POST: post})
    case_id = counter.case("case-1", K.DECISION)
    counter.reach(case_id)
    reference = counter.desk.start(counter.document(case_id), C.POST, actor=PROGRAM)

    def die(edge: str) -> None:
        if edge == "service.sent: before noted":
            raise Died

    monkeypatch.setattr(edges, "listener", die)
    with pytest.raises(Died):
        counter.desk.run()
    monkeypatch.setattr(edges, "listener", None)
    assert counter.desk.run().sent == 1
    assert [one.name for one in (tmp_path / "out").iterdir()] == [reference]
    with database.read() as connection:
        assert connection.scalars(select(ServiceResult.outcome)).all() == ["sent"]
