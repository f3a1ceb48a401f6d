"""A listener's certificate: a new one is taken while it listens, one that won't do is not."""

import logging
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from models.listener_tls import ListenerTls, UnusableError

NOW = datetime.now(UTC)
CLIENTS = trustme.CA()


@pytest.fixture
def tls(tmp_path: Path) -> ListenerTls:
    return ListenerTls(certificate=tmp_path / "tls.pem", key=tmp_path / "tls.key")


def write(tls: ListenerTls, days: int = 90, *, key: bool = True) -> trustme.CA:
    """Put a certificate of a new authority in the place of what is there, with or without its key."""
    authority = trustme.CA()
    made = authority.issue_cert("127.0.0.1", not_after=NOW + timedelta(days=days))
    made.cert_chain_pems[0].write_to_path(tls.certificate)
    if key:
        made.private_key_pem.write_to_path(tls.key)
    return authority


@contextmanager
def listening(tls: ListenerTls) -> Iterator[socket.socket]:
    """Shake hands with whoever comes."""

    def make() -> ssl.SSLContext:
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.load_cert_chain(tls.certificate, tls.key)
        made.verify_mode = ssl.CERT_REQUIRED if tls.clients else ssl.CERT_NONE
        return made

    context = tls.context(None, make)

    def serve() -> None:
        while True:
            came, _ = bound.accept()
            try:
                with context.wrap_socket(came, server_side=True) as heard:
                    if heard.recv(1) == b".":
                        return
                    heard.send(b"!")
            except OSError:
                came.close()

    with socket.create_server(("127.0.0.1", 0)) as bound:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield bound
        finally:
            last = socket.create_connection(bound.getsockname())
            with trusting_any().wrap_socket(last) as end:
                end.send(b".")
                thread.join(10)


def trusting_any() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    CLIENTS.issue_cert("client.test").configure_cert(context)
    return context


def shown(bound: socket.socket, authority: trustme.CA | None, client: trustme.LeafCert | None = None) -> bool:
    """Tell whether a handshake shows a certificate of this authority, or any, and the client is let in."""
    context = ssl.create_default_context()
    if authority:
        authority.configure_trust(context)
    else:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if client:
        client.configure_cert(context)
    try:
        with (
            socket.create_connection(bound.getsockname(), 10) as plain,
            context.wrap_socket(plain, server_hostname="127.0.0.1") as secret,
        ):
            secret.send(b"?")
            return secret.recv(1) == b"!"
    except (ssl.SSLError, ConnectionError):
        return False


def test_a_renewed_certificate_is_shown_in_the_next_handshake(
    tls: ListenerTls, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    old = write(tls, days=-1)
    with listening(tls) as bound:
        assert "expired" in tls.problem()
        assert not shown(bound, old)
        new = write(tls)
        assert shown(bound, new)
        assert tls.problem() == ""
    assert [one.message for one in caplog.records] == ["files.renewed"]


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda tls: tls.certificate.write_text("nonsense"), "PEM"),
        (lambda tls: tls.certificate.unlink(), "No such file"),
        (lambda tls: write(tls, key=False), "mismatch"),
        (lambda tls: write(tls, days=-1), "expired"),
    ],
    ids=["no certificate", "gone", "of another key", "expired"],
)
def test_what_will_not_do_leaves_the_old_one_in_use_and_is_told(
    tls: ListenerTls, caplog: pytest.LogCaptureFixture, spoil: object, told: str
) -> None:
    assert callable(spoil)
    old = write(tls)
    with listening(tls) as bound:
        spoil(tls)
        assert told in ListenerTls(certificate=tls.certificate, key=tls.key).problem()
        assert all(shown(bound, old) for _ in range(3))
        assert told in tls.problem()
        assert [one.message for one in caplog.records] == ["files.refused"]
        new = write(tls)
        assert shown(bound, new)
        assert tls.problem() == ""


def test_a_listener_that_can_not_begin_names_the_files(tls: ListenerTls) -> None:
    write(tls, key=False)
    with pytest.raises(UnusableError, match=r"tls\.pem, .*tls\.key: .*No such file"), listening(tls):
        pass


