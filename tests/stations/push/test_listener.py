"""The stations' listener on a real socket: slow and many connections, and others beside them."""

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
import trustme
from pushing import Pushing, problem, upload

from stations.push.app import push_app
from stations.push.door import sender_of
from stations.push.listener import ListenerError, listener, tls_of
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


@pytest.fixture
def certificate(tmp_path: Path) -> dict[str, str]:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    made = authority.issue_cert("127.0.0.1")
    files = {"certificate": tmp_path / "tls.pem", "key": tmp_path / "tls.key"}
    made.cert_chain_pems[0].write_to_path(files["certificate"])
    made.private_key_pem.write_to_path(files["key"])
    return {name: str(path) for name, path in files.items()}


def test_connections_that_never_say_a_word_of_tls_are_counted_and_dropped(
    make_pushing: Callable[..., Pushing], certificate: dict[str, str]
) -> None:
    """A slow-loris need not come as far as HTTP."""
    secret = make_pushing(header_s=1.0, connections_per_address=20, connections=60, **certificate)
    trusting = ssl.create_default_context(cafile=secret.folder / "ca.pem")
    with secret.listening() as url, ExitStack() as stack:
        held = [stack.enter_context(connection(url)) for _ in range(30)]
        assert sum(closed_after_s(sock) < 0.5 for sock in held[20:]) == 10
        elsewhere = [stack.enter_context(connection(url, "127.0.0.3")) for _ in range(3)]
        for sock in elsewhere:
            # The beginning of a handshake that is never ended.
            sock.sendall(b"\x16\x03\x01\x02\x00\x01")
        answer = httpx.post(
            f"{url.replace('http:', 'https:')}/v1/records",
            json=upload(),
            headers=secret.headers(),
            verify=trusting,
            trust_env=False,
            timeout=20,
        )
        assert answer.status_code == 200
        assert all(closed_after_s(sock) < 4 for sock in [held[0], held[19], *elsewhere])
        again = stack.enter_context(connection(url))
        assert closed_after_s(again) > 0.3


def test_the_listener_is_bounded_whoever_comes_and_has_room_again(
    make_pushing: Callable[..., Pushing],
) -> None:
    few = make_pushing(header_s=0.6, connections_per_address=3, connections=4)
    with few.listening() as url, ExitStack() as stack:
        held = [stack.enter_context(connection(url, f"127.0.0.{2 + number // 2}")) for number in range(6)]
        assert sum(closed_after_s(sock) < 0.3 for sock in held[4:]) == 2
        time.sleep(1.5)
        assert send(url, few, 1).status_code == 200


@pytest.mark.parametrize(
    ("address", "counted_as"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
    ],
)
def test_whom_an_address_counts_as(address: str, counted_as: str) -> None:
    assert sender_of(address) == counted_as


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
        listener(push_app(pushing.take_in, {}, Push()), Push(host="0.0.0.0"), None)  # noqa: S104 (refused)
    push = Push(host="0.0.0.0", certificate="x", key="y")  # noqa: S104
    assert listener(pushing.app, push, tls_of(push)).config.is_ssl
