"""The pages of the partner agencies, on an office whose database is one of two that exchange."""

import hashlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from agencies import JINSHAN, PINGHU
from case_desks import DAY_MS, TO_STATEMENT, Desks, made_act
from desk import Desk
from sqlalchemy import delete, select

from models.matter_tables import Matter
from models.office_tables import AuditEntry
from models.partner_tables import CaseClaim
from models.values.case_life import CaseState
from models.values.office import PROGRAM
from models.values.plates import PlateColour
from notices.casework.attachments import describe
from notices.casework.matters import Outgoing, say_matter
from notices.exchange.kinds import Kind, LeadBody
from review.office import Office

S = CaseState
PASSED = 1_781_716_000_000
PICTURE = b"\xff\xd8 invented picture"


@pytest.fixture
def desks(office: Office, tmp_path: Path, numbers: list[str]) -> Iterator[Desks]:
    urls = iter([office.database.url, f"sqlite:///{tmp_path / 'partner.sqlite'}"])
    made = Desks(lambda: next(urls), tmp_path / "received")
    made.turn_clocks(PASSED + DAY_MS)
    made.pinghu.acts[numbers[0]] = made_act(passed_ms=PASSED, gross_kg=62_000)
    office.partners, office.no_partner = made.pinghu.desk, False
    office.clock_ms = made.pinghu.agency.clock
    yield made
    made.close()


def filed(desk: Callable[[str], Desk], number: str) -> None:
    desk("reviewer").verdict(number, "confirm")
    assert desk("reviewer2").verdict(number, "confirm").status_code == 303


def lead(desks: Desks) -> str:
    """Let the partner hand a lead over."""
    file = describe(PICTURE, "车头.jpg", "image/jpeg")
    body = LeadBody(
        subject="虚构线索<b>",
        plate="沪Z00009",
        plate_colour=PlateColour.YELLOW,
        text="虚构",
        answer_due_ms=PASSED + 30 * DAY_MS,
        files=(file,),
    )
    said = Outgoing(to=PINGHU, kind=Kind.LEAD, reference="1", body=body, files={file.sha256: PICTURE})
    agency = desks.jinshan.agency
    with agency.database.write("test") as connection:
        message_id = say_matter(agency.exchange, connection, said, PROGRAM)
    desks.heal()
    return message_id


def test_a_case_confirmed_by_two_officers_is_claimed(
    desk: Callable[[str], Desk], desks: Desks, numbers: list[str]
) -> None:
    filed(desk, numbers[0])
    assert list(desks.pinghu.agency.claims()) == [f"平湖:{numbers[0]}"]
    page = desk("team_leader").get("/exchange").text
    assert numbers[0] in page
    assert "等待对方确认" in page
    desks.heal()
    assert "对方已确认，可以处罚" in desk("auditor").get("/exchange").text
    page = desk("reviewer").get(f"/cases/{numbers[0]}").text
    assert "无冲突证明" in page
    assert "一年内已罚（互认的只计一次）</dt><dd>0 次" in page


def test_a_claim_that_a_restore_took_from_its_case_is_shown_with_what_to_do(
    desk: Callable[[str], Desk], desks: Desks, numbers: list[str]
) -> None:
    filed(desk, numbers[0])
    assert "没有对应案件的互认申请" not in desk("team_leader").get("/exchange").text
    with desks.pinghu.agency.database.write("test") as connection:
        connection.execute(delete(CaseClaim))
    page = desk("team_leader").get("/exchange").text
    _, restored = page.split("没有对应案件的互认申请</h2>")
    assert f"<td>平湖:{numbers[0]}</td>" in restored
    assert 'href="/search?q=' in restored