def test_a_client_is_known_once_its_certificate_lies_there(tls: ListenerTls) -> None:
    authority = write(tls)
    known = tls.certificate.with_name("client.pem")
    CLIENTS.cert_pem.write_to_path(known)
    tls.clients = (known,)
    other = trustme.CA()
    with listening(tls) as bound:
        assert shown(bound, authority, CLIENTS.issue_cert("client.test"))
        assert not shown(bound, authority, other.issue_cert("client.test"))
        other.cert_pem.write_to_path(known, append=True)
        assert shown(bound, authority, other.issue_cert("client.test"))
        assert shown(bound, authority, CLIENTS.issue_cert("client.test"))


def test_what_expired_in_use_keeps_no_clients_new_certificate_out(tls: ListenerTls) -> None:
    write(tls, days=-1)
    known = tls.certificate.with_name("client.pem")
    CLIENTS.cert_pem.write_to_path(known)
    tls.clients = (known,)
    tls = replace(tls)
    other = trustme.CA()
    with listening(tls) as bound:
        assert not shown(bound, None, other.issue_cert("client.test"))
        other.cert_pem.write_to_path(known, append=True)
        assert shown(bound, None, other.issue_cert("client.test"))
        assert "expired" in tls.problem()
        CLIENTS.cert_pem.write_to_path(known)
        assert not shown(bound, None, other.issue_cert("client.test"))
        new = write(tls)
        assert shown(bound, new, CLIENTS.issue_cert("client.test"))


def test_a_clients_spoiled_file_concerns_that_client_alone(
    tls: ListenerTls, caplog: pytest.LogCaptureFixture
) -> None:
    write(tls)
    known, spoiled = (tls.certificate.with_name(name) for name in ("client.pem", "spoiled.pem"))
    CLIENTS.cert_pem.write_to_path(known)
    spoiled.write_bytes(b"nonsense")
    tls.clients = (known, spoiled)
    other = trustme.CA()
    with listening(tls) as bound:
        new = write(tls)
        assert shown(bound, new, CLIENTS.issue_cert("client.test"))
        assert not shown(bound, new, other.issue_cert("client.test"))
        other.cert_pem.write_to_path(spoiled)
        assert shown(bound, new, other.issue_cert("client.test"))
        caplog.clear()
        spoiled.unlink()
        new = write(tls)
        assert shown(bound, new, other.issue_cert("client.test"))
        assert shown(bound, new, CLIENTS.issue_cert("client.test"))
        assert tls.problem() == ""
    told = [one for one in caplog.records if one.message == "files.refused"]
    assert [vars(one)["files"] for one in told] == [[str(spoiled)]]
    assert "No such file" in vars(told[0])["problem"]


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_client_whose_certificate_is_taken_away_can_not_resume_its_session(
    tls: ListenerTls, version: ssl.TLSVersion
) -> None:
    authority, leaves = write(tls), trustme.CA()
    known = tls.certificate.with_name("client.pem")
    known.write_bytes(CLIENTS.cert_pem.bytes() + leaves.cert_pem.bytes())
    tls.clients = (known,)
    context = ssl.create_default_context()
    context.maximum_version = version
    authority.configure_trust(context)
    leaves.issue_cert("client.test").configure_cert(context)

    def let_in(
        bound: socket.socket, session: ssl.SSLSession | None = None
    ) -> tuple[bool, ssl.SSLSession | None]:
        try:
            with (
                socket.create_connection(bound.getsockname(), 10) as plain,
                context.wrap_socket(plain, server_hostname="127.0.0.1", session=session) as secret,
            ):
                secret.send(b"?")
                return secret.recv(1) == b"!", secret.session
        except (ssl.SSLError, ConnectionError):
            return False, None

    with listening(tls) as bound:
        known_one, session = let_in(bound)
        # TLS 1.2, whose sessions can't be kept from being resumed, is not spoken at all.
        assert known_one is (version is ssl.TLSVersion.TLSv1_3)
        CLIENTS.cert_pem.write_to_path(known)
        assert let_in(bound, session) == (False, None)
