"""The console as a web application: pages, static files, headers, errors."""

import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from review.access import Page, Visit, refused, route
from review.office import Office
from review.pages import (
    audit,
    bundle,
    case,
    contacts,
    defences,
    evasion,
    exchange,
    exchange_sending,
    frames,
    lead,
    legibility,
    me,
    nights,
    plate_conflicts,
    queue,
    registration,
    schedule,
    search,
    service,
    sign_in,
    stations,
    statistics,
    users,
)
from review.writing import STATIC

PAGES: tuple[Page, ...] = (
    *sign_in.PAGES,
    *queue.PAGES,
    *case.PAGES,
    *registration.PAGES,
    *bundle.PAGES,
    *frames.PAGES,
    *defences.PAGES,
    *service.PAGES,
    *contacts.PAGES,
    *search.PAGES,
    *evasion.PAGES,
    *plate_conflicts.PAGES,
    *lead.PAGES,
    *exchange.PAGES,
    *exchange_sending.PAGES,
    *legibility.PAGES,
    *stations.PAGES,
    *nights.PAGES,
    *schedule.PAGES,
    *statistics.PAGES,
    *users.PAGES,
    *audit.PAGES,
    *me.PAGES,
)
HEADERS = {
    b"content-security-policy": b"default-src 'self'; object-src 'none'; base-uri 'none'; "
    b"form-action 'self'; frame-ancestors 'none'",
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"same-origin",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"x-frame-options": b"DENY",
}
LOG = logging.getLogger(__name__)
Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]


class Guarded:
    """Adds the headers that keep a page from loading or being loaded by anything else."""

    def __init__(self, app: Any) -> None:  # noqa: ANN401 (an ASGI application)
        """Guard `app`."""
        self._app = app

    async def __call__(self, scope: Message, receive: Any, send: Send) -> None:  # noqa: ANN401 (ASGI)
        """Answer with the headers added."""

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *HEADERS.items()]
                if scope["path"].startswith("/static/"):
                    message["headers"].append((b"cache-control", b"public, max-age=31536000, immutable"))
            await send(message)

        await self._app(scope, receive, guarded)


def make_app(office: Office) -> Guarded:
    """Return the console of an office."""

    def visit(request: Request) -> Visit:
        return Visit(request=request, office=office, visitor=None, form={})

    async def not_found(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 404
        words = {404: "没有这个页面", 405: "此页面不接受这种请求"}
        return refused(visit(request), words.get(status, "请求有误"), status)

    async def failed(request: Request, error: Exception) -> Response:
        LOG.error("console.failed", exc_info=error)
        return refused(visit(request), "程序出错，没有保存任何内容；请告知系统管理员", 500)

    routes = [route(page, office) for page in PAGES]
    app = Starlette(
        routes=[*routes, Mount("/static", StaticFiles(directory=STATIC), name="static")],
        exception_handlers={HTTPException: not_found, Exception: failed},
    )
    return Guarded(app)
