"""The dials of a simulated registry: how slow, how faulty, how strict it is, and when it is out."""

import asyncio
import json
import random
import time
from collections import Counter
from copy import deepcopy
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from urllib.parse import unquote

from starlette.types import ASGIApp, Message, Receive, Scope, Send

HUGE_BYTES = 10 << 20
LATE_S = 60.0


class Fault(StrEnum):
    """What goes wrong with the answer about one plate."""

    NOT_JSON = "not_json"
    HALF = "half"
    LATE = "late"
    HUGE = "huge"
    REDIRECT = "redirect"
    UNAUTHORISED = "unauthorised"
    BROKEN = "broken"
    WRONG_VEHICLE = "wrong_vehicle"
    TWO_OWNERS = "two_owners"
    UNKNOWN_CODE = "unknown_code"


# These spoil single records, the others a whole answer.
OF_RECORDS = {Fault.WRONG_VEHICLE, Fault.TWO_OWNERS, Fault.UNKNOWN_CODE}


@dataclass(slots=True, kw_only=True)
class Dials:
    """Set before or while a simulated registry serves.

    `latency_s` is the median, spread log-normally by `latency_sigma`; shares are of the requests;
    `outages` are (from, until) in seconds since the server was made; `refuse_after` counts requests until
    credentials are refused; `faults` spoils the answer about single plates. `asked` counts requests by path.
    """

    latency_s: float = 0.0
    latency_sigma: float = 0.2
    error_share: float = 0.0
    wrong_share: float = 0.0
    per_second: float = 0.0
    outages: tuple[tuple[float, float], ...] = ()
    refuse_after: int | None = None
    token_lasts_s: int = 300
    faults: dict[str, Fault] = field(default_factory=dict)
    seed: int = 0
    asked: Counter[str] = field(default_factory=Counter)
    started: float = field(default_factory=time.monotonic)
    dice: random.Random = field(init=False)

    def __post_init__(self) -> None:
        """Seed the dice."""
        self.dice = random.Random(self.seed)  # noqa: S311 (a simulation)

    @property
    def is_out(self) -> bool:
        """Tell whether an outage is under way."""
        now = time.monotonic() - self.started
        return any(start <= now < end for start, end in self.outages)

    def spoil(self, plate: str, records: list[dict[str, Any]], names: dict[str, str]) -> list[dict[str, Any]]:
        """Return a plate's records as the dials spoil them; `names`: plate, owner, class on the wire."""
        fault = self.faults.get(plate)
        if fault is None and self.wrong_share and self.dice.random() < self.wrong_share:
            fault = Fault.WRONG_VEHICLE
        spoiled = deepcopy(records)
        match fault:
            case Fault.WRONG_VEHICLE:
                for record in spoiled:
                    record[names["plate"]] = "浙Z0000Z"
            case Fault.TWO_OWNERS if spoiled:
                spoiled.append(spoiled[0] | {names["owner"]: "虚构的另一车主"})
            case Fault.UNKNOWN_CODE:
                for record in spoiled:
                    record[names["class"]] = "??"
            case _:
                pass
        return spoiled


class Dialled:
    """ASGI middleware that turns the dials before an application."""

    def __init__(self, app: ASGIApp, dials: Dials) -> None:
        """Stand before `app`."""
        self._app, self._dials = app, dials
        self._allowance, self._filled_at = dials.per_second, time.monotonic()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the dials say, or let the application answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        dials = self._dials
        dials.asked[scope["path"]] += 1
        body = await _body(receive)
        fault = self._fault(unquote(scope["query_string"].decode()) + _readable(body))
        if dials.latency_s:
            await asyncio.sleep(dials.latency_s * dials.dice.lognormvariate(0, dials.latency_sigma))
        if dials.is_out:
            await _answer(send, 503, b"out of service")
        elif dials.refuse_after is not None and dials.asked.total() > dials.refuse_after:
            await _answer(send, 401, b'{"detail": "credentials refused"}')
        elif not self._allowed():
            await _answer(send, 429, b"slower, please", [(b"retry-after", b"1")])
        elif dials.error_share and dials.dice.random() < dials.error_share:
            await _answer(send, 500, b"<html>internal error</html>")
        elif fault is None:
            await self._app(scope, _replayed(body), send)
        else:
            await _fail(fault, send)

    def _fault(self, text: str) -> Fault | None:
        faults = self._dials.faults.items()
        return next((one for plate, one in faults if one not in OF_RECORDS and plate in text), None)

    def _allowed(self) -> bool:
        if not self._dials.per_second:
            return True
        now = time.monotonic()
        self._allowance = min(
            self._allowance + (now - self._filled_at) * self._dials.per_second, self._dials.per_second
        )
        self._filled_at = now
        if self._allowance < 1:
            return False
        self._allowance -= 1
        return True


async def _fail(fault: Fault, send: Send) -> None:
    match fault:
        case Fault.NOT_JSON:
            await _answer(send, 200, b"<html>not what you wanted</html>")
        case Fault.HALF:
            await _answer(send, 200, b'{"data": [{"hphm": "', [(b"content-length", b"4000")])
        case Fault.LATE:
            await asyncio.sleep(LATE_S)
        case Fault.HUGE:
            await _answer(send, 200, b'"' + b"x" * HUGE_BYTES + b'"')
        case Fault.REDIRECT:
            await _answer(send, 302, b"", [(b"location", b"http://127.0.0.1:9/elsewhere")])
        case Fault.UNAUTHORISED:
            await _answer(send, 401, b"{}")
        case _:
            await _answer(send, 500, b"broken")


def _readable(body: bytes) -> str:
    try:
        return json.dumps(json.loads(body), ensure_ascii=False) if body else ""
    except ValueError:
        return ""


async def _body(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


def _replayed(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


async def _answer(
    send: Send, status: int, body: bytes, headers: list[tuple[bytes, bytes]] | None = None
) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers or []})
    await send({"type": "http.response.body", "body": body})
