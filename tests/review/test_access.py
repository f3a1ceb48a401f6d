"""Every route by every role, from the routes themselves, so that a new one can't be forgotten."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from desk import Desk
from served import Counter
from sqlalchemy import select
from starlette.routing import Mount, Route

from models.tables import Finding, Frame
from models.values.office import Role
from review.access import Page, route
from review.app import PAGES, make_app
from review.office import Office

TABLE = Path(__file__).parents[2] / "docs" / "access.md"
OPEN = {("GET", "/sign-in"), ("POST", "/sign-in")}
# Files that nobody has handed in for the case of these tests.
NOTHING_THERE = {"/cases/{number}/proofs/{sha256}", "/cases/{number}/enclosures/{sha256}"}
NOT_FOR_YOU = "不能使用此页面"


def address(page: Page, office: Office, number: str) -> str:
    with office.read() as connection:
        sha256 = connection.scalars(select(Frame.sha256).where(Frame.passage_id.is_not(None))).first()
        passage = connection.scalars(select(Finding.passage_id)).first()
    values = {
        "{number}": number,
        "{sha256}": str(sha256),
        "{passage}": str(passage),
        "{reading_id}": "1",
        "{seen_id}": "1",
        "{day}": "2026-06-18",
        "{station}": "test-1",
        "{name}": "states",
    }
    path = page.path
    for name, value in values.items():
        path = path.replace(name, value)
    assert "{" not in path, f"tell this test how to fill {page.path}"
    return path


def test_every_route_is_a_page_with_roles(office: Office) -> None:
    app = make_app(office)._app
    served = {(next(iter(one.methods - {"HEAD"})), one.path) for one in app.routes if isinstance(one, Route)}
    assert served == {(page.method, page.path) for page in PAGES}
    assert [one.path for one in app.routes if isinstance(one, Mount)] == ["/static"]
    assert {(page.method, page.path) for page in PAGES if page.roles is None} == OPEN
    assert all(page.roles is None or page.roles for page in PAGES)
    assert isinstance(route(PAGES[0], office), Route)


def test_anonymous_gets_nothing_but_sign_in(office: Office, numbers: list[str]) -> None:
    nobody = Desk(office)
    for page in PAGES:
        form = {"act": "confirm"} if page.method == "POST" else None
        answer = nobody.request(page.method, address(page, office, numbers[0]), data=form)
        if page.roles is None:
            assert answer.status_code < 500, page.path
        elif page.method == "GET":
            assert (answer.status_code, answer.headers["location"][:9]) == (303, "/sign-in?"), page.path
        else:
            assert answer.status_code == 401, page.path
        assert "浙Z00011" not in answer.text, page.path


@pytest.mark.parametrize("role", list(Role))
def test_each_role_gets_its_pages_and_no_other(
    desk: Callable[[str], Desk],
    office: Office,
    numbers: list[str],
    hidden: tuple[str, int],
    tmp_path: Path,
    role: Role,
) -> None:
    assert hidden[1] == 1
    service = Counter(office.database, tmp_path).desk
    office.service = lambda: service
    for page in PAGES:
        if page.roles is None:
            continue
        visitor = desk(role.value)
        path = address(page, office, numbers[0])
        answer = visitor.get(path) if page.method == "GET" else visitor.post(path)
        refused = answer.status_code == 403 and NOT_FOR_YOU in answer.text
        assert refused == (role not in page.roles), (page.method, page.path, answer.status_code)
        assert answer.status_code < 500, (page.path, answer.text)
        if page.method == "GET" and role in page.roles:
            right = {404} if page.path in NOTHING_THERE else {200, 303}
            assert answer.status_code in right, (page.path, answer.status_code)


def table() -> str:
    """Return the matrix for people."""
    lines = [
        "# Who may open what",
        "",
        "Made from the routes; `tests/review/test_access.py` fails where this table and the routes differ.",
        "Nobody who is not signed in gets anything but the rows marked open, and the style sheet.",
        "",
        f"| page | {' | '.join(role.label for role in Role)} |",
        f"|---|{'---|' * len(Role)}",
    ]
    for page in sorted(PAGES, key=lambda one: (one.path, one.method)):
        marks = ["open" if page.roles is None else "✓" if role in page.roles else "" for role in Role]
        lines.append(f"| {page.method} `{page.path}` | {' | '.join(marks)} |")
    return "\n".join(lines) + "\n"


def test_the_matrix_in_the_docs_is_the_one_in_force() -> None:
    assert TABLE.read_text(encoding="utf-8") == table()


def test_every_link_of_the_navigation_opens(desk: Callable[[str], Desk]) -> None:
    for role in Role:
        visitor = desk(role.value)
        bar = visitor.get("/me").text.split("</nav>")[0]
        links = re.findall(r'<a href="(/[a-z]+)"', bar)
        assert links
        for link in links:
            assert visitor.get(link).status_code == 200, (role, link)
