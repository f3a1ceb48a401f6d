"""A document's way to the party: attempts, endings, what the database refuses, what becomes of the case."""

from datetime import date
from pathlib import Path

import pytest
from carriers import Gateway, Partner
from served import WHO, Counter
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import DatabaseError
from writes import locks_the_log_last, written

from models import audit, edges
from models.case_life import Step, clocks_of, life_of, move
from models.case_tables import CaseLife
from models.database import Database
from models.document_tables import Document
from models.office_tables import AuditEntry
from models.service_tables import ServedDocument, ServiceAttempt, ServiceContact, ServiceResult
from models.values.case_life import CaseState
from models.values.office import PROGRAM
from models.values.service import Channel, Outcome
from models.values.timeline import to_ms
from notices.documents.kinds import DocumentKind
from notices.documents.numbers import NumberError, void
from notices.service.attempts import ServiceError, list_attempts
from notices.service.carriers import CarrierRefusedError, Contact, Parcel, Report
from notices.service.contacts import ContactError, contact_of
from notices.service.post import REFUSED, PostCarrier
from notices.service.sms import SmsCarrier

C, K = Channel, DocumentKind
PROOF = b"signed receipt"


@pytest.fixture
def counter(database: Database, tmp_path: Path) -> Counter:
    return Counter(database, tmp_path)


def state(counter: Counter, number: str = "case-1") -> str:
    with counter.database.read() as connection:
        return str(life_of(connection, number).state)


def delivered(counter: Counter, reference: str, on: date | None = None) -> bool:
    report = Report(outcome=Outcome.DELIVERED, on=on or counter.today, proof=PROOF)
    return counter.desk.note(reference, report)


def failed(counter: Counter, reference: str, reason: str = "查无此人") -> None:
    counter.desk.note(reference, Report(outcome=Outcome.FAILED, on=counter.today, reason=reason))


def moved(counter: Counter, to: CaseState) -> None:
    with counter.database.write("test") as connection:
        life = life_of(connection, "case-1")
        actor, at_ms = PROGRAM, to_ms(counter.now)
        move(
            connection,
            Step(case_id=life.case_id, version=life.version, to=to, actor=actor, at_ms=at_ms, reason="x"),
        )


@pytest.mark.parametrize(
    ("kind", "asks_summons", "to", "clock", "due"),
    [
        (K.SUMMONS, True, "summoned", "summons", date(2026, 7, 16)),
        (K.VIOLATION_NOTICE, False, "notified", "statement", date(2026, 7, 8)),
        (K.DECISION, False, "served", "payment", date(2026, 7, 16)),
    ],
)
def test_a_delivery_moves_the_case_on_and_its_clock_runs_from_the_day_that_counts(
    counter: Counter, kind: DocumentKind, asks_summons: bool, to: str, clock: str, due: date
) -> None:
    case_id = counter.case("case-1", kind, asks_summons=asks_summons)
    number = counter.document(case_id, kind)
    reference = counter.desk.start(number, C.IN_PERSON, actor=PROGRAM)
    signed_on = counter.today
    # The receipt comes back days later: the party's time runs from its signature all the same.
    counter.later(6)
    with written(counter.database) as transactions:
        assert delivered(counter, reference, signed_on)
    assert [locks_the_log_last(one) for one in transactions] == [True]
    assert state(counter) == to
    with counter.database.read() as connection:
        life = life_of(connection, "case-1")
        running = {one.due.period.code: one.due.last_on for one in clocks_of(connection, life) if one.runs}
        kept = connection.execute(select(ServedDocument)).one()
        audited = connection.scalars(select(AuditEntry.action).where(AuditEntry.subject == "case-1")).all()
    assert running[clock] == due
    assert life.due_on <= str(due)
    assert (kept.served_on, "第八十七条" in kept.article) == (str(signed_on), True)
    assert audited.count("service") == 2
    assert counter.desk.proofs.path(counter_proof(counter)).read_bytes() == PROOF


def counter_proof(counter: Counter) -> str:
    with counter.database.read() as connection:
        kept = select(ServiceResult.proof_sha256).where(ServiceResult.outcome == "delivered")
        return str(connection.scalar(kept))


