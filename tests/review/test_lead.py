"""A lead without an overload in the console: who looks, who speaks, and the case that a person opens."""

from collections.abc import Callable

import pytest
from desk import Desk
from sqlalchemy import delete, func, insert, select, update

from models.case_life import life_of
from models.case_tables import CaseLife
from models.evasion_tables import ManoeuvreRow
from models.gate_tables import DecisionRow
from models.legibility_tables import PlateLegibilityRow
from models.office_tables import AuditEntry
from models.tables import Case, Finding, Frame, Judgement
from models.values.case_life import CaseState
from review.closed_loop import shares
from review.office import Office

Desks = Callable[[str], Desk]
SENTENCE = "跨道：两条车道的检测器<b>各记一侧"


@pytest.fixture
def lead(office: Office, numbers: list[str], hidden: tuple[str, int]) -> int:
    """Return a passage with frames, a hidden plate and a straddled lane, that is not over its limit."""
    assert hidden[0] == numbers[1]
    with office.write("test") as connection:
        frame = select(PlateLegibilityRow.frame_id).where(PlateLegibilityRow.id == hidden[1])
        passage = connection.scalars(select(Frame.passage_id).where(Frame.id.in_(frame))).one()
        assert passage is not None
        connection.execute(delete(Finding).where(Finding.passage_id == passage))
        for kind in ("evasion", "plate_obscured"):
            connection.execute(insert(Finding).values(passage_id=passage, kind=kind))
        row = {"passage_id": passage, "kind": "straddling", "sentence": SENTENCE, "excused": ""}
        connection.execute(insert(ManoeuvreRow).values(row | {"rules": "x", "seen_at": 0}))
        said = update(DecisionRow).where(DecisionRow.passage_id == passage)
        connection.execute(said.values(outcome="lead", obstacles="manoeuvre"))
        own = update(Judgement).where(Judgement.passage_id == passage)
        connection.execute(own.values(excess_kg=0, decided_kg=31_000, plate="浙Z00042"))
    return int(passage)


def pictures(office: Office, lead: int, seen: int) -> list[str]:
    with office.read() as connection:
        sha256 = connection.scalar(select(func.min(Frame.sha256)).where(Frame.passage_id == lead))
    return [f"/frames/{sha256}", f"/legibility/{seen}"]


def looks(office: Office, subject: str) -> int:
    with office.read() as connection:
        entries = select(AuditEntry.number).where(AuditEntry.action == "saw", AuditEntry.subject == subject)
        return len(connection.scalars(entries).all())


def opened(one: Desk, lead: int) -> str:
    done = one.post("/evasion", passage=lead, word="open", note="前后图片均见跨道")
    assert done.status_code == 303
    return done.headers["location"].removeprefix("/cases/")


def test_the_list_leads_to_the_lead_with_its_pictures_and_reasons(
    desk: Desks, office: Office, lead: int, hidden: tuple[str, int]
) -> None:
    auditor = desk("auditor")
    page = auditor.get("/evasion").text
    assert f'href="/evasion/{lead}"' in page
    assert f"/legibility/{hidden[1]}" in page
    assert "浙Z00042" in page
    assert "跨道：两条车道的检测器&lt;b&gt;各记一侧" in page
    assert looks(office, f"passage/{lead}") == 0
    page = auditor.get(f"/evasion/{lead}").text
    assert looks(office, f"passage/{lead}") == 1
    for picture in pictures(office, lead, hidden[1]):
        assert picture in page
        assert auditor.get(picture).status_code == 200
    for words in ("疑似故意遮挡，由人工确认", "跨道：两条车道的检测器&lt;b&gt;各记一侧", "浙Z00042"):
        assert words in page
    assert f'href="/evasion/{lead}" aria-current="true"' in page
    # No overload is claimed of it.
    assert "限值" not in page
    assert "认定总质量" not in page


def test_who_may_only_read_is_offered_no_word_and_others_see_nothing(
    desk: Desks, office: Office, lead: int, hidden: tuple[str, int]
) -> None:
    for login in ("auditor", "legal_reviewer"):
        assert 'name="word"' not in desk(login).get(f"/evasion/{lead}").text
        assert desk(login).post("/evasion", passage=lead, word="open", note="x").status_code == 403
    for path in (f"/evasion/{lead}", *pictures(office, lead, hidden[1])):
        assert desk("administrator").get(path).status_code == 403
    for login in ("reviewer", "team_leader"):
        assert 'name="word" value="open"' in desk(login).get(f"/evasion/{lead}").text


