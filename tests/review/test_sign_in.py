"""Passwords, locks, visits that end, forms from elsewhere: how one gets in, and how nobody else does."""

import html
import re
from collections.abc import Callable

import httpx
from desk import PASSWORD, Desk, hidden
from sqlalchemy import select, update

from models.office_tables import AuditEntry, Officer, SignIn
from review.access import COOKIE
from review.office import MINUTE_MS, Office

Desks = Callable[[str], Desk]
WEAK, NEW = ("short", "x-new.one-x"), "another long one"


def enter(office: Office, login: str, password: str, **more: str) -> httpx.Response:
    return Desk(office).request("POST", "/sign-in", data={"login": login, "password": password, **more})


def test_the_right_password_opens_and_the_cookie_is_kept_from_scripts_and_sites(office: Office) -> None:
    answer = enter(office, "Reviewer", PASSWORD, next="/search?q=1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/search?q=1")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    token = answer.cookies[COOKIE]
    with office.read() as connection:
        assert connection.scalar(select(SignIn.token_sha256)) != token
        assert connection.scalar(select(Officer.password_hash)).startswith("$argon2id$")


def test_nobody_is_sent_to_another_site(office: Office) -> None:
    for path in ("//evil.test", "https://evil.test", "/\\evil.test", "javascript:alert(1)"):
        assert enter(office, "reviewer", PASSWORD, next=path).headers["location"] == "/queue"


def test_wrong_passwords_lock_for_a_while_and_say_nothing_of_logins(
    office: Office, clock: Callable[[], int]
) -> None:
    unknown, wrong = enter(office, "nobody", "x"), enter(office, "reviewer", "x")
    assert unknown.status_code == wrong.status_code == 401
    assert "登录名或密码不正确" in unknown.text
    for _ in range(4):
        enter(office, "reviewer", "x")
    assert enter(office, "reviewer", PASSWORD).status_code == 429
    clock.now_ms += 16 * MINUTE_MS  # type: ignore[attr-defined]
    assert enter(office, "reviewer", PASSWORD).status_code == 303
    with office.read() as connection:
        refused = select(AuditEntry.subject).where(AuditEntry.action == "sign_in_refused")
        assert set(connection.scalars(refused)) == {"reviewer"}


def test_a_visit_ends_by_itself_and_by_sign_out(desk: Desks, clock: Callable[[], int]) -> None:
    idle, left = desk("reviewer"), desk("reviewer")
    assert left.post("/sign-out").status_code == 303
    assert left.get("/queue").status_code == 303
    for _ in range(3):
        clock.now_ms += 20 * MINUTE_MS  # type: ignore[attr-defined]
        assert idle.get("/queue").status_code == 200
    clock.now_ms += 31 * MINUTE_MS  # type: ignore[attr-defined]
    assert idle.get("/queue").headers["location"] == "/sign-in?next=/queue"


def test_a_locked_account_is_out_at_once(desk: Desks, office: Office) -> None:
    inside = desk("reviewer")
    with office.write("test") as connection:
        connection.execute(update(Officer).where(Officer.login == "reviewer").values(active=False))
    assert inside.get("/queue").status_code == 303
    assert enter(office, "reviewer", PASSWORD).status_code == 401


def test_what_was_typed_when_the_visit_ended_comes_back(
    desk: Desks, office: Office, numbers: list[str], clock: Callable[[], int]
) -> None:
    first = desk("reviewer")
    first.post(f"/cases/{numbers[0]}/take")
    clock.now_ms += 31 * MINUTE_MS  # type: ignore[attr-defined]
    text = "看到“<b>浙Z</b>”& 字样"
    expired = first.verdict_of(numbers[0], "reject", reason="exempt", note=text)
    assert expired.status_code == 401
    resume = html.unescape(hidden(expired.text)["resume"])
    back = enter(office, "reviewer", PASSWORD, resume=resume)
    assert back.status_code == 200
    assert html.escape(text) in back.text
    fields = {name: html.unescape(value) for name, value in hidden(back.text).items()}
    fields.pop("csrf")
    again = Desk(office, "reviewer")
    action = re.search(r'action="(/cases/[^"]+)"', back.text)
    assert action is not None
    assert again.post(action.group(1), **fields).status_code == 303
    assert text in html.unescape(again.get(f"/cases/{numbers[0]}").text)


def test_a_form_from_elsewhere_is_refused(desk: Desks, office: Office, numbers: list[str]) -> None:
    first = desk("reviewer")
    first.get("/me")
    path = f"/cases/{numbers[0]}/take"
    assert first.request("POST", path, data={"csrf": "x"}).status_code == 403
    assert first.request("POST", path, data={"act": "x"}).status_code == 403
    for header in ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.test"}):
        answer = first.request("POST", path, data={"csrf": first.csrf}, headers=header)
        assert answer.status_code == 403
        assert (
            Desk(office).request("POST", "/sign-in", data={"login": "a"}, headers=header).status_code == 403
        )
    assert first.post(path).status_code == 303


def test_an_administrator_adds_locks_and_resets_but_not_itself(desk: Desks, office: Office) -> None:
    boss = desk("administrator")
    new = {"login": "new.one", "name": "虚构新人", "badge": "", "role": "reviewer"}
    assert boss.post("/users", **new, password=WEAK[0]).status_code == 422
    assert boss.post("/users", **new, password=WEAK[1]).status_code == 422
    assert boss.post("/users", **new, password=PASSWORD).status_code == 303
    assert boss.post("/users", **new, password=PASSWORD).status_code == 409
    assert boss.post("/users", **(new | {"login": "<b>"}), password=PASSWORD).status_code == 422
    with office.read() as connection:
        ids = dict(connection.execute(select(Officer.login, Officer.id)).all())
    inside = desk("new.one")
    assert boss.post("/users/change", id=ids["new.one"], role="reviewer").status_code == 303
    assert inside.get("/queue").status_code == 303
    assert (
        boss.post("/users/change", id=ids["administrator"], role="reviewer", active="on").status_code == 422
    )
    assert boss.post("/users/change", id=99999, role="reviewer").status_code == 404


def test_ones_own_password_language_and_shortcuts(desk: Desks, office: Office) -> None:
    one = desk("reviewer")
    assert one.post("/me/password", old="wrong", password=NEW).status_code == 422
    assert one.post("/me/password", old=PASSWORD, password=NEW).status_code == 303
    assert enter(office, "reviewer", NEW).status_code == 303
    assert 'data-shortcuts="on"' in one.get("/queue").text
    assert one.post("/me", language="en").status_code == 303
    page = one.get("/queue").text
    assert 'data-shortcuts="off"' in page
    assert '<html lang="en">' in page
    assert "Next case" in page
    assert one.post("/me", language="xx").status_code == 422
