"""The public pages as a web application, on a listener of its own."""

import logging

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from review.app import Guarded
from review.public import pages, verification
from review.public.counter import PublicCounter
from review.public.desk import PublicVisit
from review.writing import STATIC

LOG = logging.getLogger(__name__)


def make_public_app(counter: PublicCounter) -> Guarded:
    """Return the public pages of an installation."""

    def refused(request: Request, message: str, status: int) -> Response:
        visit = PublicVisit(request=request, counter=counter, form={})
        return visit.render("refused.html", status, message=message, typed="")

    async def not_found(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 404
        words = {404: "没有这个页面", 405: "此页面不接受这种请求"}
        return refused(request, words.get(status, "请求有误"), status)

    async def failed(request: Request, error: Exception) -> Response:
        LOG.error("public.failed", exc_info=error)
        return refused(request, "程序出错，没有保存任何内容，请稍后再试", 500)

    app = Starlette(
        routes=[
            *(route(counter) for route in (*pages.PAGES, *verification.PAGES)),
            Mount("/static", StaticFiles(directory=STATIC), name="static"),
        ],
        exception_handlers={HTTPException: not_found, Exception: failed},
    )
    return Guarded(app)
