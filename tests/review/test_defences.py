"""Officers and the party's defence: answered with reasons, held in time, never to the party's harm."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, cast

import pytest
from defended import NUMBER, answered, filed, state
from desk import Desk
from served import Counter, sound
from sqlalchemy import Connection, Row, delete, insert, select, update
from sqlalchemy.exc import DatabaseError

from models.case_life import Step, StepRefusedError, life_of, move
from models.case_tables import CaseEvent, CaseLife
from models.defence_tables import Defence, DefenceAnswer
from models.values.case_life import CaseState
from models.values.office import PROGRAM, Actor
from models.values.service import Answer, Channel, DefenceKind
from models.values.timeline import to_ms
from notices.casework.desk import PartnerDesk
from notices.documents.issue import hand_out
from notices.documents.kinds import DocumentKind
from notices.service.answers import Reply, answer_defence
from notices.service.attempts import ServiceError
from notices.service.defence import DefenceError
from review.office import Office
from zhichao.case_course import course_facts


@pytest.mark.usefixtures("notified")
def test_a_statement_stands_on_the_case_page_and_is_answered_there(
    desk: Callable[[str], Desk], counter: Counter
) -> None:
    receipt = filed(counter)
    assert state(counter) == "statement"
    officer = desk("reviewer")
    assert receipt in officer.get("/defences").text
    assert "待答复" in officer.get("/defences").text
    page = officer.get(f"/cases/{NUMBER}").text
    for words in (receipt, "并线，请复核", "虚构物流有限公司", "直接送达", "第八十七条"):
        assert words in page, words
    assert answered(officer, receipt, "not_upheld", reason=" ") == 409
    assert answered(officer, receipt, "hearing_held") == 409
    assert answered(officer, receipt, "praised") == 422
    assert answered(officer, receipt, "not_upheld") == 303
    assert answered(officer, receipt, "upheld") == 409
    assert "经复核不予采纳" in officer.get(f"/cases/{NUMBER}").text
    assert state(counter) == "statement"
    # Who only reads is shown no form.
    assert 'name="answer"' not in desk("auditor").get(f"/cases/{NUMBER}").text


@pytest.mark.usefixtures("notified")
def test_a_statement_that_is_upheld_dismisses_the_case(desk: Callable[[str], Desk], counter: Counter) -> None:
    assert answered(desk("team_leader"), filed(counter), "upheld") == 303
    assert state(counter) == "dismissed"
    with counter.database.read() as connection:
        reason = connection.scalar(select(CaseEvent.reason).where(CaseEvent.to_state == "dismissed"))
    assert reason == "statement_upheld"


def test_nothing_is_decided_while_a_defence_waits(
    desk: Callable[[str], Desk], counter: Counter, notified: int
) -> None:
    receipt = filed(counter)
    with counter.database.read() as connection:
        life = life_of(connection, NUMBER)
    step = Step(
        case_id=notified,
        version=life.version,
        to=CaseState.DECIDED,
        actor=PROGRAM,
        at_ms=to_ms(counter.now),
        no_partner=True,
    )
    with pytest.raises(StepRefusedError, match="尚未答复"), counter.database.write("test") as connection:
        move(connection, step)
    event = {
        "case_id": notified,
        "version": life.version + 1,
        "from_state": "statement",
        "to_state": "decided",
        "at": 0,
        "reason": "",
        "note": "",
    }
    # Nor by anyone who writes past the program.
    with (
        pytest.raises(DatabaseError, match="a defence waits"),
        counter.database.write("test") as connection,
    ):
        connection.execute(insert(CaseEvent).values(event))
    assert answered(desk("reviewer"), receipt, "partly") == 303
    with counter.database.write("test") as connection:
        move(connection, step)
    assert state(counter) == "decided"


@pytest.mark.usefixtures("notified")
def test_a_hearing_is_fixed_seven_working_days_ahead_and_chaired_by_nobody_who_reviewed(
    desk: Callable[[str], Desk], counter: Counter
) -> None:
    receipt = filed(counter, DefenceKind.HEARING, "请求听证")
    leader = desk("team_leader")
    # 1 July is a Wednesday: seven working days between are 2-3, 6-10; the 13th is the first day that may be.
    for on in ("", "2026-07-10"):
        assert answered(leader, receipt, "hearing_fixed", hearing_on=on, place="虚构市二楼") == 409
    assert answered(leader, receipt, "hearing_fixed", hearing_on="2026-07-13", place="") == 409
    assert answered(leader, receipt, "hearing_fixed", hearing_on="2026-07-13", place="虚构市二楼") == 303
    assert state(counter) == "hearing"
    with counter.database.read() as connection:
        facts = course_facts(connection, life_of(connection, NUMBER).case_id, counter.now)
    assert (facts["receipt"], facts["hearing_on"]) == (receipt, date(2026, 7, 13))
    assert facts["hearing_place"] == "虚构市二楼"
    assert answered(leader, receipt, "hearing_held") == 409
    counter.later(12)
    assert counter.today == date(2026, 7, 13)
    assert answered(desk("team_leader"), receipt, "hearing_held") == 303
    assert state(counter) == "hearing"


def test_a_notice_of_a_hearing_fixed_anew_is_not_served_and_none_too_late(
    desk: Callable[[str], Desk], counter: Counter, notified: int
) -> None:
    receipt, leader = filed(counter, DefenceKind.HEARING, "请求听证"), desk("team_leader")
    fixed = {"place": "虚构市二楼", "hearing_on": "2026-07-20"}
    assert answered(leader, receipt, "hearing_fixed", **fixed) == 303
    old = counter.document(notified, DocumentKind.HEARING_NOTICE)
    counter.later(1)
    fixed["hearing_on"] = "2026-07-21"
    assert answered(desk("team_leader"), receipt, "hearing_fixed", **fixed) == 303
    with pytest.raises(ServiceError, match="盖章之后听证又定于2026-07-21，须先作废"):
        counter.desk.start(old, Channel.IN_PERSON, actor=PROGRAM)
    new = counter.document(notified, DocumentKind.HEARING_NOTICE, copy=2)
    # Seven working days lie between 9 July and the 21st.
    counter.later(8)
    with pytest.raises(ServiceError, match="通知至迟应在2026-07-09送达"):
        counter.desk.start(new, Channel.IN_PERSON, actor=PROGRAM)
    counter.later(-1)
    assert counter.desk.start(new, Channel.IN_PERSON, actor=PROGRAM)


@pytest.mark.parametrize("ends", ["taken_back", "hearing_refused"])
def test_a_notice_of_a_hearing_called_off_is_not_served_and_one_asked_for_again_is(
    desk: Callable[[str], Desk], counter: Counter, notified: int, ends: str
) -> None:
    receipt, leader = filed(counter, DefenceKind.HEARING, "请求听证"), desk("team_leader")
    fixed = {"place": "虚构市二楼", "hearing_on": "2026-07-20"}
    assert answered(leader, receipt, "hearing_fixed", **fixed) == 303
    old = counter.document(notified, DocumentKind.HEARING_NOTICE)
    assert answered(leader, receipt, ends) == 303
    with pytest.raises(ServiceError, match=r"听证不再举行.*须先作废"):
        counter.desk.start(old, Channel.IN_PERSON, actor=PROGRAM)
    with counter.database.read() as connection:
        assert "hearing_on" not in course_facts(connection, notified, counter.now)
    again = filed(counter, DefenceKind.HEARING, "再次请求听证")
    counter.later(1)
    fixed["hearing_on"] = "2026-07-21"
    assert answered(desk("team_leader"), again, "hearing_fixed", **fixed) == 303
    new = counter.document(notified, DocumentKind.HEARING_NOTICE, copy=2)
    assert counter.desk.start(new, Channel.IN_PERSON, actor=PROGRAM)


@pytest.mark.parametrize("days", [0, 1])
def test_of_two_hearings_each_notice_is_judged_by_its_own(
    desk: Callable[[str], Desk], counter: Counter, notified: int, days: int
) -> None:
    first, second = (filed(counter, DefenceKind.HEARING, text) for text in ("请求听证", "又请求听证"))
    fixed, leader = {"place": "虚构市二楼", "hearing_on": "2026-07-20"}, desk("team_leader")
    # The one asked for later is fixed first.
    assert answered(leader, second, "hearing_fixed", **fixed) == 303
    counter.now += timedelta(minutes=1)
    fixed["hearing_on"] = "2026-07-22"
    assert answered(leader, first, "hearing_fixed", **fixed) == 303
    with counter.database.read() as connection:
        assert course_facts(connection, notified, counter.now)["hearing_on"] == date(2026, 7, 22)
    told = counter.document(notified, DocumentKind.HEARING_NOTICE, copy=2)
    counter.later(days)
    assert answered(desk("team_leader"), first, "taken_back") == 303
    with pytest.raises(ServiceError, match=r"听证不再举行.*须先作废"):
        counter.desk.start(told, Channel.IN_PERSON, actor=PROGRAM)
    counter.later(1)
    again = counter.document(notified, DocumentKind.HEARING_NOTICE, copy=3)
    assert counter.desk.start(again, Channel.IN_PERSON, actor=PROGRAM)


def test_a_reviewer_of_the_case_does_not_chair_its_hearing(counter: Counter, notified: int) -> None:

    receipt = filed(counter, DefenceKind.HEARING, "请求听证")
    with counter.database.write("test") as connection:
        first = connection.scalar(select(CaseLife.first_reviewer_id).where(CaseLife.case_id == notified))
        chair = Actor(officer_id=first, name="x")
        fixed = Reply(answer=Answer.HEARING_FIXED, reason="x", hearing_on=date(2026, 7, 13), place="x")
        answer_defence(connection, receipt, fixed, chair, at_ms=to_ms(counter.now))
    counter.later(12)
    held = Reply(answer=Answer.HEARING_HELD, reason="x")
    with pytest.raises(DefenceError, match="非本案调查人员"), counter.database.write("test") as connection:
        answer_defence(connection, receipt, held, chair, at_ms=to_ms(counter.now))


@pytest.mark.usefixtures("notified")
def test_a_statement_on_paper_is_taken_down_under_the_officers_name(
    desk: Callable[[str], Desk], counter: Counter
) -> None:
    form = {"kind": "statement", "text": "口头陈述", "name": "张虚构"}
    officer = desk("reviewer")
    assert officer.post(f"/cases/{NUMBER}/paper-defence", **form).status_code == 303
    assert officer.post(f"/cases/{NUMBER}/paper-defence", **(form | {"kind": "x"})).status_code == 422
    with counter.database.read() as connection:
        assert connection.scalar(select(Defence.officer_id)) is not None
    assert "口头陈述" in officer.get(f"/cases/{NUMBER}").text


def test_a_defence_against_a_notice_handed_out_over_the_counter_is_taken_down(
    desk: Callable[[str], Desk], counter: Counter
) -> None:
    number = counter.document(counter.case(NUMBER, DocumentKind.SUMMONS), DocumentKind.SUMMONS)
    officer, form = desk("reviewer"), f'action="/cases/{NUMBER}/paper-defence"'
    assert form not in officer.get(f"/cases/{NUMBER}").text
    with counter.database.write("test") as connection:
        hand_out(connection, number, sound)
    page = officer.get(f"/cases/{NUMBER}").text
    assert form in page
    # A summons gives no right to a hearing yet.
    assert 'value="hearing"' not in page
    given = {"kind": "statement", "text": "口头陈述", "name": "张虚构"}
    assert officer.post(f"/cases/{NUMBER}/paper-defence", **given).status_code == 303


def test_without_a_notice_nothing_is_taken_down(desk: Callable[[str], Desk], counter: Counter) -> None:
    counter.case(NUMBER, DocumentKind.VIOLATION_NOTICE)
    form = {"kind": "statement", "text": "x", "name": "x"}
    assert desk("reviewer").post(f"/cases/{NUMBER}/paper-defence", **form).status_code == 404


@pytest.mark.usefixtures("notified")
def test_what_was_said_and_answered_is_never_changed(desk: Callable[[str], Desk], counter: Counter) -> None:
    answered(desk("reviewer"), filed(counter), "not_upheld")
    for table, change in ((Defence, {"late": True}), (DefenceAnswer, {"reason": "x"})):
        for act in (update(table).values(change), delete(table)):
            with (
                pytest.raises(DatabaseError, match="only appended"),
                counter.database.write("test") as connection,
            ):
                connection.execute(act)


def test_a_decision_is_filed_against_elsewhere(counter: Counter) -> None:
    case_id = counter.case(NUMBER, DocumentKind.DECISION)
    number = counter.document(case_id, DocumentKind.DECISION)
    with counter.database.write("test") as connection:
        hand_out(connection, number, sound)

    with pytest.raises(DefenceError, match="行政复议"):
        filed(counter)


def test_an_answer_stays_within_its_case_and_a_step_is_told_once(
    desk: Callable[[str], Desk], counter: Counter, office: Office, notified: int
) -> None:
    partners = Told()
    office.partners = cast("PartnerDesk", partners)
    officer, receipts = desk("reviewer"), [filed(counter, text=text) for text in ("甲", "乙")]
    counter.case("case-2", DocumentKind.VIOLATION_NOTICE)
    form = {"receipt": receipts[0], "answer": "upheld", "reason": "复核"}
    assert officer.post("/cases/case-2/defence", **form).status_code == 404
    assert (state(counter), partners.told) == ("statement", [])
    assert answered(officer, receipts[0], "upheld") == 303
    assert answered(officer, receipts[1], "not_upheld") == 303
    assert partners.told == [notified]


class Told:
    """Notes of which cases the partners were told."""

    def __init__(self) -> None:
        self.told: list[int] = []

    def lock(self, connection: Connection) -> None:
        assert connection

    def moved(self, connection: Connection, before: Row[Any]) -> None:
        assert connection
        self.told.append(before.case_id)
