"""A party reads its document, files its defence; whoever guesses learns nothing."""

import hashlib
import re
from collections.abc import Callable

import papers
import pytest
from browsers import PLATE_TAIL, Browser, code_of
from handed_in import acting, picture
from served import Counter, sound
from sqlalchemy import select, update

from models.case_life import life_of
from models.case_tables import CaseLife
from models.defence_tables import Defence, DefenceEnclosure, PartyVisit
from models.document_tables import Document
from models.office_tables import AuditEntry
from models.values.office import Actor
from models.values.service import Answer
from notices.documents.issue import hand_out
from notices.documents.kinds import DocumentKind
from notices.service.answers import Reply, answer_defence
from review.public.counter import PublicCounter
from review.public.limits import Failures

Open = Callable[..., Browser]
TEXT = "称重时车辆并线，请复核。<script>alert(1)</script>"


def csrf(page: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found is not None
    return found.group(1)


def filed(browser: Browser, **more: str) -> int:
    form = {"kind": "statement", "text": TEXT, "name": "虚构物流有限公司"} | more
    return browser.post("/notice/defence", csrf=csrf(browser.get("/notice").text), **form).status_code


def test_code_and_plate_open_the_notice_with_weighing_frames_sum_rights_and_pdf(
    browser: Open, notice: str, server: Counter
) -> None:
    party = browser()
    assert (party.enter(notice).status_code, party.cookies.get("party") is not None) == (303, True)
    page = party.get("/notice")
    assert page.headers["cache-control"] == "no-store"
    for words in ("违法行为通知书", "认定总质量", "罚款", "至2026-07-08届满", "第四十五条", "浙Z12345"):
        assert words in page.text, words
    frames = re.findall(r'src="(/notice/frames/[0-9a-f]{64})"', page.text)
    assert len(frames) == 2
    assert party.get(frames[0]).content == papers.frame(0)
    pdf = party.get("/notice/pdf")
    with server.database.read() as connection:
        assert hashlib.sha256(pdf.content).hexdigest() == connection.scalar(select(Document.sha256))
    assert "attachment" in pdf.headers["content-disposition"]
    # Typed from paper: small letters, dashes, O for 0 and I for 1.
    dashed = "-".join(notice[start : start + 4] for start in range(0, 16, 4)).lower()
    assert browser().enter(dashed.replace("0", "o").replace("1", "i")).status_code == 303


def test_a_wrong_code_and_a_wrong_plate_look_the_same(browser: Open, notice: str) -> None:
    one = browser().enter("0" * 16)
    two = browser().enter(notice, "9999")
    three = browser().enter("not a code")
    assert one.status_code == two.status_code == three.status_code == 404
    assert one.text == two.text == three.text
    assert dict(one.headers) == dict(two.headers) == dict(three.headers)
    assert "set-cookie" not in two.headers


@pytest.mark.parametrize("tail", ["", "1", "浙Z00001", "0001x", "x" * 12])
def test_only_the_last_four_characters_open(browser: Open, notice: str, tail: str) -> None:
    assert browser().enter(notice, tail).status_code == 404


def test_after_too_many_wrong_ones_address_and_code_are_held_off_whether_or_not_they_exist(
    browser: Open, notice: str, public: PublicCounter, server: Counter
) -> None:
    for code in (notice, "F" * 16):
        answers = [browser(f"192.0.2.{n}").enter(code, "9999") for n in range(6)]
        assert [one.status_code for one in answers] == [404] * 5 + [429]
    # The right plate does not help any more, until the half hour is over.
    assert browser("192.0.2.99").enter(notice).status_code == 429
    server.later(1)
    assert browser("192.0.2.99").enter(notice).status_code == 303
    for n in range(25):
        last = browser("198.51.100.1").enter(f"{n:016}")
    assert last.status_code == 429
    assert browser("198.51.100.2").enter(notice).status_code == 303
    assert public.limits.by_address.most == 20


def test_codes_that_are_none_hold_nobody_else_off(browser: Open, public: PublicCounter) -> None:
    assert public.limits.by_code.most == 5
    for n in range(6):
        assert browser(f"192.0.2.{n}").enter("mistyped").status_code == 404


def test_limits_forget_the_oldest_and_stay_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("review.public.limits.MOST_KEYS", 10)
    failures = Failures(most=2, window_ms=100)
    for n in range(1000):
        failures.note(str(n), n)
    assert len(failures._times) == 10
    failures.note("999", 1000)
    assert failures.holds_off("999", 1001)
    assert not failures.holds_off("999", 1100)


def test_what_was_not_handed_out_is_void_or_is_no_partys_is_not_there(browser: Open, server: Counter) -> None:
    case_id = server.case("case-1", DocumentKind.DECISION)
    kept = server.document(case_id, DocumentKind.DECISION)
    letter = server.document(case_id, DocumentKind.CIRCULAR)
    with server.database.write("test") as connection:
        hand_out(connection, letter, sound)
    for number in (kept, letter):
        assert browser().enter(code_of(server, number)).status_code == 404
    with server.database.write("test") as connection:
        hand_out(connection, kept, sound)
    party = browser()
    assert party.enter(code_of(server, kept)).status_code == 303
    with server.database.write("test") as connection:
        connection.execute(update(Document).values(state="void", reason="撤销"))
    assert party.get("/notice").status_code == 401


def test_without_a_visit_nothing_is_shown_and_a_visit_ends(
    browser: Open, notice: str, server: Counter
) -> None:
    stranger = browser()
    digest = papers.photographs(1)[0].sha256
    for path in ("/notice", "/notice/pdf", f"/notice/frames/{digest}"):
        answer = stranger.get(path)
        assert answer.status_code == 401
        assert "case-1" not in answer.text
    assert stranger.post("/notice/defence", kind="statement", text="x", name="y").status_code == 401
    party = browser()
    party.enter(notice)
    server.later(1)
    assert party.get("/notice").status_code == 401
    party.enter(notice)
    assert party.post("/leave", csrf=csrf(party.get("/notice").text)).status_code == 303
    assert party.get("/notice").status_code == 401
    with server.database.read() as connection:
        kept = connection.scalars(select(PartyVisit.token_sha256)).all()
    assert party.cookies.get("party") not in kept


def test_other_frames_and_changed_files_are_not_given(
    browser: Open, notice: str, public: PublicCounter
) -> None:
    party = browser()
    party.enter(notice)
    other = papers.photographs(3)[2].sha256
    assert party.get(f"/notice/frames/{other}").status_code == 404
    assert party.get("/notice/frames/..%2f..%2fetc").status_code == 404
    shown = papers.photographs(1)[0].sha256
    public.originals.path(shown).write_bytes(b"changed")
    assert party.get(f"/notice/frames/{shown}").status_code == 410


def test_a_statement_is_kept_under_seal_answered_and_shown(
    browser: Open, notice: str, server: Counter
) -> None:
    party = browser()
    party.enter(notice)
    assert filed(party) == 303
    page = party.get("/notice").text
    assert "等待答复" in page
    assert "<script>alert" not in page
    with server.database.read() as connection:
        row = connection.execute(select(Defence)).one()
        life = life_of(connection, "case-1")
    assert (row.late, row.officer_id, life.state) == (False, None, "statement")
    assert "并线".encode() not in row.sealed
    # Sent twice it is the same one.
    assert filed(party) == 303
    with server.database.read() as connection:
        assert len(connection.execute(select(Defence)).all()) == 1
    with server.database.write("test") as connection:
        officer = connection.scalar(select(CaseLife.first_reviewer_id))
        assert officer is not None
        reply = Reply(answer=Answer.NOT_UPHELD, reason="两次称重一致")
        answer_defence(
            connection, row.receipt, reply, Actor(officer_id=officer, name="x"), at_ms=public_now(server)
        )
    page = party.get("/notice").text
    assert "经复核不予采纳" in page
    assert "两次称重一致" in page


def test_a_party_encloses_files_and_sees_them_listed(
    browser: Open, notice: str, server: Counter, public: PublicCounter
) -> None:
    party = browser()
    party.enter(notice)

    def sent(*contents: bytes, text: str = TEXT) -> int:
        form = {"csrf": csrf(party.get("/notice").text), "kind": "statement", "text": text, "name": "x"}
        files = [("files", ("../a.pdf", one, "application/pdf")) for one in contents]
        return party.request("POST", "/notice/defence", data=form, files=files).status_code

    assert sent(picture(), acting("/Launch")) == 409
    assert sent(*[picture(side=side) for side in range(1, 7)]) == 400
    assert sent(picture(), picture("PDF")) == 303
    # Sent twice, nothing is doubled; what is new is added, up to a bound.
    assert sent(picture(), picture("PNG")) == 303
    assert sent(*[picture(side=side) for side in range(1, 4)]) == 409
    with server.database.read() as connection:
        rows = connection.execute(select(DefenceEnclosure).order_by(DefenceEnclosure.id)).all()
        told = connection.scalars(select(AuditEntry.detail).where(AuditEntry.action == "defence")).all()
    assert [row.media_type for row in rows] == ["image/jpeg", "application/pdf", "image/png"]
    assert public.proofs.path(rows[0].sha256).read_bytes() == picture()
    assert all(any(row.sha256 in one for one in told) for row in rows)
    page = party.get("/notice").text
    assert all(row.sha256 in page for row in rows)


def test_files_of_nobody_are_not_even_read(browser: Open) -> None:
    headers = {"content-length": str(10**9), "content-type": "multipart/form-data; boundary=x"}
    answer = browser().request("POST", "/notice/defence", content=b"x", headers=headers)
    assert answer.status_code == 401


def public_now(server: Counter) -> int:
    return int(server.now.timestamp() * 1000)


def test_a_form_of_another_visit_or_site_files_nothing(browser: Open, notice: str, server: Counter) -> None:
    party, other = browser(), browser()
    party.enter(notice)
    other.enter(notice)
    token = csrf(other.get("/notice").text)
    form = {"kind": "statement", "text": TEXT, "name": "x"}
    assert party.post("/notice/defence", csrf=token, **form).status_code == 403
    right = {"csrf": csrf(party.get("/notice").text)} | form
    headers = {"origin": "http://evil.invalid"}
    answer = party.request("POST", "/notice/defence", data=right, headers=headers)
    assert answer.status_code == 403
    assert (
        party.request("POST", "/", data={"code": notice, "tail": PLATE_TAIL}, headers=headers).status_code
        == 403
    )
    with server.database.read() as connection:
        assert connection.execute(select(Defence)).all() == []


def test_late_statements_are_kept_late_hearings_refused_with_what_was_typed(
    browser: Open, notice: str, server: Counter
) -> None:
    server.later(8)
    party = browser()
    party.enter(notice)
    token = csrf(party.get("/notice").text)
    answer = party.post("/notice/defence", csrf=token, kind="hearing", text="请求听证", name="x")
    assert answer.status_code == 409
    assert "申请听证的期限已过" in answer.text
    assert "请求听证" in answer.text
    assert filed(party) == 303
    with server.database.read() as connection:
        assert connection.scalars(select(Defence.late)).all() == [True]
    assert "逾期提交" in party.get("/notice").text


@pytest.mark.parametrize(
    "wrong",
    [{"text": "x" * 4001}, {"kind": "flattery"}, {"name": "x" * 101}, {"text": " "}, {"name": "a\x00"}],
)
def test_what_cannot_be_filed_is_refused(
    browser: Open, notice: str, server: Counter, wrong: dict[str, str]
) -> None:
    party = browser()
    party.enter(notice)
    assert filed(party, **wrong) in {400, 409, 422}
    with server.database.read() as connection:
        assert connection.execute(select(Defence)).all() == []
