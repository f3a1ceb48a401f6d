"""The stations' listener: TLS, bounds on connections, and an end to those that say nothing."""

import asyncio
import ipaddress
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from models.errors import MisuseError
from models.listener_tls import ListenerTls
from stations.push.door import Door
from stations.push.settings import Push

HEAD_BYTES = 16 << 10


class ListenerError(MisuseError):
    """The listener's settings can't be used."""


class Guarded(H11Protocol):
    """Bounds the time for a request's head.

    uvicorn waits for the first head without end, which a slow-loris lives on.
    """

    push: Push
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for the first head."""
        super().connection_made(transport)  # type: ignore[arg-type]
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._stop_waiting()
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


class Loop(asyncio.SelectorEventLoop):
    """An event loop that gives a TLS handshake no longer than a request's head."""

    handshake_s: float

    async def create_server(self, *given: Any, **more: Any) -> asyncio.Server:  # noqa: ANN401
        """Make a server; uvicorn itself leaves asyncio's minute."""
        if more.get("ssl"):
            more["ssl_handshake_timeout"] = self.handshake_s
        return await super().create_server(*given, **more)


class Config(uvicorn.Config):
    """Configuration whose loop bounds the handshake."""

    push: Push

    def get_loop_factory(self) -> Callable[[], asyncio.AbstractEventLoop]:
        """Return the maker of loops."""
        return type("LoopHere", (Loop,), {"handshake_s": self.push.header_s})


class Listener(uvicorn.Server):
    """A server whose connections pass the door."""

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until told to stop."""
        assert isinstance(self.config, Config)  # noqa: S101 (as `listener` makes it)
        push = self.config.push
        bound = sockets or [self.config.bind_socket()]
        doors: list[socket.socket] = [
            Door(one, push.connections, push.connections_per_address) for one in bound
        ]
        super().run(doors)


def tls_of(push: Push) -> ListenerTls | None:
    """Return what it listens with, None where without TLS."""
    if not push.certificate:
        return None
    return ListenerTls(certificate=Path(push.certificate), key=Path(push.key or push.certificate))


def listener(app: ASGIApp, push: Push, tls: ListenerTls | None) -> Listener:
    """Return the server.

    Raises:
        ListenerError: it would listen without TLS where others can hear.

    """
    if tls is None and not is_loopback(push.host):
        raise ListenerError(
            f"push.host {push.host}: other addresses than loopback need push.certificate and push.key"
        )
    config = Config(
        app,
        host=push.host,
        port=push.port,
        http=type("GuardedHere", (Guarded,), {"push": push}),
        ws="none",
        h11_max_incomplete_event_size=HEAD_BYTES,
        timeout_keep_alive=round(push.header_s),
        server_header=False,
        access_log=False,
        log_level="warning",
        lifespan="off",
        proxy_headers=False,
        ssl_certfile=tls.certificate if tls else None,
        ssl_keyfile=tls.key if tls else None,
        ssl_context_factory=tls.context if tls else None,
    )
    config.push = push
    return Listener(config)


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
