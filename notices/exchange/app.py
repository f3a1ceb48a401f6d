"""The partners' way in: a web application on a listener of its own. Nothing unsigned passes."""

import asyncio
import logging

from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from models.database import DatabaseUnavailableError
from notices.exchange import log
from notices.exchange.client import LOG, MESSAGES
from notices.exchange.exchange import Exchange
from notices.exchange.export import line
from notices.exchange.hop import CONTENT_TYPE, signer_of
from notices.exchange.inbox import Inbox
from notices.exchange.refusals import Reason, RefusedError
from notices.exchange.resync import why_frozen
from notices.exchange.schema import RECEIPT_RESPONSE, message_schema

PROBLEM = "application/problem+json"
MESSAGE_BYTES = 1 << 16
READ_S = 10.0
LOG_PAGE = 500
LOG_PARAMETERS = [
    {"name": "after", "in": "query", "schema": {"type": "integer", "minimum": 0}},
    {"name": "frozen", "in": "query", "schema": {"type": "integer", "enum": [0, 1]}},
]
LOGGER = logging.getLogger(__name__)


def partner_app(exchange: Exchange, base_url: str) -> FastAPI:
    """Return the application; `base_url` is how partners address it, and what their signatures cover."""
    app = FastAPI(title="治超 Zhichao 互认交换", version="1", docs_url=None, redoc_url=None)
    inbox = Inbox(exchange)
    base = base_url.rstrip("/")

    async def checked(request: Request) -> tuple[bytes, str]:
        body = await _body(request)
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        signer = signer_of(
            exchange.ring, request.method, base + path, request.headers, body, now_ms=exchange.clock()
        )
        return body, signer

    @app.post(
        MESSAGES,
        summary="投递一条签名消息 bring one signed message",
        openapi_extra={
            "requestBody": {"required": True, "content": {CONTENT_TYPE: {"schema": message_schema()}}}
        },
        responses=RECEIPT_RESPONSE,
    )
    async def messages(request: Request) -> Response:
        if request.headers.get("content-type") != CONTENT_TYPE:
            raise RefusedError(Reason.MALFORMED, f"content-type: expected {CONTENT_TYPE}")
        body, signer = await checked(request)
        receipt = await run_in_threadpool(inbox.accept, body, by=signer)
        return Response(receipt or b"", media_type=CONTENT_TYPE, status_code=200 if receipt else 204)

    @app.get(
        LOG,
        summary="我方与贵方往来日志 the log that is kept here with the one who asks",
        openapi_extra={"parameters": LOG_PARAMETERS},
        responses=RECEIPT_RESPONSE,
    )
    async def entries(request: Request) -> Response:
        _, signer = await checked(request)
        after = request.query_params.get("after", "0")
        if not after.isascii() or not after.isdigit() or len(after) > len(str(2**53)):
            raise RefusedError(Reason.MALFORMED, "after: expected a number")
        even_frozen = request.query_params.get("frozen") == "1"
        lines = await run_in_threadpool(log_page, exchange, signer, int(after), even_frozen=even_frozen)
        return Response(lines, media_type="application/jsonl")

    _answer_errors(app)
    return app


def _answer_errors(app: FastAPI) -> None:
    @app.exception_handler(RefusedError)
    async def refused(_request: Request, error: Exception) -> Response:
        problem = error.problem() if isinstance(error, RefusedError) else {}
        return JSONResponse(problem, status_code=int(str(problem["status"])), media_type=PROBLEM)

    @app.exception_handler(DatabaseUnavailableError)
    async def unavailable(_request: Request, error: Exception) -> Response:
        LOGGER.error("the database can't be used: %s", error)
        problem = RefusedError(Reason.FROZEN, "not now").problem()
        return JSONResponse(problem, status_code=503, media_type=PROBLEM)


def log_page(exchange: Exchange, partner: str, after: int, *, even_frozen: bool) -> bytes:
    """Return a page of the log with `partner` as JSON lines.

    Raises:
        RefusedError: the exchange is frozen, so that its log is about to be made good.

    """
    if not even_frozen and (reason := why_frozen(exchange)):
        raise RefusedError(Reason.FROZEN, reason)
    with exchange.database.read() as connection:
        found = log.page(connection, partner, after, LOG_PAGE)
    return b"".join(line(entry) for entry in found)


async def _body(request: Request) -> bytes:
    """Read the body, no more than a message can be, no longer than a partner can need."""
    body = bytearray()
    try:
        async with asyncio.timeout(READ_S):
            async for part in request.stream():
                body += part
                if len(body) > MESSAGE_BYTES:
                    raise RefusedError(Reason.TOO_LARGE, f"a message has at most {MESSAGE_BYTES} bytes")
    except TimeoutError as error:
        raise RefusedError(Reason.TOO_SLOW, f"a message comes within {READ_S:.0f} seconds") from error
    return bytes(body)
