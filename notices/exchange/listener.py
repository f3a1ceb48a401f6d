"""The partners' listener: TLS, limits, and a client certificate where it is asked for."""

import ssl
from collections.abc import Sequence
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from models.listener_tls import ListenerTls
from notices.exchange.settings import Agency

CONNECTIONS = 64
IDLE_S = 30


def tls_of(agency: Agency, keys: Path, certificates: Sequence[Path]) -> ListenerTls:
    """Return what it listens with; `keys` holds tls.pem and tls.key, `certificates` are the partners'."""
    return ListenerTls(
        certificate=keys / "tls.pem",
        key=keys / "tls.key",
        clients=tuple(certificates) if agency.ask_certificate else (),
    )


def listener(app: ASGIApp, agency: Agency, tls: ListenerTls) -> uvicorn.Server:
    """Return the server.

    Raises:
        UnusableError: a certificate can't be used.

    """
    config = uvicorn.Config(
        app,
        host=agency.host,
        port=agency.port,
        ssl_certfile=tls.certificate,
        ssl_keyfile=tls.key,
        ssl_context_factory=tls.context,
        ssl_cert_reqs=ssl.CERT_REQUIRED if agency.ask_certificate else ssl.CERT_NONE,
        limit_concurrency=CONNECTIONS,
        timeout_keep_alive=IDLE_S,
        server_header=False,
        access_log=False,
        log_level="warning",
        lifespan="off",
    )
    # Here and not in the thread that it runs in, where nobody would hear that a file is missing.
    config.load()
    return uvicorn.Server(config)
