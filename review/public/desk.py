"""Requests to the public pages: who asks, what was posted, how to answer; wrong ones as pages that say so."""

import hmac
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from models.case_life import ZONE
from models.database import DatabaseUnavailableError
from models.errors import NotDoneError
from models.files import ChangedFileError, FileStore
from models.values.money import format_yuan
from review.access import check_origin
from review.forms import Form, read_form
from review.public.counter import PublicCounter
from review.public.visits import PartyVisitor, visitor_of
from review.refusals import NotAllowedError, NotFoundError, Refusal
from review.uploads import read_posted
from review.writing import clock, static_url

COOKIE = "party"
TEMPLATES = Path(__file__).parent / "templates"
LOG = logging.getLogger(__name__)
GONE = "查阅时间已过，请重新输入文书码和号牌"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicVisit:
    """One request to a public page."""

    request: Request
    counter: PublicCounter
    form: Form
    files: Mapping[str, list[bytes]] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """Return the address that asks."""
        return self.request.client.host if self.request.client else ""

    @property
    def token(self) -> str:
        """Return the token of the visit, "" without one."""
        return self.request.cookies.get(COOKIE, "")

    def who(self) -> PartyVisitor:
        """Return whose document is read.

        Raises:
            NotFoundError: 401, there is no visit, or it is over.

        """
        with self.counter.database.read() as connection:
            found = visitor_of(self.counter, connection, self.token)
        if found is None:
            raise NotFoundError(GONE, 401)
        return found

    def visitor(self) -> PartyVisitor:
        """Return the same; a posted form must be one of this visit's.

        Raises:
            NotFoundError: 401, there is no visit, or it is over.
            NotAllowedError: the form is not one of this visit's.

        """
        found = self.who()
        posted = self.request.method == "POST"
        if posted and not hmac.compare_digest(self.form.get("csrf", "").encode(), found.csrf.encode()):
            raise NotAllowedError("表单不是本次查阅打开的页面发出的，没有提交；请返回页面重试")
        return found

    def render(self, name: str, status: int = 200, **values: Any) -> Response:  # noqa: ANN401 (template values)
        """Return a page; nobody may keep it."""
        content = _environment().get_template(name).render(**values)
        return HTMLResponse(content, status_code=status, headers={"Cache-Control": "no-store"})


def see(path: str) -> Response:
    """Send the browser to a page after something was done."""
    return RedirectResponse(path, status_code=303)


def whole(store: FileStore, sha256: str) -> bytes:
    """Return a stored file; one that is no longer what it was is given to nobody.

    Raises:
        NotFoundError: 410, it is changed or can't be read.

    """
    try:
        return store.read(sha256)
    except ChangedFileError as error:
        raise NotFoundError("文件与登记的摘要不符，不能提供，请与办案机关联系", 410) from error
    except OSError as error:
        raise NotFoundError("文件暂时无法提供，请与办案机关联系", 410) from error


def page(
    path: str, show: Callable[[PublicVisit], Response], method: str = "GET", *, uploads: bool = False
) -> Callable[..., Route]:
    """Return a route of a page, once it is given a counter; files are read for whoever has a visit."""

    def route(counter: PublicCounter) -> Route:
        async def endpoint(request: Request) -> Response:
            form: Form = {}
            files: dict[str, list[bytes]] = {}
            visit = PublicVisit(request=request, counter=counter, form=form, files=files)

            async def work() -> Response:
                if method == "POST":
                    check_origin(request)
                if uploads:
                    await run_in_threadpool(visit.who)
                    posted = await read_posted(request)
                    form.update(posted.form)
                    files.update(posted.files)
                elif method == "POST":
                    form.update(await read_form(request))
                return await run_in_threadpool(show, visit)

            return await explained(visit, work)

        return Route(path, endpoint, methods=[method], name=f"{method} {path}")

    return route


async def explained(visit: PublicVisit, work: Callable[[], Awaitable[Response]]) -> Response:
    """Answer, or say on a page why not; a text once typed stands on it."""
    try:
        return await work()
    except Refusal as refusal:
        return visit.render("refused.html", refusal.status, message=str(refusal), typed=_typed(visit))
    except NotDoneError as error:
        return visit.render("refused.html", 409, message=str(error), typed=_typed(visit))
    except DatabaseUnavailableError:
        LOG.exception("public.database_unavailable")
        message = "系统暂时不可用，没有保存任何内容，请稍后再试"
        return visit.render("refused.html", 503, message=message, typed=_typed(visit))


def _typed(visit: PublicVisit) -> str:
    return visit.form.get("text", "")


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {"static": static_url, "zone": ZONE}
    made.filters |= {"yuan": format_yuan, "clock": clock, "kg": lambda mass: f"{mass:,}"}
    return made
