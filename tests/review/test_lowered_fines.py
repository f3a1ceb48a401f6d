"""Fines that a statement lowers: by the legal review again, never raised, never beside a sealed decision."""

from collections.abc import Callable

import pytest
from defended import NUMBER, answered, filed
from desk import Desk
from served import Counter
from sqlalchemy import select
from sqlalchemy.exc import DatabaseError

from models.case_life import Step, StepRefusedError, life_of, move
from models.defence_tables import DefenceAnswer
from models.office_tables import AuditEntry
from models.values.case_life import CaseState
from models.values.office import PROGRAM
from models.values.timeline import to_ms
from notices.documents.kinds import DocumentKind
from notices.documents.numbers import void
from notices.service.lowered import lowered_of
from zhichao.case_course import course_facts


def stepped(counter: Counter, to: CaseState) -> None:
    with counter.database.write("test") as connection:
        life = life_of(connection, NUMBER)
        step = Step(
            case_id=life.case_id,
            version=life.version,
            to=to,
            actor=PROGRAM,
            at_ms=to_ms(counter.now),
            reason="x",
            no_partner=True,
        )
        move(connection, step)


def test_a_fine_lowered_in_part_asks_for_the_legal_review_and_binds_the_decision(
    desk: Callable[[str], Desk], counter: Counter, notified: int
) -> None:
    receipt, officer = filed(counter), desk("reviewer")
    assert "第三十二条第（四）项" in officer.get(f"/cases/{NUMBER}").text
    wrong: tuple[dict[str, object], ...] = (
        {"lowered_yuan": "500", "ground": ""},
        {"lowered_yuan": "500", "ground": "kindness"},
        {"lowered_yuan": "5e2", "ground": "helped"},
        {"lowered_yuan": "5.001", "ground": "helped"},
        {"lowered_yuan": "-5", "ground": "helped"},
        {"lowered_yuan": "0", "ground": "helped"},
        {"lowered_yuan": "691.20", "ground": "helped"},
        {"lowered_yuan": "700", "ground": "helped"},
    )
    assert {answered(officer, receipt, "partly", **one) for one in wrong} == {409, 422}
    assert answered(officer, receipt, "not_upheld", lowered_yuan="500", ground="helped") == 409
    with counter.database.read() as connection:
        assert connection.execute(select(DefenceAnswer)).all() == [], "half an answer was kept"
    assert answered(officer, receipt, "partly", lowered_yuan="500.50", ground="helped") == 303
    with pytest.raises(StepRefusedError, match="法制审核"):
        stepped(counter, CaseState.DECIDED)
    stepped(counter, CaseState.LEGAL_REVIEW)
    for copy, amount_fen in enumerate((69_120, 50_000, 50_051), start=1):
        with pytest.raises(DatabaseError, match="the fine that was lowered"):
            counter.document(notified, DocumentKind.DECISION, amount_fen=amount_fen, copy=copy)
    assert counter.document(notified, DocumentKind.DECISION, amount_fen=50_050, copy=4)
    stepped(counter, CaseState.DECIDED)
    with counter.database.read() as connection:
        facts = course_facts(connection, notified, counter.now)
        told = connection.scalars(
            select(AuditEntry.detail).where(AuditEntry.action == "defence").order_by(AuditEntry.number)
        ).all()
    assert facts["amount_fen"] == 50_050
    assert facts["lowered"]["from_fen"] == 69_120
    assert "50050" in told[-1]


@pytest.mark.usefixtures("notified")
def test_a_second_answer_can_only_lower_further(desk: Callable[[str], Desk], counter: Counter) -> None:
    officer = desk("reviewer")
    receipts = [filed(counter, text=text) for text in ("甲", "乙", "丙")]
    amounts = ("500", "600", "400")
    statuses = [
        answered(officer, receipt, "partly", lowered_yuan=yuan, ground="helped")
        for receipt, yuan in zip(receipts, amounts, strict=True)
    ]
    assert statuses == [303, 409, 303]
    with counter.database.read() as connection:
        found = lowered_of(connection, life_of(connection, NUMBER).case_id)
    assert found is not None
    assert found.amount_fen == 40_000


def test_no_fine_is_lowered_past_the_legal_review_or_beside_a_sealed_decision(
    desk: Callable[[str], Desk], counter: Counter, notified: int
) -> None:
    officer, receipt = desk("reviewer"), filed(counter)

    def lowered() -> str:
        form = {"receipt": receipt, "answer": "partly", "reason": "x", "lowered_yuan": "500"}
        answer = officer.post(f"/cases/{NUMBER}/defence", **form, ground="helped")
        return "" if answer.status_code == 303 else answer.text

    stepped(counter, CaseState.LEGAL_REVIEW)
    assert "法制审核中，请先退回" in lowered()
    stepped(counter, CaseState.SUSPENDED)
    assert "法制审核中，请先退回" in lowered()
    stepped(counter, CaseState.LEGAL_REVIEW)
    stepped(counter, CaseState.NOTIFIED)
    number = counter.document(notified, DocumentKind.DECISION, amount_fen=69_120)
    assert "先作废已盖章的决定书" in lowered()
    with counter.database.write("test") as connection:
        assert lowered_of(connection, notified) is None
        void(connection, number, "x")
    assert lowered() == ""


def test_no_fine_is_lowered_once_the_case_is_over(
    desk: Callable[[str], Desk], counter: Counter, notified: int
) -> None:
    receipt = filed(counter)
    stepped(counter, CaseState.WITHDRAWN)
    form: dict[str, object] = {"lowered_yuan": "500", "ground": "helped"}
    assert answered(desk("reviewer"), receipt, "partly", **form) == 409
    with counter.database.read() as connection:
        assert lowered_of(connection, notified) is None
    assert answered(desk("reviewer"), receipt, "partly") == 303
