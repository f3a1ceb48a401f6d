"""The stations' listener on a real socket: slow and many connections, and others beside them."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

import httpx
import pytest
from pushing import Pushing, problem, upload

from stations.push.app import push_app
from stations.push.listener import ListenerError, listener
from stations.push.settings import Push

HEAD = b"POST /v1/records HTTP/1.1\r\nHost: x\r\n"


@contextmanager
def connection(url: str, source: str = "127.0.0.2") -> Iterator[socket.socket]:
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), 5, (source, 0)) as open_one:
        yield open_one


def closed_after_s(sock: socket.socket, trickle: bytes = b"") -> float:
    """Return after how long the other side closes, sending a byte now and then."""
    start = time.monotonic()
    sock.settimeout(0.05)
    while time.monotonic() - start < 5:
        try:
            if trickle:
                sock.sendall(trickle)
            if not sock.recv(4096):
                break
        except TimeoutError:
            continue
        except OSError:
            break
    return time.monotonic() - start


def send(url: str, pushing: Pushing, number: int) -> httpx.Response:
    return httpx.post(
        f"{url}/v1/records", json=upload(str(number)), headers=pushing.headers(), trust_env=False, timeout=5
    )


@pytest.fixture
def hasty(make_pushing: Callable[..., Pushing]) -> Pushing:
    return make_pushing(header_s=0.4, body_s=0.4, connections_per_address=20, connections=60)


def test_a_slow_loris_is_dropped_and_others_are_served(hasty: Pushing) -> None:
    with hasty.listening() as url, ExitStack() as stack:
        slow = [stack.enter_context(connection(url)) for _ in range(20)]
        for number, sock in enumerate(slow):
            sock.sendall(HEAD if number % 2 else b"")
        start = time.monotonic()
        assert send(url, hasty, 1).status_code == 200
        assert time.monotonic() - start < 5
        assert closed_after_s(slow[1], trickle=b"x") < 3
        assert closed_after_s(slow[0]) < 3
        assert send(url, hasty, 2).status_code == 200


def test_one_address_has_so_many_connections_and_no_more(hasty: Pushing) -> None:
    with hasty.listening() as url, ExitStack() as stack:
        held = [stack.enter_context(connection(url)) for _ in range(30)]
        dropped = sum(closed_after_s(sock) < 0.2 for sock in held[20:])
        assert dropped == 10
        assert send(url, hasty, 1).status_code == 200


def test_a_body_that_trickles_is_told_so(hasty: Pushing) -> None:
    head = HEAD + f"Authorization: Bearer {hasty.token}\r\n".encode()
    head += b"Content-Type: application/json\r\nContent-Length: 500\r\n\r\n"
    with hasty.listening() as url, connection(url) as sock:
        sock.sendall(head + b"[")
        sock.settimeout(5)
        answer = b""
        while block := sock.recv(4096):
            answer += block
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b"urn:zhichao:problem:too_slow" in answer
        assert send(url, hasty, 1).status_code == 200


def test_a_head_without_end_is_refused(hasty: Pushing) -> None:
    with hasty.listening() as url, connection(url) as sock:
        sock.sendall(HEAD + b"X: " + b"x" * 40_000)
        sock.settimeout(5)
        assert sock.recv(4096).startswith(b"HTTP/1.1 400 ")


def test_a_connection_is_kept_and_then_let_go(hasty: Pushing) -> None:
    with (
        hasty.listening() as url,
        httpx.Client(base_url=url, trust_env=False, headers=hasty.headers()) as client,
    ):
        for number in range(3):
            assert client.post("/v1/records", json=upload(str(number))).status_code == 200
        time.sleep(0.6)
        assert client.post("/v1/records", json=upload("9")).status_code == 200


def test_more_than_said_is_not_read(hasty: Pushing) -> None:
    with hasty.listening() as url:
        answer = httpx.post(
            f"{url}/v1/records",
            content=(b"x" * 65536 for _ in range(100)),
            headers=hasty.headers() | {"content-type": "application/json"},
            trust_env=False,
            timeout=5,
        )
        assert problem(answer) == "too_large"
        assert send(url, hasty, 1).status_code == 200


def test_without_tls_only_this_machine_is_listened_to(pushing: Pushing) -> None:
    with pytest.raises(ListenerError, match=r"need push\.certificate"):
        listener(push_app(pushing.take_in, {}, Push()), Push(host="0.0.0.0"))  # noqa: S104 (refused)
    assert listener(pushing.app, Push(host="0.0.0.0", certificate="x", key="y")).config.is_ssl  # noqa: S104
