"""User administration: adding, locking, new passwords; every change is in the audit log."""

from sqlalchemy import delete, select, update
from starlette.responses import Response

from models import audit
from models.office_tables import Officer, SignIn
from models.values.office import Action, Role
from review.access import Page, Visit, see
from review.accounts import NewOfficer, add_officer, check_password
from review.forms import line, number
from review.refusals import BadInputError, NotFoundError

ADMINISTRATORS = frozenset({Role.ADMINISTRATOR})


def show(visit: Visit) -> Response:
    """Return everybody who may sign in."""
    with visit.office.read() as connection:
        officers = connection.execute(select(*Officer.__table__.columns).order_by(Officer.login)).all()
    now = visit.office.clock_ms()
    return visit.render("users.html", officers=officers, roles=list(Role), now=now, said=visit.asked("said"))


def add(visit: Visit) -> Response:
    """Add somebody."""
    role = visit.form.get("role", "")
    if role not in set(Role):
        raise BadInputError("请选择角色")
    new = NewOfficer(
        login=line(visit.form, "login", 40).lower(),
        name=line(visit.form, "name", 40),
        badge=line(visit.form, "badge", 40),
        role=Role(role),
        password=visit.form.get("password", ""),
    )
    with visit.office.write("console.user_added") as connection:
        add_officer(connection, visit.office.hasher, visit.officer.actor, new, visit.office.clock_ms())
    return see("/users?said=added")


def change(visit: Visit) -> Response:
    """Change somebody's role, lock or unlock the account, or set a new password."""
    officer_id, role = number(visit.form, "id"), visit.form.get("role", "")
    password = visit.form.get("password", "")
    if role not in set(Role):
        raise BadInputError("请选择角色")
    active = visit.form.get("active") == "on"
    if officer_id == visit.officer.officer_id and (not active or role != Role.ADMINISTRATOR):
        raise BadInputError("不能停用自己或取消自己的管理员角色")
    with visit.office.write("console.user_changed") as connection:
        login = connection.scalar(select(Officer.login).where(Officer.id == officer_id))
        if login is None:
            raise NotFoundError("没有这名用户")
        values: dict[str, object] = {"role": role, "active": active, "locked_until": 0, "failures": 0}
        detail: dict[str, object] = {"role": role, "active": active, "new_password": bool(password)}
        if password:
            check_password(password, login)
            values["password_hash"] = visit.office.hasher.hash(password)
        connection.execute(update(Officer).where(Officer.id == officer_id).values(values))
        if officer_id != visit.officer.officer_id:
            # Whoever is signed in with the old rights signs in again.
            connection.execute(delete(SignIn).where(SignIn.officer_id == officer_id))
        at_ms, by = visit.office.clock_ms(), visit.officer.actor
        audit.append(connection, by, Action.USER_CHANGED, login, at_ms=at_ms, detail=detail)
    return see("/users?said=changed")


PAGES = (
    Page(path="/users", show=show, roles=ADMINISTRATORS),
    Page(path="/users", show=add, roles=ADMINISTRATORS, method="POST"),
    Page(path="/users/change", show=change, roles=ADMINISTRATORS, method="POST"),
)
