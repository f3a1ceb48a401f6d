"""The partners' listener: TLS, limits, and a client certificate where it is asked for."""

import ssl
from collections.abc import Sequence
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from notices.exchange.settings import Agency

CONNECTIONS = 64
IDLE_S = 30


def listener(app: ASGIApp, agency: Agency, keys: Path, certificates: Sequence[Path]) -> uvicorn.Server:
    """Return the server; `keys` holds tls.pem and tls.key, `certificates` are the partners'."""
    pinned = keys / "partners.pem"
    if agency.ask_certificate:
        pinned.write_bytes(b"".join(one.read_bytes() for one in certificates))
    config = uvicorn.Config(
        app,
        host=agency.host,
        port=agency.port,
        ssl_certfile=keys / "tls.pem",
        ssl_keyfile=keys / "tls.key",
        ssl_ca_certs=str(pinned) if agency.ask_certificate else None,
        ssl_cert_reqs=ssl.CERT_REQUIRED if agency.ask_certificate else ssl.CERT_NONE,
        limit_concurrency=CONNECTIONS,
        timeout_keep_alive=IDLE_S,
        server_header=False,
        access_log=False,
        log_level="warning",
        lifespan="off",
    )
    return uvicorn.Server(config)