def test_the_case_page_shows_the_other_sides_act_beside_ours(
    desk: Callable[[str], Desk], desks: Desks, numbers: list[str]
) -> None:
    desks.jinshan.file("b", plate="浙Z00011", passed_ms=PASSED, gross_kg=61_500)
    desks.later(1)
    filed(desk, numbers[0])
    desks.heal()
    desks.jinshan.step("b", *TO_STATEMENT, S.DECIDED)
    desks.heal()
    page = desk("reviewer").get(f"/cases/{numbers[0]}").text
    for shown in ("对方已处罚，互认", "金山:b", "61,500 kg", "1,473.90", "对方已作出处罚决定", "1 次"):
        assert shown in page


def test_a_decision_without_a_fine_from_the_case_page(
    desk: Callable[[str], Desk], desks: Desks, numbers: list[str]
) -> None:
    filed(desk, numbers[0])
    desks.pinghu.step(numbers[0], *TO_STATEMENT)
    leader = desk("team_leader")
    page = leader.get(f"/cases/{numbers[0]}").text
    assert "作出不罚款的决定" in page
    version = desks.pinghu.life(numbers[0]).version
    assert leader.post(f"/cases/{numbers[0]}/step", version=version, to="decided").status_code == 409
    answer = leader.post(f"/cases/{numbers[0]}/step", version=version, to="decided", fine="none")
    assert answer.status_code == 303
    assert desks.pinghu.agency.standing(f"平湖:{numbers[0]}") == "closed"


def test_a_served_fine_that_was_taken_back_is_released_by_a_leader(
    desk: Callable[[str], Desk], desks: Desks, numbers: list[str]
) -> None:
    filed(desk, numbers[0])
    desks.heal()
    desks.pinghu.step(numbers[0], *TO_STATEMENT, S.DECIDED, S.SERVED, S.WITHDRAWN)
    path = f"/cases/{numbers[0]}"
    assert "罚款已退还" not in desk("reviewer").get(path).text
    leader = desk("team_leader")
    assert "罚款已退还" in leader.get(path).text
    assert leader.post(f"{path}/refunded").status_code == 303
    assert desks.pinghu.agency.standing(f"平湖:{numbers[0]}") == "closed"
    assert leader.post(f"{path}/refunded").status_code == 409


def test_a_lead_is_opened_read_and_answered(
    desk: Callable[[str], Desk], desks: Desks, office: Office
) -> None:
    lead(desks)
    link = re.search(r'href="(/exchange/matter[^"]+)"', desk("auditor").get("/exchange").text)
    assert link is not None
    path = link.group(1).replace("&amp;", "&")
    with office.read() as connection:
        assert connection.scalars(select(Matter.stage)).all() == ["delivered"]
    # An auditor looks on; only who works on it opens it.
    assert "答复对方" not in desk("auditor").get(path).text
    with office.read() as connection:
        assert connection.scalars(select(Matter.stage)).all() == ["delivered"]
    reviewer = desk("reviewer")
    page = reviewer.get(path).text
    assert "虚构线索&lt;b&gt;" in page
    file = re.search(r'href="(/exchange/file[^"]+)"', page)
    assert file is not None
    assert reviewer.get(file.group(1)).content == PICTURE
    stored = desks.pinghu.received.path(hashlib.sha256(PICTURE).hexdigest())
    stored.write_bytes(PICTURE + b"another")
    assert reviewer.get(file.group(1)).status_code == 410
    form = {"partner": JINSHAN, "direction": "received", "id": "lead/金山/1", "text": "虚构"}
    assert reviewer.post("/exchange/answer", **form, outcome="nothing").status_code == 422
    assert reviewer.post("/exchange/answer", **form, outcome="filed").status_code == 303
    assert reviewer.post("/exchange/answer", **form, outcome="done").status_code == 409
    desks.heal()
    with desks.jinshan.agency.database.read() as connection:
        there = connection.execute(select(Matter.outcome, Matter.stage)).one()
    assert tuple(there) == ("filed", "opened")
    assert "线索 1 件，已答复 1 件 （100%）" in reviewer.get("/exchange").text.replace(
        "</small>", ""
    ).replace("件（", "件 （")


