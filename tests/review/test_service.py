"""Service in the console: begun, and its outcome noted with the photograph that proves it."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from desk import Desk
from handed_in import acting, picture
from served import Counter
from sqlalchemy import select

from models.case_life import life_of
from models.office_tables import Officer
from models.service_tables import ServiceAttempt, ServiceContact, ServiceResult
from models.values.office import PROGRAM
from models.values.service import Channel
from models.values.timeline import to_ms
from notices.documents.kinds import DocumentKind
from notices.service.contacts import contact_of
from notices.service.defence import DefenceKind
from review.office import Office

NUMBER = "case-1"
PAGE = f"/cases/{NUMBER}/service"


@pytest.fixture
def counter(office: Office, tmp_path: Path, numbers: list[str]) -> Counter:
    assert numbers
    made = Counter(office.database, tmp_path)
    office.vault = lambda: made.desk.vault
    office.service = lambda: made.desk
    office.clock_ms = lambda: to_ms(made.now)
    return made


@pytest.fixture
def notice(counter: Counter) -> str:
    """Return the number of a sealed notice that waits to be served."""
    case_id = counter.case(NUMBER, DocumentKind.VIOLATION_NOTICE)
    return counter.document(case_id, DocumentKind.VIOLATION_NOTICE, amount_fen=69_120)


def noted(one: Desk, path: str = PAGE, proof: bytes = b"", **form: str) -> int:
    one.get(PAGE)
    with one.office.read() as connection:
        reference = connection.scalar(select(ServiceAttempt.reference).order_by(ServiceAttempt.id.desc()))
    form = {"csrf": one.csrf, "reference": str(reference), "on": "2026-07-01"} | form
    files = {"proof": ("../../receipt.jpg", proof, "image/jpeg")} if proof else None
    return one.request("POST", f"{path}/outcome", data=form, files=files).status_code


def test_an_officer_serves_and_notes_the_receipt_with_its_photograph(
    desk: Callable[[str], Desk], counter: Counter, notice: str
) -> None:
    officer = desk("reviewer")
    page = officer.get(PAGE).text
    assert notice in page
    assert "当事人拒收后方可留置送达" in page
    assert officer.post(PAGE, document=notice, channel="in_person").status_code == 303
    assert noted(officer, outcome="delivered") == 409, "a delivery without a proof"
    assert noted(officer, outcome="delivered", proof=acting("/JavaScript")) == 409
    assert noted(officer, outcome="delivered", on="2026-07-02", proof=picture()) == 409, "tomorrow"
    assert noted(officer, outcome="sent", proof=picture()) == 422
    assert noted(officer, outcome="delivered", on="", proof=picture()) == 422
    assert noted(officer, outcome="delivered", tracking="XA0001", proof=picture()) == 303
    with counter.database.read() as connection:
        row = connection.execute(select(ServiceResult)).one()
        life = life_of(connection, NUMBER)
        officer_id = connection.scalar(select(Officer.id).where(Officer.login == "reviewer"))
    assert (life.state, row.tracking, row.officer_id) == ("notified", "XA0001", officer_id)
    shown = re.search(rf'"(/cases/{NUMBER}/proofs/[0-9a-f]{{64}})"', officer.get(PAGE).text)
    assert shown is not None
    answer = desk("auditor").get(shown.group(1))
    assert (answer.headers["content-type"], answer.content) == ("image/jpeg", picture())
    counter.desk.proofs.path(row.proof_sha256).write_bytes(b"\xff\xd8\xff another")
    assert officer.get(shown.group(1)).status_code == 410


def test_a_decision_is_offered_only_where_the_case_is_decided(
    desk: Callable[[str], Desk], counter: Counter, notice: str
) -> None:
    with counter.database.read() as connection:
        case_id = life_of(connection, NUMBER).case_id
    early = counter.document(case_id, DocumentKind.DECISION, amount_fen=69_120)
    officer = desk("reviewer")
    page = officer.get(PAGE).text
    assert (notice in page, early in page) == (True, False)
    assert officer.post(PAGE, document=early, channel="in_person").status_code == 409
    late = counter.document(counter.case("case-2", DocumentKind.DECISION), DocumentKind.DECISION)
    assert late in officer.get("/cases/case-2/service").text


def test_a_refusal_opens_the_next_channel(desk: Callable[[str], Desk], counter: Counter, notice: str) -> None:
    officer = desk("team_leader")
    assert officer.post(PAGE, document=notice, channel="left").status_code == 409
    assert officer.post(PAGE, document=notice, channel="pigeon").status_code == 422
    officer.post(PAGE, document=notice)
    assert noted(officer, outcome="failed", reason="拒收") == 303
    assert officer.post(PAGE, document=notice, channel="left").status_code == 303
    assert noted(officer, outcome="delivered", proof=picture("PDF")) == 303
    with counter.database.read() as connection:
        assert [row.channel for row in connection.execute(select(ServiceAttempt))] == ["in_person", "left"]


@pytest.mark.parametrize("role", ["legal_reviewer", "auditor", "station_operator", "administrator"])
def test_others_serve_nothing(desk: Callable[[str], Desk], counter: Counter, notice: str, role: str) -> None:
    one = desk(role)
    assert one.post(PAGE, document=notice).status_code == 403
    counter.desk.start(notice, Channel.IN_PERSON, actor=PROGRAM)
    assert noted(one, outcome="delivered", proof=picture()) == 403
    assert noted(Desk(one.office), outcome="delivered", proof=picture()) == 401
    with counter.database.read() as connection:
        assert connection.execute(select(ServiceResult)).all() == []


def test_another_cases_document_is_not_served_from_here(
    desk: Callable[[str], Desk], counter: Counter, notice: str
) -> None:
    counter.case("case-2", DocumentKind.VIOLATION_NOTICE)
    officer = desk("reviewer")
    other = "/cases/case-2/service"
    assert officer.post(other, document=notice).status_code == 409
    officer.post(PAGE, document=notice)
    assert noted(officer, other, outcome="delivered", proof=picture()) == 409


def test_what_a_party_brings_on_paper_is_kept_with_its_statement(
    desk: Callable[[str], Desk], notice: str
) -> None:
    officer = desk("reviewer")
    officer.post(PAGE, document=notice)
    noted(officer, outcome="delivered", proof=picture())
    form = {"csrf": officer.csrf, "kind": DefenceKind.STATEMENT.value, "text": "并线", "name": "虚构公司"}

    def brought(*contents: bytes) -> int:
        files = [("files", ("a", one, "application/octet-stream")) for one in contents]
        return officer.request("POST", f"/cases/{NUMBER}/paper-defence", data=form, files=files).status_code

    assert brought(picture("PNG"), b"a program") == 409
    assert "并线" not in officer.get(f"/cases/{NUMBER}").text, "half of it was kept"
    assert brought(picture("PNG"), picture("PDF")) == 303
    found = re.findall(
        rf'"(/cases/{NUMBER}/enclosures/[0-9a-f]{{64}})"', officer.get(f"/cases/{NUMBER}").text
    )
    assert [officer.get(one).content for one in found] == [picture("PNG"), picture("PDF")]
    assert "attachment" in officer.get(found[1]).headers["content-disposition"]
    assert officer.get(f"/cases/{NUMBER}/enclosures/{'0' * 64}").status_code == 404
    assert officer.get(found[0].replace("enclosures", "proofs")).status_code == 404


CONTACT = f"/cases/{NUMBER}/contact"
WHERE = {"name": "虚构物流有限公司", "address": "虚构市不存在路1号\n2幢", "email": "a@example.invalid"}


def kept(one: Desk, confirmation: bytes = b"", path: str = CONTACT, **changed: str) -> int:
    one.get(CONTACT)
    files = {"confirmation": ("x.jpg", confirmation, "image/jpeg")} if confirmation else None
    form = {"csrf": one.csrf} | WHERE | changed
    return one.request("POST", path, data=form, files=files or {"confirmation": ("", b"")}).status_code


@pytest.mark.usefixtures("notice")
def test_where_the_party_is_reached_is_taken_down_under_seal_and_opens_channels(
    desk: Callable[[str], Desk], counter: Counter
) -> None:
    officer = desk("reviewer")
    assert "尚未登记送达地址" in officer.get(CONTACT).text
    assert [kept(officer, **wrong) for wrong in ({"name": " "}, {"email": "no mail"}, {"phone": "x"})] == [
        409
    ] * 3
    assert kept(officer, acting("/JavaScript")) == 409
    with counter.database.read() as connection:
        case_id = life_of(connection, NUMBER).case_id
        assert contact_of(connection, counter.desk.vault, case_id) is None
    assert kept(officer, picture(), phone="x") == 409
    assert not list(counter.desk.proofs.root.rglob("*"))
    assert kept(officer, picture()) == 303
    with counter.database.read() as connection:
        known = contact_of(connection, counter.desk.vault, case_id)
        row = connection.execute(select(ServiceContact)).one()
        officer_id = connection.scalar(select(Officer.id).where(Officer.login == "reviewer"))
    assert known is not None
    assert (known.contact.name, known.contact.address, known.consent) == (*list(WHERE.values())[:2], True)
    assert (row.officer_id, "虚构" in row.sealed.decode("utf-8", "replace")) == (officer_id, False)
    assert counter.desk.proofs.path(row.confirmation_sha256).read_bytes() == picture()
    page = officer.get(CONTACT).text
    assert ("可电子送达" in page, WHERE["email"] in page) == (True, False)
    # Kept anew without a confirmation: no electronic service any more.
    assert kept(officer) == 303
    assert "不可电子送达" in officer.get(CONTACT).text


@pytest.mark.parametrize("role", ["legal_reviewer", "auditor", "station_operator", "administrator"])
@pytest.mark.usefixtures("notice")
def test_others_take_down_no_contact(desk: Callable[[str], Desk], role: str) -> None:
    one = desk(role)
    assert (one.get(CONTACT).status_code, kept(one)) == (403, 403)


def test_no_contact_is_taken_down_before_the_case_is_filed(
    desk: Callable[[str], Desk], counter: Counter, numbers: list[str]
) -> None:
    assert counter
    assert kept(desk("reviewer"), path=f"/cases/{numbers[0]}/contact") == 403