def test_nothing_but_a_sealed_document_is_served(counter: Counter) -> None:
    case_id = counter.case("case-1", K.DECISION)
    unsealed = counter.document(case_id, state="reserved")
    with pytest.raises(NumberError, match="only a sealed document can leave"):
        counter.desk.start(unsealed, C.IN_PERSON, actor=PROGRAM)
    voided = counter.document(case_id, copy=2)
    with counter.database.write("test") as connection:
        void(connection, voided, "写错")
    with pytest.raises(NumberError):
        counter.desk.start(voided, C.IN_PERSON, actor=PROGRAM)
    row = {"number": 1, "channel": "in_person", "reference": "x", "sha256": "a" * 64, "at": 0, "due_on": ""}
    sealed = counter.document(case_id, copy=3)
    # Whoever writes past the program is refused too: unsealed, void, not handed out, another file's digest.
    for number in (unsealed, voided, sealed):
        with (
            pytest.raises(DatabaseError, match="only a sealed document is served"),
            counter.database.write("test") as connection,
        ):
            document_id = connection.scalar(select(Document.id).where(Document.number == number))
            connection.execute(insert(ServiceAttempt).values(row | {"document_id": document_id}))
    with counter.database.read() as connection:
        assert connection.execute(select(ServiceAttempt)).all() == []


def test_what_was_kept_of_a_service_is_never_changed(counter: Counter) -> None:
    case_id = counter.case("case-1", K.DECISION)
    counter.reach(case_id)
    delivered(counter, counter.desk.start(counter.document(case_id), C.IN_PERSON, actor=PROGRAM))
    changes = (
        (ServiceContact, {"at": 0}),
        (ServiceAttempt, {"at": 0}),
        (ServiceResult, {"reason": "x"}),
        (ServedDocument, {"served_on": "2026-01-01"}),
    )
    for table, change in changes:
        for act in (update(table).values(change), delete(table)):
            with (
                pytest.raises(DatabaseError, match="only appended"),
                counter.database.write("test") as connection,
            ):
                connection.execute(act)


def test_an_attempt_ends_once_and_with_proof(counter: Counter) -> None:
    case_id = counter.case("case-1", K.DECISION)
    number = counter.document(case_id)
    reference = counter.desk.start(number, C.IN_PERSON, actor=PROGRAM)
    with pytest.raises(ServiceError, match="正在以直接送达方式送达"):
        counter.desk.start(number, C.IN_PERSON, actor=PROGRAM)
    with pytest.raises(ServiceError, match="须有证明"):
        counter.desk.note(reference, Report(outcome=Outcome.DELIVERED, on=counter.today))
    for on in (date(2026, 6, 30), date(2026, 7, 2)):
        with pytest.raises(ServiceError, match="之间"):
            delivered(counter, reference, on)
    assert delivered(counter, reference)
    assert not delivered(counter, reference)
    with pytest.raises(ServiceError, match="早已登记为“已送达”"):
        failed(counter, reference)
    with pytest.raises(ServiceError, match="已经送达"):
        counter.desk.start(number, C.POST, actor=PROGRAM)
    with pytest.raises(ServiceError, match="没有送达记录"):
        delivered(counter, "nothing")
    with pytest.raises(ServiceError, match="没有文书"):
        counter.desk.start("虚〔2026〕0号", C.POST, actor=PROGRAM)


def test_a_case_elsewhere_stays_where_it_is_but_the_service_stands(counter: Counter) -> None:
    case_id = counter.case("case-1", K.DECISION)
    number = counter.document(case_id, K.VIOLATION_NOTICE)
    delivered(counter, counter.desk.start(number, C.IN_PERSON, actor=PROGRAM))
    assert state(counter) == "decided"
    with counter.database.read() as connection:
        assert connection.scalar(select(ServedDocument.served_on)) == "2026-07-01"


