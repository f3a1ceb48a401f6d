"""The other side of each carrier, simulated on loopback: a mail server, an SMS gateway, a partner."""

import json
import re
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import httpx
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope
from sqlalchemy import Connection

from models import audit
from notices.service.partner import PartnerRequest


class Mailbox:
    """A mail server that keeps what comes, each message once by its Message-ID."""

    def __init__(self, answer: str = "250 OK", tls: ssl.SSLContext | None = None, **hooks: str) -> None:
        """Answer each message so; `hooks` are answers to other commands by name, such as MAIL and QUIT."""
        self.answer, self.messages = answer, dict[str, bytes]()
        mailbox = self

        class Handler:
            async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: ANN401, N802 (aiosmtpd's)
                content = envelope.original_content or b""
                found = re.search(rb"^Message-ID: (.+?)\r?$", content, re.MULTILINE)
                assert found is not None
                mailbox.messages[found.group(1).decode()] = content
                mailbox.arrivals += 1
                return mailbox.answer

        for command, said in hooks.items():
            setattr(Handler, f"handle_{command}", _saying(said))
        self.arrivals = 0
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self._controller = Controller(
            Handler(),
            hostname="127.0.0.1",
            port=self.port,
            tls_context=tls,
            require_starttls=tls is not None,
            enable_SMTPUTF8=True,
        )

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()


def _saying(said: str) -> Callable[..., Awaitable[str]]:
    async def handle(*_: object) -> str:
        return said

    return handle


class Gateway:
    """An SMS gateway; `states` says what it tells of each message, `status` how it answers."""

    def __init__(self) -> None:
        self.messages: dict[str, dict[str, str]] = {}
        self.states: dict[str, dict[str, str]] = {}
        self.status, self.tokens = 201, set[str]()
        self.raw: bytes | None = None
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            def do_PUT(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                gateway.tokens.add(self.headers.get("authorization", ""))
                if gateway.status == 201:
                    gateway.messages[self.path.rpartition("/")[2]] = body
                self._say(gateway.status, b"{}")

            def do_GET(self) -> None:
                state = gateway.states.get(self.path.rpartition("/")[2], {"state": "queued"})
                self._say(200, gateway.raw or json.dumps(state).encode())

            def _say(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        self.client = httpx.Client(timeout=5, trust_env=False)
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


class Partner:
    """A partner that keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[PartnerRequest] = []
        self.locked_at: int | None = None

    def lock(self, connection: Connection) -> None:
        self.locked_at = audit.head(connection).number

    def request(self, connection: Connection, wanted: PartnerRequest) -> None:
        assert connection.in_transaction()
        self.asked.append(wanted)