def test_what_no_partner_sent_is_not_found(desk: Callable[[str], Desk], desks: Desks) -> None:
    reviewer = desk("reviewer")
    assert desks.pinghu.agency.waiting() == 0
    assert reviewer.get("/exchange/file?sha256=../../keys/agency.pem").status_code == 404
    assert reviewer.get("/exchange/matter?partner=x&direction=received&id=%00").status_code in {303, 404}
    assert reviewer.get("/exchange/matter?partner=x&direction=received&id=y").status_code == 404


def test_a_ruling_is_said_by_a_leader(desk: Callable[[str], Desk], desks: Desks, numbers: list[str]) -> None:
    desks.jinshan.file("b", plate="浙Z00011", passed_ms=PASSED)
    filed(desk, numbers[0])
    desks.heal()
    form = {
        "partner": JINSHAN,
        "ruling": "联席〔2026〕1号",
        "by": "conference",
        "prevailing": f"平湖:{numbers[0]}",
        "yielding": "金山:b",
    }
    leader = desk("team_leader")
    assert leader.post("/exchange/rulings", **form, sha256="abc").status_code == 422
    assert leader.post("/exchange/rulings", **form, sha256="0" * 64).status_code == 303
    assert "等待对方确认" in leader.get("/exchange").text
    assert leader.post("/exchange/rulings", **form | {"partner": "无"}, sha256="0" * 64).status_code == 422


def test_an_officer_asks_hands_over_and_tells(
    desk: Callable[[str], Desk], desks: Desks, office: Office, numbers: list[str]
) -> None:
    assert "发送事项" not in desk("auditor").get("/exchange").text
    reviewer = desk("reviewer")
    assert "发送事项" in reviewer.get("/exchange").text
    form = {"partner": JINSHAN, "kind": "assistance", "number": "协〔2026〕1号", "due": "2026-12-31"}
    asked = form | {"purpose": "核实装载源头", "text": "虚构<b>"}
    for bad in (
        form,
        asked | {"kind": "fined"},
        asked | {"partner": "无"},
        asked | {"number": ""},
        asked | {"number": "a" * 81},
        asked | {"due": "2026-01-01"},
        asked | {"due": ""},
    ):
        assert reviewer.post("/exchange/matters", **bad).status_code == 422
    assert reviewer.post("/exchange/matters", **asked).status_code == 303
    assert reviewer.post("/exchange/matters", **asked).status_code == 409
    lead_form = asked | {"kind": "lead", "number": numbers[0]}
    assert reviewer.post("/exchange/matters", **lead_form | {"number": "none"}).status_code == 404
    assert reviewer.post("/exchange/matters", **lead_form).status_code == 303
    circular = form | {"kind": "circular", "number": numbers[0]}
    assert reviewer.post("/exchange/matters", **circular).status_code in {409, 422}
    filed(desk, numbers[0])
    desks.heal()
    desks.pinghu.step(numbers[0], *TO_STATEMENT, S.DECIDED, S.SERVED, S.CLOSED)
    assert reviewer.post("/exchange/matters", **circular).status_code == 303
    desks.heal()
    with desks.jinshan.agency.database.read() as connection:
        there = connection.execute(select(Matter.kind, Matter.plate).order_by(Matter.kind)).all()
    plate = desks.pinghu.life(numbers[0]).plate
    assert [tuple(one) for one in there] == [("assistance", ""), ("circular", plate), ("lead", plate)]
    with office.read() as connection:
        actors = connection.scalars(
            select(AuditEntry.officer_id).where(AuditEntry.subject.startswith("lead/平湖/"))
        ).all()
    assert None not in actors
    assert len(actors) == 1


def test_without_a_partner_the_page_says_so(desk: Callable[[str], Desk]) -> None:
    assert "没有配置对方机关" in desk("reviewer").get("/exchange").text
    assert desk("reviewer").post("/exchange/answer", outcome="done").status_code == 422
