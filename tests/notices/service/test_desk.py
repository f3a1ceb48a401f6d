"""A document's way to the party: attempts, endings, what the database refuses, what becomes of the case."""

from datetime import date
from pathlib import Path

import pytest
from carriers import Partner
from served import Counter, moved, state
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import DatabaseError
from writes import locks_the_log_last, written

from models import audit
from models.case_life import clocks_of, life_of
from models.case_tables import CaseLife
from models.database import Database
from models.document_tables import Document
from models.office_tables import AuditEntry
from models.service_tables import ServedDocument, ServiceAttempt, ServiceContact, ServiceResult
from models.values.case_life import CaseState
from models.values.office import PROGRAM
from models.values.service import Channel, Outcome
from notices.documents.kinds import DocumentKind
from notices.documents.numbers import NumberError, void
from notices.service.attempt_rows import list_attempts
from notices.service.attempts import ServiceError
from notices.service.carriers import Contact, Report
from notices.service.post import REFUSED

C, K = Channel, DocumentKind
PROOF = b"signed receipt"


def delivered(counter: Counter, reference: str, on: date | None = None) -> bool:
    report = Report(outcome=Outcome.DELIVERED, on=on or counter.today, proof=PROOF)
    return counter.desk.note(reference, report)


def failed(counter: Counter, reference: str, reason: str = "查无此人") -> None:
    counter.desk.note(reference, Report(outcome=Outcome.FAILED, on=counter.today, reason=reason))


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


def test_a_suspended_case_is_not_moved(counter: Counter) -> None:
    case_id = counter.case("case-1", K.VIOLATION_NOTICE)
    number = counter.document(case_id, K.VIOLATION_NOTICE)
    reference = counter.desk.start(number, C.IN_PERSON, actor=PROGRAM)
    moved(counter, CaseState.SUSPENDED)
    delivered(counter, reference)
    assert state(counter) == "suspended"
    with counter.database.read() as connection:
        assert connection.scalar(select(CaseLife.resumes_to)) == "filed"
