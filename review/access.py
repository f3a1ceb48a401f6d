"""Who may open which page: every page names its roles here, and one function lets visitors through."""

import hmac
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from models.case_life import CaseError, CaseMovedError, UnknownCaseError
from models.database import DatabaseUnavailableError
from models.errors import NotDoneError
from models.values.office import Role
from review.accounts import Visitor, visitor_of
from review.forms import Form, read_form
from review.office import Office
from review.refusals import NotAllowedError, NotFoundError, Refusal, SignInNeededError
from review.uploads import Posted, read_posted
from review.words import in_english
from review.writing import template

COOKIE = "zhichao"
LOG = logging.getLogger(__name__)
CASE_WORKERS = frozenset({Role.REVIEWER, Role.TEAM_LEADER, Role.LEGAL_REVIEWER})
CASE_READERS = CASE_WORKERS | {Role.AUDITOR}
EVERYONE = frozenset(Role)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One request: who asks, what was posted, and how to answer."""

    request: Request
    office: Office
    visitor: Visitor | None
    form: Form
    files: Mapping[str, list[bytes]] = field(default_factory=dict)

    @property
    def officer(self) -> Visitor:
        """Return who is signed in; pages that name their roles are opened by nobody else."""
        if self.visitor is None:
            raise SignInNeededError
        return self.visitor

    @property
    def english(self) -> bool:
        """Tell whether the page is wanted in English."""
        chosen = self.visitor.language if self.visitor else self.request.cookies.get("language", "zh")
        return chosen == "en"

    def path(self, name: str) -> str:
        """Return a part of the address."""
        part = str(self.request.path_params[name])
        if not part.isprintable():
            raise NotFoundError("没有这个页面")
        return part

    def asked(self, name: str) -> str:
        """Return a part of the query, "" where it is not there."""
        asked = self.request.query_params.get(name, "")[:200]
        return asked if asked.isprintable() else ""

    def say(self, text: str) -> str:
        """Return a Chinese text in the visitor's language."""
        return in_english(text) if self.english else text

    def render(self, name: str, code: int = 200, **values: Any) -> Response:  # noqa: ANN401 (template values)
        """Return a page."""
        content = template(name, english=self.english).render(
            visit=self, officer=self.visitor, csrf=self._csrf, **values
        )
        return HTMLResponse(content, status_code=code, headers={"Cache-Control": "no-store"})

    def _csrf(self) -> Markup:
        """Return the hidden field that shows a form to be one of ours."""
        token = self.visitor.csrf if self.visitor else ""
        return Markup('<input type="hidden" name="csrf" value="{}">').format(token)


def see(path: str) -> Response:
    """Send the browser to a page after something was done, so that a reload repeats nothing."""
    return RedirectResponse(path, status_code=303)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One route: `roles` None lets everybody in, signed in or not; `uploads` takes forms with files."""

    path: str
    show: Callable[[Visit], Response]
    roles: frozenset[Role] | None
    method: str = "GET"
    uploads: bool = False


def route(page: Page, office: Office) -> Route:
    """Return a page as a route."""

    async def endpoint(request: Request) -> Response:
        try:
            posted = await _read(page, office, request)
        except Refusal as refusal:
            visit = Visit(request=request, office=office, visitor=None, form={})
            return refused(visit, str(refusal), refusal.status)
        return await run_in_threadpool(answer, page, office, request, posted)

    return Route(page.path, endpoint, methods=[page.method], name=f"{page.method} {page.path}")


async def _read(page: Page, office: Office, request: Request) -> Posted:
    """Return what was posted; files are read for nobody who is not signed in."""
    if not page.uploads:
        return Posted(form=await read_form(request))
    visitor = await run_in_threadpool(visitor_of, office, request.cookies.get(COOKIE, ""))
    return Posted(form={}) if visitor is None else await read_posted(request)


def answer(page: Page, office: Office, request: Request, posted: Posted) -> Response:
    """Let the visitor through or not, and turn what goes wrong into a page that says so."""
    visit = Visit(request=request, office=office, visitor=None, form=posted.form)
    try:
        visitor = visitor_of(office, request.cookies.get(COOKIE, ""))
        visit = Visit(request=request, office=office, visitor=visitor, form=posted.form, files=posted.files)
        _let_through(page, visit)
        return page.show(visit)
    except SignInNeededError:
        return _sign_in_first(visit)
    except Refusal as refusal:
        return refused(visit, str(refusal), refusal.status)
    except (CaseError, NotDoneError) as error:
        kinds: Mapping[type[Exception], int] = {UnknownCaseError: 404, CaseMovedError: 409}
        return refused(visit, str(error), kinds.get(type(error), 409))
    except DatabaseUnavailableError:
        LOG.exception("console.database_unavailable")
        return refused(visit, "数据库暂时不可用，没有保存任何内容，请稍后再试", 503)


def _let_through(page: Page, visit: Visit) -> None:
    posted = page.method == "POST"
    if posted:
        check_origin(visit.request)
    if page.roles is None:
        return
    if visit.visitor is None:
        raise SignInNeededError
    if visit.visitor.role not in page.roles:
        raise NotAllowedError(f"{visit.visitor.role.label}不能使用此页面")
    if posted and not hmac.compare_digest(visit.form.get("csrf", "").encode(), visit.visitor.csrf.encode()):
        raise NotAllowedError("表单不是本次登录打开的页面发出的，没有保存；请返回页面重试")


def check_origin(request: Request) -> None:
    """Refuse what another site's page sent; browsers tell, programs send no such header."""
    site = request.headers.get("sec-fetch-site", "same-origin")
    origin = request.headers.get("origin")
    ours = f"{request.url.scheme}://{request.headers.get('host', '')}"
    if site not in {"same-origin", "none"} or (origin is not None and origin != ours):
        raise NotAllowedError("请求来自其他网站，已拒绝")


def _sign_in_first(visit: Visit) -> Response:
    """Ask to sign in; what was posted comes back after it, so that no text is lost."""
    path = visit.request.url.path
    if visit.request.method == "POST":
        kept = {name: value for name, value in visit.form.items() if name != "csrf"}
        resume = json.dumps({"path": path, "form": kept}, ensure_ascii=False)
        return visit.render("sign_in.html", 401, next="", resume=resume, problem="登录已过期，请重新登录")
    query = f"?{visit.request.url.query}" if visit.request.url.query else ""
    return see(f"/sign-in?next={quote(path + query, safe='/')}")


def refused(visit: Visit, message: str, status: int) -> Response:
    """Return the page that says what was refused; what was typed stands on it."""
    typed = {name: visit.form[name] for name in ("note", "plate") if visit.form.get(name)}
    number = visit.request.path_params.get("number", "")
    return visit.render("refused.html", status, message=message, status=status, typed=typed, number=number)
