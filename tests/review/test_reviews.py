"""Two officers, a team leader where they disagree, races, replays: a case's way through the console."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from desk import Desk, hidden
from served import Counter
from sqlalchemy import func, select, update
from sqlalchemy.exc import DatabaseError
from writes import locks_the_log_last, written

from models.case_life import life_of
from models.case_tables import CaseEvent, CaseLife, CaseReview, PlateCorrection
from models.leases import now_ms
from models.office_tables import AuditEntry
from models.tables import Lease
from models.values.office import PROGRAM
from models.values.service import Channel, Outcome
from notices.service.carriers import Report
from review.office import Office

Desks = Callable[[str], Desk]
READ = "浙Z00011"


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def state(office: Office, number: str) -> str:
    with office.read() as connection:
        return str(life_of(connection, number).state)


def test_two_officers_confirm_and_the_case_is_filed(desk: Desks, office: Office, numbers: list[str]) -> None:
    first, second = desk("reviewer"), desk("reviewer2")
    answer = first.verdict(numbers[0], "confirm", note="看过")
    assert answer.status_code == 303
    # The next case is offered at once.
    assert answer.headers["location"] == f"/cases/{numbers[1]}?done={numbers[0]}"
    assert state(office, numbers[0]) == "second_review"
    page = second.get(f"/cases/{numbers[0]}").text
    assert "看过" not in page
    assert "初审意见在您复审后显示" in page
    assert second.verdict(numbers[0], "confirm").status_code == 303
    assert state(office, numbers[0]) == "filed"
    assert "看过" in second.get(f"/cases/{numbers[0]}").text


def test_the_same_officer_is_refused_in_page_and_database(
    desk: Desks, office: Office, numbers: list[str]
) -> None:
    first = desk("reviewer")
    first.verdict(numbers[0], "confirm")
    page = first.get(f"/cases/{numbers[0]}").text
    assert "须由另一名执法人员审核" in page
    assert 'value="confirm"' not in page
    answer = first.post(f"/cases/{numbers[0]}/verdict", version=3, act="confirm", plate=READ, plate_seen=READ)
    assert (answer.status_code, state(office, numbers[0])) == (403, "second_review")
    with pytest.raises(DatabaseError, match="two_reviewers"), office.write("test") as connection:
        connection.execute(update(CaseLife).values(second_reviewer_id=CaseLife.first_reviewer_id))


def test_a_disagreement_goes_to_a_team_leader(desk: Desks, office: Office, numbers: list[str]) -> None:
    desk("reviewer").verdict(numbers[0], "confirm")
    desk("reviewer2").verdict(numbers[0], "reject", reason="permit_held")
    assert state(office, numbers[0]) == "disagreed"
    answer = desk("reviewer").post(
        f"/cases/{numbers[0]}/verdict", version=4, act="confirm", plate=READ, plate_seen=READ
    )
    assert answer.status_code == 403
    desk("team_leader").verdict(numbers[0], "confirm")
    assert state(office, numbers[0]) == "filed"


def test_a_leader_who_reviewed_cannot_rule(desk: Desks, office: Office, numbers: list[str]) -> None:
    desk("team_leader").verdict(numbers[0], "confirm")
    desk("reviewer").verdict(numbers[0], "reject", reason="permit_held")
    answer = desk("team_leader").verdict(numbers[0], "confirm")
    assert (answer.status_code, state(office, numbers[0])) == (403, "disagreed")
    desk("leader2").verdict(numbers[0], "reject", reason="permit_held")
    assert state(office, numbers[0]) == "dismissed"


def test_two_plates_confirmed_are_a_disagreement(desk: Desks, office: Office, numbers: list[str]) -> None:
    desk("reviewer").verdict(numbers[0], "confirm")
    second = desk("reviewer2")
    second.verdict(numbers[0], "plate", plate="浙Z00017")
    second.verdict(numbers[0], "confirm")
    assert state(office, numbers[0]) == "disagreed"


def test_a_dismissal_needs_a_listed_reason(desk: Desks, office: Office, numbers: list[str]) -> None:
    first = desk("reviewer")
    for reason in ({}, {"reason": "because"}):
        answer = first.verdict(numbers[0], "reject", **reason)
        assert (answer.status_code, state(office, numbers[0])) == (422, "first_review")
    first.verdict(numbers[0], "reject", reason="weighing_doubtful")
    assert state(office, numbers[0]) == "dismissed"


def test_a_share_of_dismissals_is_read_again_without_knowing(
    desk: Desks, office: Office, numbers: list[str]
) -> None:
    office.second_reading_share = 1.0
    desk("reviewer").verdict(numbers[0], "reject", reason="weighing_doubtful", note="称重有疑")
    assert state(office, numbers[0]) == "second_review"
    second = desk("reviewer2")
    page = second.get(f"/cases/{numbers[0]}").text
    assert "称重有疑" not in page
    second.verdict(numbers[0], "reject", reason="weighing_doubtful")
    assert state(office, numbers[0]) == "dismissed"


def test_a_plate_is_corrected_logged_and_looked_at_before_it_is_confirmed(
    desk: Desks, office: Office, numbers: list[str]
) -> None:
    first = desk("reviewer")
    # Typed and confirmed in one go, by who has not taken it: only the plate is kept, and shown again.
    with written(office.database) as transactions:
        answer = first.verdict_of(numbers[0], "confirm", plate="浙z·00012", note="更清楚")
    assert [locks_the_log_last(one) for one in transactions if "plate_correction" in one] == [True]
    assert answer.status_code == 200
    assert "号牌已更正并记录" in answer.text
    assert "更清楚" in answer.text
    assert state(office, numbers[0]) == "first_review"
    with office.read() as connection:
        row = connection.execute(select(PlateCorrection.before, PlateCorrection.after)).one()
        assert tuple(row) == (READ, "浙Z00012")
        told = select(AuditEntry.detail).where(AuditEntry.action == "corrected_plate")
        assert connection.scalar(told) == '{"after": "浙Z00012", "before": "浙Z00011"}'
    assert first.verdict(numbers[0], "confirm").status_code == 303


@pytest.mark.parametrize("plate", ["浙Z0001?", ""])
def test_an_unreadable_plate_is_never_confirmed(
    desk: Desks, office: Office, numbers: list[str], plate: str
) -> None:
    first = desk("reviewer")
    first.verdict(numbers[0], "plate", plate=plate)
    answer = first.verdict(numbers[0], "confirm")
    assert (answer.status_code, state(office, numbers[0])) == (422, "first_review")


def test_a_taken_case_names_its_holder_until_the_lease_ends(
    desk: Desks, office: Office, numbers: list[str]
) -> None:
    first, second = desk("reviewer"), desk("reviewer2")
    first.post(f"/cases/{numbers[0]}/take")
    for answer in (second.post(f"/cases/{numbers[0]}/take"), second.verdict_of(numbers[0])):
        assert answer.status_code == 409
        assert "虚构reviewer 认领" in answer.text
    assert "已由 虚构reviewer 认领" in second.get(f"/cases/{numbers[0]}").text
    with office.write("test") as connection:
        connection.execute(update(Lease).values(until=now_ms(connection) - 1))
    assert second.post(f"/cases/{numbers[0]}/take").status_code == 303


def test_two_officers_race_for_each_case_and_one_gets_it(desk: Desks, numbers: list[str]) -> None:
    desks = [desk("reviewer"), desk("reviewer2")]
    for one in desks:
        one.get("/me")
    for number in numbers:
        gate, answers = threading.Barrier(2), []

        def race(one: Desk, number: str = number, gate: threading.Barrier = gate) -> None:
            gate.wait()
            answers.append(one.post(f"/cases/{number}/take").status_code)  # noqa: B023 (joined below)

        threads = [threading.Thread(target=race, args=(one,)) for one in desks]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(answers) == [303, 409]


def test_next_never_offers_a_case_twice_or_to_its_first_reviewer(desk: Desks, numbers: list[str]) -> None:
    first, second = desk("reviewer"), desk("reviewer2")
    offered = [one.post("/queue/next").headers["location"] for one in (first, second, desk("team_leader"))]
    assert sorted(offered) == [f"/cases/{number}" for number in numbers]
    assert desk("leader2").post("/queue/next").headers["location"] == "/queue?done=none"


def test_a_replayed_post_and_a_case_closed_elsewhere_change_nothing(
    desk: Desks, office: Office, numbers: list[str]
) -> None:
    first = desk("reviewer")
    first.post(f"/cases/{numbers[0]}/take")
    fields = hidden(first.get(f"/cases/{numbers[0]}").text)
    form = {
        "version": fields["version"],
        "plate_seen": READ,
        "plate": READ,
        "act": "reject",
        "reason": "exempt",
    }
    answers = [first.post(f"/cases/{numbers[0]}/verdict", **form, note="一句话") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 409]
    assert "一句话" in answers[1].text
    with office.read() as connection:
        assert connection.scalar(select(func.count()).select_from(CaseReview)) == 1


def test_a_first_verdict_is_taken_back_while_nobody_gave_a_second(
    desk: Desks, office: Office, numbers: list[str]
) -> None:
    first = desk("reviewer")
    first.verdict(numbers[0], "confirm")
    assert desk("reviewer2").post(f"/cases/{numbers[0]}/back", version=3).status_code == 403
    assert first.post(f"/cases/{numbers[0]}/back", version=2).status_code == 409
    assert first.post(f"/cases/{numbers[0]}/back", version=3).status_code == 303
    assert state(office, numbers[0]) == "first_review"
    first.verdict(numbers[0], "reject", reason="exempt")
    assert first.post(f"/cases/{numbers[0]}/back", version=5).status_code == 403
    assert desk("team_leader").post(f"/cases/{numbers[0]}/back", version=5).status_code == 303


def test_a_case_goes_all_the_way_and_skips_nothing(
    desk: Desks, office: Office, numbers: list[str], tmp_path: Path
) -> None:
    desk("reviewer").verdict(numbers[0], "confirm")
    desk("reviewer2").verdict(numbers[0], "confirm")
    handler, leader, lawyer = desk("reviewer"), desk("team_leader"), desk("legal_reviewer")

    def step(one: Desk, to: str, **more: object) -> int:
        version = hidden(one.get(f"/cases/{numbers[0]}").text).get("version", "1")
        return one.post(f"/cases/{numbers[0]}/step", version=version, to=to, **more).status_code

    assert step(handler, "notified") == 409  # Zhejiang asks for the summons first
    assert step(handler, "summoned") == 303
    handler.post(f"/cases/{numbers[0]}/release")
    assert step(leader, "summons_lapsed") == 409  # the fifteen days are not over
    assert step(leader, "appeared") == 303
    assert step(leader, "notified") == 303
    assert step(leader, "hearing") == 303
    assert step(leader, "decided") == 409
    assert step(leader, "legal_review") == 303
    assert step(leader, "decided") == 403
    leader.post(f"/cases/{numbers[0]}/release")
    assert step(lawyer, "decided") == 303
    lawyer.post(f"/cases/{numbers[0]}/release")
    assert step(leader, "served") == 409  # nothing proves it
    counter = Counter(office.database, tmp_path)
    with office.read() as connection:
        case_id = life_of(connection, numbers[0]).case_id
    reference = counter.desk.start(counter.document(case_id), Channel.IN_PERSON, actor=PROGRAM)
    signed = Report(outcome=Outcome.DELIVERED, on=counter.today, proof=b"receipt")
    assert counter.desk.note(reference, signed)
    assert state(office, numbers[0]) == "served"
    assert step(leader, "closed") == 303
    with office.read() as connection:
        events = select(CaseEvent.to_state).order_by(CaseEvent.version).where(CaseEvent.version > 4)
        assert connection.scalars(events).all()[-1] == "closed"


def test_decided_waits_for_the_partner(desk: Desks, office: Office, numbers: list[str]) -> None:
    office.no_partner = False
    desk("reviewer").verdict(numbers[0], "confirm")
    desk("reviewer2").verdict(numbers[0], "confirm")
    leader = desk("team_leader")
    for to in ("summoned", "appeared", "notified", "statement"):
        version = hidden(leader.get(f"/cases/{numbers[0]}").text)["version"]
        assert leader.post(f"/cases/{numbers[0]}/step", version=version, to=to).status_code == 303
    page = leader.get(f"/cases/{numbers[0]}").text
    assert "尚未取得对方省份的互认确认" in page
    answer = leader.post(f"/cases/{numbers[0]}/step", version=hidden(page)["version"], to="decided")
    assert (answer.status_code, state(office, numbers[0])) == (409, "statement")


def test_who_saw_is_logged_once_an_hour(desk: Desks, office: Office, numbers: list[str]) -> None:
    looker = desk("auditor")
    for _ in range(3):
        looker.get(f"/cases/{numbers[0]}")
    with office.read() as connection:
        saw = select(func.count()).select_from(AuditEntry).where(AuditEntry.action == "saw")
        assert connection.scalar(saw) == 1
