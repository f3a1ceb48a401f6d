"""Around every listener's application: /health, /ready and /metrics, and a count of every answer.

/health says that the process answers: what a restart would mend. /ready says that it can do its work now,
naming only which check fails: why is for the logs. /metrics wants a bearer token, and is not there without
one in the settings. What is asked of database and disk has threads of its own, one for each question: it
neither waits for the application's work nor holds it up.
"""

import asyncio
import hmac
import json
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from zhichao.beside import in_thread
from zhichao.health.metrics import Figures
from zhichao.health.readiness import Check
from zhichao.logs import logger

PATIENCE_S = 5.0
# Anybody may ask; the checks themselves run at most so often.
FRESH_S = 1.0
FIGURES = "figures"
LOG = logger("zhichao.health")


@dataclass(slots=True, kw_only=True)
class Watched:
    """An application that tells how it is; without `app` it does nothing else."""

    listener: str
    checks: Mapping[str, Check]
    figures: Figures
    token: str = ""
    app: ASGIApp | None = None
    _known: tuple[float, tuple[str, ...]] = (float("-inf"), ())
    _asking: asyncio.Lock = field(default_factory=asyncio.Lock)
    _asked_already: dict[str, Future[Any]] = field(default_factory=dict)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer for the process, or let the application answer and count it."""
        if scope["type"] != "http":
            if self.app is not None:
                await self.app(scope, receive, send)
            return
        match scope["method"], scope["path"]:
            case "GET" | "HEAD", "/health":
                await _answer(send, 200, {"status": "ok"})
            case "GET" | "HEAD", "/ready":
                await _answer(send, *await self._ready())
            case "GET", "/metrics" if self.token:
                await self._metrics(scope, send)
            case _ if self.app is None:
                await _answer(send, 404, {"status": "nothing here"})
            case _:
                await self._counted(self.app, scope, receive, send)

    async def _counted(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        began, status = time.perf_counter(), 500

        async def counting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await app(scope, receive, counting)
        finally:
            self.figures.count(status, time.perf_counter() - began)

    async def _ready(self) -> tuple[int, dict[str, Any]]:
        async with self._asking:
            if time.monotonic() - self._known[0] > FRESH_S:
                self._known = (time.monotonic(), await self._failing())
            failing = self._known[1]
        if failing:
            return 503, {"status": "not ready", "failing": list(failing)}
        return 200, {"status": "ready"}

    async def _failing(self) -> tuple[str, ...]:
        problems = await asyncio.gather(*(self._problem(*one) for one in self.checks.items()))
        for name, problem in zip(self.checks, problems, strict=True):
            if problem:
                LOG.warning("ready.failing", listener=self.listener, check=name, problem=problem)
        return tuple(name for name, problem in zip(self.checks, problems, strict=True) if problem)

    async def _problem(self, name: str, check: Check) -> str:
        try:
            return await self._asked(name, check) or ""
        except TimeoutError:
            return f"no answer within {PATIENCE_S:.0f} s"
        except Exception as error:  # noqa: BLE001 (a check that breaks has not passed)
            return f"{type(error).__name__}: {error}"

    async def _asked(self, name: str, question: Callable[[], object]) -> Any:  # noqa: ANN401 (what the question answers)
        """Ask in a thread of its own; one that has not answered yet is waited for, and not asked again."""
        asked = self._asked_already.get(name)
        if asked is None or asked.done():
            asked = self._asked_already[name] = in_thread(question)
        return await asyncio.wait_for(asyncio.wrap_future(asked), PATIENCE_S)

    async def _metrics(self, scope: Scope, send: Send) -> None:
        said = dict(scope["headers"]).get(b"authorization", b"")
        if not hmac.compare_digest(said, f"Bearer {self.token}".encode()):
            await _answer(send, 401, {"status": "a bearer token is needed"})
            return
        try:
            text = await self._asked(FIGURES, self.figures.text)
        except TimeoutError:
            await _answer(send, 503, {"status": f"no answer within {PATIENCE_S:.0f} s"})
            return
        await _send(send, 200, b"text/plain; version=0.0.4; charset=utf-8", text)


async def _answer(send: Send, status: int, content: dict[str, Any]) -> None:
    await _send(send, status, b"application/json", json.dumps(content).encode())


async def _send(send: Send, status: int, kind: bytes, body: bytes) -> None:
    headers = [
        (b"content-type", kind),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
