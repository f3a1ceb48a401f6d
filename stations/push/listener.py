"""The stations' listener: TLS, bounds on connections, and an end to those that say nothing."""

import asyncio
import ipaddress
from collections import Counter
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from models.errors import MisuseError
from stations.push.settings import Push

HEAD_BYTES = 16 << 10


class ListenerError(MisuseError):
    """The listener's settings can't be used."""


class Guarded(H11Protocol):
    """Bounds each address's connections, and the time for a request's head.

    uvicorn waits for the first head without end, which a slow-loris lives on.
    """

    push: Push
    open_from: Counter[str]
    _deadline: asyncio.TimerHandle | None = None
    _address = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count a connection, and drop it where its address has too many."""
        super().connection_made(transport)  # type: ignore[arg-type]
        self._address = self.client[0] if self.client else ""
        self.open_from[self._address] += 1
        if self.open_from[self._address] > self.push.connections_per_address:
            self.transport.abort()
        else:
            self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Count it no more."""
        self._stop_waiting()
        self.open_from[self._address] -= 1
        if not self.open_from[self._address]:
            del self.open_from[self._address]
        super().connection_lost(exc)

    def handle_events(self) -> None:
        """Stop waiting once a head is there."""
        before = self.cycle
        super().handle_events()
        if self.cycle is not before:
            self._stop_waiting()

    def on_response_complete(self) -> None:
        """Wait for the next head, unless it is here already."""
        answered = self.cycle
        super().on_response_complete()
        if self.cycle is answered and not self.transport.is_closing():
            self._wait_for_head()

    def _wait_for_head(self) -> None:
        self._stop_waiting()
        self._deadline = self.loop.call_later(self.push.header_s, self.transport.abort)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def listener(app: ASGIApp, push: Push) -> uvicorn.Server:
    """Return the server.

    Raises:
        ListenerError: it would listen without TLS where others can hear.

    """
    if not push.certificate and not is_loopback(push.host):
        raise ListenerError(
            f"push.host {push.host}: other addresses than loopback need push.certificate and push.key"
        )
    tls: dict[str, Any] = {}
    if push.certificate:
        tls = {"ssl_certfile": push.certificate, "ssl_keyfile": push.key or None}
    config = uvicorn.Config(
        app,
        host=push.host,
        port=push.port,
        http=type("GuardedHere", (Guarded,), {"push": push, "open_from": Counter()}),
        ws="none",
        limit_concurrency=push.connections,
        h11_max_incomplete_event_size=HEAD_BYTES,
        timeout_keep_alive=round(push.header_s),
        server_header=False,
        access_log=False,
        log_level="warning",
        lifespan="off",
        proxy_headers=False,
        **tls,
    )
    return uvicorn.Server(config)


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