def test_pictures_of_what_is_no_lead_are_not_shown(
    desk: Desks, office: Office, lead: int, hidden: tuple[str, int]
) -> None:
    auditor = desk("auditor")
    with office.write("test") as connection:
        connection.execute(delete(Finding).where(Finding.passage_id == lead))
    for path in (f"/evasion/{lead}", "/evasion/999999", *pictures(office, lead, hidden[1])):
        assert auditor.get(path).status_code == 404, path
    assert looks(office, f"passage/{lead}") == 0


def test_a_reviewer_opens_the_case_and_two_others_review_it(desk: Desks, office: Office, lead: int) -> None:
    reviewer = desk("reviewer")
    assert reviewer.post("/evasion", passage=lead, word="open", note=" ").status_code == 422
    number = opened(reviewer, lead)
    assert opened(reviewer, lead) == number
    assert reviewer.get(f"/evasion/{lead}").headers["location"] == f"/cases/{number}"
    assert "待人工认定的规避检测" not in reviewer.get("/evasion").text
    page = reviewer.get(f"/cases/{number}").text
    assert "前后图片均见跨道" in page
    assert "本案没有认定超限质量" in page
    for overload in ("依据规则逐步计算", "认定总质量", "<dt>限值"):
        assert overload not in page
    assert number in reviewer.get("/queue?stage=flagged").text
    for login in ("reviewer", "reviewer2"):
        assert desk(login).verdict(number, "confirm").status_code == 303
    with office.read() as connection:
        life = life_of(connection, number)
    assert life.state == CaseState.FILED
    leader = desk("team_leader")
    page = leader.get(f"/cases/{number}").text
    assert "本案没有认定超限质量，不在本系统告知、处罚" in page
    step = {"version": life.version, "reason": "移送公安机关"}
    refused = desk("reviewer").post(f"/cases/{number}/step", to="notified", **step)
    assert refused.status_code == 409
    assert "本案没有认定超限质量" in refused.text
    assert leader.post(f"/cases/{number}/step", to="transferred", **step).status_code == 303
    with office.read() as connection:
        assert life_of(connection, number).state == CaseState.TRANSFERRED


def test_who_hid_the_plate_is_confirmed_without_it_and_handed_on_by_no_one_alone(
    desk: Desks, office: Office, lead: int
) -> None:
    with office.write("test") as connection:
        connection.execute(update(Judgement).where(Judgement.passage_id == lead).values(plate=""))
    leader = desk("team_leader")
    number = opened(leader, lead)
    leader.post(f"/cases/{number}/take")
    with office.read() as connection:
        life = life_of(connection, number)
    assert life.plate == ""
    alone = leader.post(f"/cases/{number}/step", to="transferred", version=life.version, reason="x")
    assert alone.status_code == 409
    assert "须经两名执法人员审核确认" in alone.text
    leader.post(f"/cases/{number}/release")
    for login in ("reviewer", "reviewer2"):
        assert desk(login).verdict(number, "confirm").status_code == 303
    with office.read() as connection:
        life = life_of(connection, number)
    assert life.state == CaseState.FILED
    handed = leader.post(f"/cases/{number}/step", to="transferred", version=life.version, reason="x")
    assert handed.status_code == 303


def test_a_case_without_an_overload_counts_for_no_overloads(
    desk: Desks, office: Office, lead: int, numbers: list[str]
) -> None:
    reviewer, leader = desk("reviewer"), desk("team_leader")
    number = opened(reviewer, lead)
    for login in ("reviewer", "reviewer2"):
        assert desk(login).verdict(number, "confirm").status_code == 303
    with office.write("test") as connection:
        other = select(Case.id).where(Case.number == numbers[0]).scalar_subquery()
        connection.execute(update(CaseLife).where(CaseLife.case_id == other).values(plate="浙Z00042"))
        assert next(iter(shares(connection))).whole == 0
    assert "浙Z00042" not in leader.get("/statistics/again.csv").text


def test_no_case_comes_of_it(desk: Desks, office: Office, lead: int) -> None:
    reviewer = desk("reviewer")
    assert reviewer.post("/evasion", passage=lead, word="stands", note="x").status_code == 409
    done = reviewer.post("/evasion", passage=lead, word="no_case", note="避让行人")
    assert (done.status_code, done.headers["location"]) == (303, "/evasion")
    page = reviewer.get("/evasion").text
    assert "待人工认定的规避检测" not in page
    assert "不予立案：避让行人" in page
    with office.read() as connection:
        cases = connection.scalars(select(Case.id).join(Finding).where(Finding.passage_id == lead)).all()
    assert cases == []