def test_a_decision_is_served_only_once_the_case_is_decided(counter: Counter) -> None:
    number = counter.document(counter.case("case-1", K.VIOLATION_NOTICE), K.DECISION)
    for to in (CaseState.SUSPENDED, CaseState.WITHDRAWN):
        with pytest.raises(ServiceError, match="案件尚未作出处罚决定，决定书不能送达"):
            counter.desk.start(number, C.IN_PERSON, actor=PROGRAM)
        moved(counter, to)
    with counter.database.read() as connection:
        assert connection.scalar(select(Document.left_at)) is None


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


def test_channels_follow_one_another_to_the_announcement(counter: Counter, database: Database) -> None:
    case_id = counter.case("case-1", K.DECISION)
    counter.reach(case_id, Contact(name="虚构", address="虚构市不存在路1号"), confirmed=False)
    number = counter.document(case_id)
    seen = []
    for reason in ("退回", REFUSED, "住所无人"):
        reference = counter.desk.start(number, actor=PROGRAM)
        with database.read() as connection:
            seen.append(list_attempts(connection)[-1]["channel"])
        failed(counter, reference, reason)
    assert seen == ["post", "in_person", "left"]
    reference = counter.desk.start(number, actor=PROGRAM)
    counter.desk.note(reference, Report(outcome=Outcome.SENT, on=counter.today, proof=b"announced"))
    assert counter.desk.run().delivered == 0
    counter.later(60)
    with pytest.raises(ServiceError, match="公告期限至2026-08-30届满"):
        delivered(counter, reference, date(2026, 7, 1))
    assert counter.desk.run().delivered == 0
    counter.later(1)
    assert counter.desk.run().delivered == 1
    assert state(counter) == "served"
    with database.read() as connection:
        last = list_attempts(connection, "case-1")[-1]
    assert (last["channel"], last["served_on"]) == ("announcement", "2026-08-30")
    assert "交通运输行政执法程序规定" in last["article"]
    assert counter.desk.proofs.path(last["proof_sha256"]).read_bytes() == b"announced"


def test_an_announcement_is_refused_while_another_way_is_open(counter: Counter) -> None:
    case_id = counter.case("case-1", K.DECISION)
    counter.reach(case_id)
    number = counter.document(case_id)
    with pytest.raises(ServiceError, match="尚可采用电子送达、短信、邮寄送达、直接送达"):
        counter.desk.start(number, C.ANNOUNCEMENT, actor=PROGRAM)
    with counter.database.read() as connection:
        assert connection.scalar(select(Document.left_at)) is None


def test_the_partner_is_asked_in_the_transaction_of_the_attempt(database: Database, tmp_path: Path) -> None:
    partner = Partner()
    counter = Counter(database, tmp_path, partner=partner)
    case_id = counter.case("case-1", K.VIOLATION_NOTICE)
    number = counter.document(case_id, K.VIOLATION_NOTICE)
    counter.reach(case_id)
    with pytest.raises(ServiceError, match="不在协作机关所在省份"):
        counter.desk.start(number, C.PARTNER, actor=PROGRAM)
    counter.reach(case_id, Contact(name="虚构", address="虚构区无此路5弄6号"), confirmed=False)
    with database.read() as connection:
        before = audit.head(connection).number
    reference = counter.desk.start(number, C.PARTNER, actor=PROGRAM)
    # The exchange is locked before the audit log is, as a verdict does it: neither waits for the other.
    assert partner.locked_at == before
    (asked,) = partner.asked
    assert (asked.reference, asked.case_number) == (reference, "case-1")
    assert asked.document_kind == "violation_notice"
    counter.later(2)
    assert delivered(counter, reference)
    assert state(counter) == "notified"


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


def test_a_suspended_case_is_not_moved(counter: Counter) -> None:
    case_id = counter.case("case-1", K.VIOLATION_NOTICE)
    number = counter.document(case_id, K.VIOLATION_NOTICE)
    reference = counter.desk.start(number, C.IN_PERSON, actor=PROGRAM)
    moved(counter, CaseState.SUSPENDED)
    delivered(counter, reference)
    assert state(counter) == "suspended"
    with counter.database.read() as connection:
        assert connection.scalar(select(CaseLife.resumes_to)) == "filed"
