"""Sign in and out; what was typed when a visit ended is offered again after the sign-in."""

import json

from starlette.responses import Response

from models.values.office import Role
from review import accounts
from review.access import COOKIE, EVERYONE, Page, Visit, see
from review.forms import line
from review.refusals import BadInputError, Refusal

HOME = {Role.ADMINISTRATOR: "/users", Role.STATION_OPERATOR: "/stations", Role.AUDITOR: "/audit"}


def show(visit: Visit) -> Response:
    """Return the form."""
    if visit.visitor is not None:
        return see(_inside(visit.asked("next")) or home(visit))
    return visit.render("sign_in.html", next=visit.asked("next"), resume="", problem="")


def home(visit: Visit) -> str:
    """Return the first page of the visitor's role."""
    return HOME.get(visit.officer.role, "/queue")


def enter(visit: Visit) -> Response:
    """Sign in."""
    resume = visit.form.get("resume", "")
    try:
        login = line(visit.form, "login", 40).lower()
        token = accounts.sign_in(visit.office, login, visit.form.get("password", "")[:200])
    except Refusal as refusal:
        following = visit.form.get("next", "")[:400]
        return visit.render(
            "sign_in.html", refusal.status, next=following, resume=resume, problem=str(refusal)
        )
    visitor = accounts.visitor_of(visit.office, token)
    entered = Visit(request=visit.request, office=visit.office, visitor=visitor, form={})
    response = _resumed(entered, resume) or see(_inside(visit.form.get("next", "")) or home(entered))
    response.set_cookie(
        COOKIE, token, httponly=True, samesite="strict", secure=visit.request.url.scheme == "https"
    )
    return response


def _inside(path: str) -> str:
    """Return a path of this console, "" for any other address."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) else ""


def _resumed(visit: Visit, resume: str) -> Response | None:
    """Return a page that offers what was posted when the visit had ended, None where nothing was."""
    if not resume:
        return None
    try:
        kept = json.loads(resume)
        path, form = kept["path"], {str(name): str(value) for name, value in kept["form"].items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadInputError("登录前填写的内容无法恢复") from error
    if not _inside(path) or "csrf" in form:
        raise BadInputError("登录前填写的内容无法恢复")
    return visit.render("resume.html", path=path, form=form)


def leave(visit: Visit) -> Response:
    """Sign out."""
    accounts.sign_out(visit.office, visit.officer)
    response = see("/sign-in")
    response.delete_cookie(COOKIE)
    return response


def start(visit: Visit) -> Response:
    """Send to the first page."""
    return see(home(visit))


PAGES = (
    Page(path="/", show=start, roles=EVERYONE),
    Page(path="/sign-in", show=show, roles=None),
    Page(path="/sign-in", show=enter, roles=None, method="POST"),
    Page(path="/sign-out", show=leave, roles=EVERYONE, method="POST"),
)
