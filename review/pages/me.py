"""One's own settings: password, shortcuts, language."""

from sqlalchemy import select, update
from starlette.responses import Response

from models import audit
from models.office_tables import Officer
from models.values.office import Action
from review.access import EVERYONE, Page, Visit, see
from review.accounts import check_password, matches
from review.refusals import BadInputError

LANGUAGES = {"zh", "en"}


def show(visit: Visit) -> Response:
    """Return the settings."""
    return visit.render("me.html", said=visit.asked("said"))


def change(visit: Visit) -> Response:
    """Change shortcuts and language."""
    language = visit.form.get("language", "zh")
    if language not in LANGUAGES:
        raise BadInputError("没有这种语言")
    values = {"shortcuts": visit.form.get("shortcuts") == "on", "language": language}
    with visit.office.write("console.settings") as connection:
        mine = Officer.id == visit.officer.officer_id
        connection.execute(update(Officer).where(mine).values(values))
    return see("/me?said=changed")


def change_password(visit: Visit) -> Response:
    """Change one's own password."""
    officer, office = visit.officer, visit.office
    new = visit.form.get("password", "")
    mine = Officer.id == officer.officer_id
    with office.read() as connection:
        known = connection.scalar(select(Officer.password_hash).where(mine))
    with office.hashing:
        if not matches(office.hasher, known or "", visit.form.get("old", "")[:200]):
            raise BadInputError("原密码不正确")
        check_password(new, officer.login)
        hashed = office.hasher.hash(new)
    with office.write("console.password") as connection:
        connection.execute(update(Officer).where(mine).values(password_hash=hashed))
        detail = {"new_password": True}
        at_ms = office.clock_ms()
        audit.append(
            connection, officer.actor, Action.USER_CHANGED, officer.login, at_ms=at_ms, detail=detail
        )
    return see("/me?said=password")


PAGES = (
    Page(path="/me", show=show, roles=EVERYONE),
    Page(path="/me", show=change, roles=EVERYONE, method="POST"),
    Page(path="/me/password", show=change_password, roles=EVERYONE, method="POST"),
)
