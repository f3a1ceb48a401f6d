"""Serving simulated registries on this machine's loopback."""

import logging
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp

from pipeline.registries.settings import RegistrySettings
from pipeline.registries.simulated.dials import Dialled, Dials
from pipeline.registries.simulated.fleet import Fleet
from pipeline.registries.simulated.national import national_app
from pipeline.registries.simulated.shanghai import shanghai_app
from pipeline.registries.simulated.zhejiang import zhejiang_app

LOOPBACK = "127.0.0.1"
START_S = 30.0
APPS: Mapping[str, Callable[[Fleet, Dials, str], FastAPI]] = {
    "zhejiang": zhejiang_app,
    "shanghai": shanghai_app,
    "national": national_app,
}
PLATES = {"zhejiang": ("浙",), "shanghai": ("沪",), "national": ("*",)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificates:
    """What a server shows to prove who it is."""

    chain: Path
    key: Path


class Server:
    """One application on one port, served from a thread of its own."""

    def __init__(
        self, app: ASGIApp, *, port: int = 0, host: str = LOOPBACK, certificates: Certificates | None = None
    ) -> None:
        """Bind the port; 0 takes a free one."""
        self._socket = socket.create_server((host, port))
        self._socket.set_inheritable(False)
        self.port: int = self._socket.getsockname()[1]
        secure: dict[str, Any] = {}
        if certificates is not None:
            secure = {"ssl_certfile": str(certificates.chain), "ssl_keyfile": str(certificates.key)}
        # No access log: its lines would hold plates.
        config = uvicorn.Config(
            app,
            log_config=None,
            log_level=logging.CRITICAL,
            access_log=False,
            lifespan="off",
            ws="none",
            loop="asyncio",
            http="h11",
            server_header=False,
            timeout_graceful_shutdown=1,
            **secure,
        )
        if certificates is not None:
            config.ssl_version = ssl.PROTOCOL_TLS_SERVER
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True
        )

    def __enter__(self) -> Self:
        """Serve."""
        self._thread.start()
        waited = threading.Event()
        for _ in range(int(START_S / 0.01)):
            if self._server.started:
                return self
            if not self._thread.is_alive():
                break
            waited.wait(0.01)
        message = f"no server on port {self.port}"
        raise RuntimeError(message)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop serving."""
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()

    def serve_here(self) -> None:
        """Serve in this thread until it is told to stop."""
        self._server.run(sockets=[self._socket])


def registry_server(kind: str, fleet: Fleet, dials: Dials, secret: str, **where: Any) -> Server:  # noqa: ANN401 (handed on)
    """Return the server of one kind of registry."""
    return Server(Dialled(APPS[kind](fleet, dials, secret), dials), **where)


def settings_of(kind: str, port: int, secret_file: Path, **changes: Any) -> RegistrySettings:  # noqa: ANN401 (handed on)
    """Return how a simulated registry on this machine is declared."""
    values: dict[str, Any] = {
        "name": kind,
        "kind": kind,
        "url": f"http://{LOOPBACK}:{port}",
        "plates": PLATES[kind],
        "secret_file": secret_file,
    }
    return RegistrySettings.model_validate(values | changes)
