"""Hostile and broken input: a clear page with a status that means it, never a trace, nothing changed."""

from collections.abc import Callable

import pytest
from desk import Desk
from PIL import Image
from snapshot import snapshot
from sqlalchemy import delete, select

from models.tables import Finding, Frame
from review.office import Office

Desks = Callable[[str], Desk]
FORM = "application/x-www-form-urlencoded"
PLATES = (
    "<script>alert(1)</script>",
    "浙Z'; DROP",
    "浙Z0001\u202e1",
    "浙" * 21,
    "浙I12345",
    "ＡＢＣ",
    "=cmd|1",
    "\u0000",
)
QUERIES = (
    "stage=x",
    "whose=x",
    "station=../..",
    "kind=%27",
    "after=~",
    "after=2026-01-01~1",
    "after=%00~99999",
    "after=x~" + "9" * 30,
)


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def fine(answer: object, *statuses: int) -> None:
    text = answer.text  # type: ignore[attr-defined]
    assert answer.status_code in statuses, text[:400]  # type: ignore[attr-defined]
    assert "Traceback" not in text
    assert '<p class="alert"' in text


def test_a_hostile_plate_is_refused_and_escaped(desk: Desks, office: Office, numbers: list[str]) -> None:
    first = desk("reviewer")
    first.post(f"/cases/{numbers[0]}/take")
    before = snapshot(office.database)
    for plate in PLATES:
        answer = first.verdict_of(numbers[0], "plate", plate=plate)
        fine(answer, 400, 422)
        assert "<script>alert" not in answer.text
    assert snapshot(office.database) == before


def test_a_hostile_note_is_only_text(desk: Desks, numbers: list[str]) -> None:
    first = desk("reviewer")
    first.verdict(numbers[0], "reject", reason="exempt", note="</textarea><script>alert(1)</script>")
    page = first.get(f"/cases/{numbers[0]}").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_huge_broken_and_foreign_forms_are_refused(desk: Desks, office: Office, numbers: list[str]) -> None:
    first = desk("reviewer")
    first.get("/me")
    path = f"/cases/{numbers[0]}/take"
    before = snapshot(office.database)

    def post(content: bytes, kind: str = FORM, **headers: str) -> object:
        return first.request("POST", path, content=content, headers={"content-type": kind, **headers})

    fine(post(b"csrf=" + b"x" * 70_000), 413)
    fine(post(b"csrf=%FF%FE"), 400)
    fine(post("csrf=浙".encode("gb18030")), 400)
    fine(post(b"&".join(b"a%d=1" % n for n in range(99))), 400)
    fine(post(f"csrf={first.csrf}&csrf=x".encode()), 400)
    fine(post(b"{}", "application/json"), 415)
    fine(post(b"--x", "multipart/form-data; boundary=x"), 415)
    fine(post(b"a=%00"), 400)

    async def endless() -> object:
        for _ in range(100):
            yield b"x" * 2000

    fine(first.request("POST", path, content=endless(), headers={"content-type": FORM}), 413)
    assert snapshot(office.database) == before


PATHS = (
    "/frames/../../../etc/passwd",
    "/frames/..%2f..%2f..%2fetc%2fpasswd",
    "/frames/" + "a" * 64,
    "/frames/" + "A" * 64,
    "/frames/%00",
    "/plates/0",
    "/plates/999999999999999999999999",
    "/plates/..%2f1",
    "/static/../app.py",
    "/static/%2e%2e/app.py",
    "/cases/%3Cscript%3E",
    "/cases/" + "x" * 3000,
    "/nights/2026-99-99/test-1",
    "/nights/2026-06-18/nowhere",
    "/statistics/nothing.csv",
    "/nowhere",
)


def test_addresses_that_lead_nowhere(desk: Desks) -> None:
    visitors = [desk("reviewer"), desk("auditor")]
    for path in PATHS:
        for visitor in visitors:
            answer = visitor.get(path)
            fine(answer, 403, 404)
            assert "<script>" not in answer.text
            assert "root:" not in answer.text


def frame(office: Office) -> str:
    with office.read() as connection:
        return str(connection.scalars(select(Frame.sha256).where(Frame.passage_id.is_not(None))).first())


def test_a_frame_is_shown_as_it_was_stored_and_only_then(desk: Desks, office: Office) -> None:
    first, sha256 = desk("reviewer"), frame(office)
    path = office.store.path(sha256)
    shown = first.get(f"/frames/{sha256}")
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/png")
    assert shown.content == path.read_bytes()
    path.write_bytes(b"<html>other")
    fine(first.get(f"/frames/{sha256}"), 410)
    path.unlink()
    fine(first.get(f"/frames/{sha256}"), 410)
    fine(first.get("/plates/1"), 410)


def test_a_plate_is_cut_out_of_what_was_stored_alone(desk: Desks, office: Office) -> None:
    first, path = desk("reviewer"), office.store.path(frame(office))
    assert first.get("/plates/1").status_code == 200
    Image.new("RGB", (1280, 720)).save(path, "PNG")
    fine(first.get("/plates/1"), 410)


def test_frames_of_no_case_are_nobodys(desk: Desks, office: Office) -> None:
    with office.read() as connection:
        stray = connection.scalars(select(Frame.sha256).where(Frame.passage_id.is_(None))).first()
    fine(desk("reviewer").get(f"/frames/{stray}"), 404)
    assert desk("reviewer").get("/plates/1").status_code == 200
    with office.write("test") as connection:
        connection.execute(delete(Finding))
    fine(desk("reviewer").get("/plates/1"), 404)


def test_an_odd_filter_shows_a_queue(desk: Desks) -> None:
    visitor = desk("reviewer")
    for query in QUERIES:
        assert visitor.get(f"/queue?{query}").status_code == 200, query


def test_odd_questions_find_nothing(desk: Desks) -> None:
    for path in ("/search?q=%25%25", "/search?q=%00%00", "/audit?before=99999999999999999999&action=x"):
        assert desk("auditor").get(path).status_code == 200


def test_a_failure_inside_is_a_page_without_a_trace(desk: Desks, monkeypatch: pytest.MonkeyPatch) -> None:
    first = desk("reviewer")

    def fail(*_: object) -> None:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr("review.pages.queue.stage_counts", fail)
    answer = first.get("/queue")
    fine(answer, 500)
    assert "secret" not in answer.text
