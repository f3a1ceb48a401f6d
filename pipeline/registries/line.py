"""The line to one registry: bounded in number, pace, time and size; retried, and cut while it is down."""

import asyncio
import json
import logging
import ssl
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import stamina

from models.values.lookups import WaitReason
from pipeline.registries.breaker import Breaker
from pipeline.registries.errors import PlateFailedError, RegistryError, SourceDownError
from pipeline.registries.pace import Pace
from pipeline.registries.settings import RegistrySettings

ANSWER_BYTES_MAX = 1 << 20
REST_S, REST_MAX_S = 1.0, 60.0
_FIRST_WAIT_S, _WAIT_MAX_S, _JITTER_S = 0.2, 5.0, 0.2
_UNAUTHORISED = {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}

# Retries are told to whoever sets logging up, and not to the terminal of whoever does not.
logging.getLogger("stamina").addHandler(logging.NullHandler())

Make = Callable[[], Awaitable[httpx.Request]]
Refusal = Callable[[dict[str, Any]], RegistryError | None]


def no_refusal(_answer: dict[str, Any]) -> None:
    """Find nothing wrong in an answer, for registries that say what is wrong by the status alone."""


class Line:
    """Asks one registry. `sent` counts the requests that went out, retries included."""

    def __init__(self, settings: RegistrySettings) -> None:
        """Open nothing yet; use as an async context."""
        verify = ssl.create_default_context(cafile=str(settings.ca_file)) if settings.ca_file else True
        # The one time limit is that of the whole answer, below.
        self.client = httpx.AsyncClient(
            base_url=settings.url,
            verify=verify,
            follow_redirects=False,
            trust_env=False,
            timeout=None,  # noqa: S113 (`_fetch` bounds the whole answer)
            limits=httpx.Limits(
                max_connections=settings.concurrency, max_keepalive_connections=settings.concurrency
            ),
        )
        self._settings = settings
        self._places = asyncio.Semaphore(settings.concurrency)
        self._pace = Pace(settings.per_second)
        self.breaker = Breaker(
            settings.down_after, settings.pause_s, lambda: asyncio.get_running_loop().time()
        )
        self.sent = 0

    async def ask(self, make: Make, refusal: Refusal = no_refusal) -> dict[str, Any]:
        """Send a request until it is answered, at most `tries` times where the failure may pass.

        `make` is called for every try, since a signature holds once. `refusal` tells what is wrong with an
        answer of status 200, for registries that say it there.

        Raises:
            PlateFailedError: no answer that can be used, for this request.
            SourceDownError: the registry can't be used.

        """
        tries = stamina.retry_context(
            on=_wait,
            attempts=self._settings.tries,
            timeout=None,
            wait_initial=_FIRST_WAIT_S,
            wait_max=_WAIT_MAX_S,
            wait_jitter=_JITTER_S,
        )
        async for attempt in tries:
            with attempt:
                return await self._once(make, refusal)
        raise AssertionError  # a retry context ends by returning or raising

    async def _once(self, make: Make, refusal: Refusal) -> dict[str, Any]:
        self.breaker.check()
        async with self._places:
            await self._pace.turn()
            # It may have opened while this one waited.
            self.breaker.check()
            try:
                request = await make()
                self.sent += 1
                answer = _parsed(await self._fetch(request))
                if error := refusal(answer):
                    raise error
            except RegistryError as error:
                if error.reason is WaitReason.THROTTLED:
                    self._pace.rest(error.retry_after_s or REST_S)
                else:
                    self.breaker.failed(error)
                raise
            self.breaker.succeeded()
            return answer

    async def _fetch(self, request: httpx.Request) -> bytes:
        request.headers["Accept-Encoding"] = "identity"
        try:
            async with asyncio.timeout(self._settings.timeout_s):
                answer = await self.client.send(request, stream=True)
                try:
                    _check_status(answer)
                    return await _bounded(answer)
                finally:
                    await answer.aclose()
        except TimeoutError as error:
            message = f"longer than {self._settings.timeout_s:g} s"
            raise PlateFailedError(WaitReason.TIMED_OUT, message) from error
        except httpx.RemoteProtocolError as error:
            raise PlateFailedError(WaitReason.CUT_SHORT, type(error).__name__) from error
        except httpx.HTTPError as error:
            if _is_of_certificate(error):
                raise SourceDownError(WaitReason.CERTIFICATE, str(error)) from error
            raise PlateFailedError(WaitReason.UNREACHABLE, type(error).__name__) from error


def _wait(error: Exception) -> bool | float:
    """Tell whether to try again, or after how many seconds."""
    if not isinstance(error, PlateFailedError) or not error.reason.may_pass:
        return False
    return True if error.retry_after_s is None else error.retry_after_s


def _check_status(answer: httpx.Response) -> None:
    status = answer.status_code
    if status == httpx.codes.OK:
        return
    if answer.has_redirect_location or answer.is_redirect:
        raise SourceDownError(WaitReason.REDIRECTED, f"status {status}")
    if status in _UNAUTHORISED:
        raise SourceDownError(WaitReason.UNAUTHORISED, f"status {status}")
    if status == httpx.codes.TOO_MANY_REQUESTS:
        rest_s = _seconds(answer.headers.get("Retry-After", ""))
        raise PlateFailedError(WaitReason.THROTTLED, f"status {status}", retry_after_s=rest_s)
    reason = WaitReason.SERVER_ERROR if answer.is_server_error else WaitReason.REFUSED
    raise PlateFailedError(reason, f"status {status}")


def _seconds(text: str) -> float:
    """Return the seconds of a Retry-After; a date there is not worth its parser."""
    return min(float(text), REST_MAX_S) if text.isascii() and text.isdigit() else REST_S


async def _bounded(answer: httpx.Response) -> bytes:
    # A compressed answer is refused as too large: a few bytes of it can mean gigabytes.
    if answer.headers.get("Content-Encoding", "identity") != "identity":
        raise PlateFailedError(WaitReason.TOO_LARGE, "compressed though asked not to be")
    body = bytearray()
    async for block in answer.aiter_raw():
        body += block
        if len(body) > ANSWER_BYTES_MAX:
            raise PlateFailedError(WaitReason.TOO_LARGE, f"more than {ANSWER_BYTES_MAX} bytes")
    return bytes(body)


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise PlateFailedError(WaitReason.NOT_JSON, f"{len(body)} bytes") from error
    if not isinstance(answer, dict):
        raise PlateFailedError(WaitReason.WRONG_SHAPE, f"expected an object, got {type(answer).__name__}")
    return answer


def _is_of_certificate(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False
