import logging
import signal
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import trustme
import uvicorn

from models.database import Database
from notices.exchange.app import partner_app
from notices.exchange.client import MESSAGES
from notices.exchange.listener import listener, tls_of
from notices.exchange.partners import NotTakenError, UnreachableError
from notices.exchange.relay import Relay
from zhichao import exchange_wiring
from zhichao.demo_agency import two_installations
from zhichao.exchange_wiring import NotListeningError
from zhichao.settings import Settings


@pytest.fixture
def both(tmp_path: Path) -> Iterator[list[Settings]]:
    """Run the second agency's listener, which asks for certificates."""
    made = two_installations(Settings(), tmp_path)
    here = made[1]
    keys, database = exchange_wiring.keys_folder(here), Database(here.url)
    app = partner_app(exchange_wiring.exchange(here, database), here.agency.base_url)
    server = listener(app, here.agency, tls_of(here.agency, keys, [keys / here.partners[0].certificate]))
    thread = threading.Thread(target=server.run)
    thread.start()
    deadline = time.monotonic() + 60
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.05)
    yield made
    server.should_exit = True
    thread.join(60)
    database.close()


def test_without_a_certificate_nobody_comes_in(both: list[Settings]) -> None:
    own, there = both
    certificate = exchange_wiring.keys_folder(own) / own.partners[0].certificate
    with (
        httpx.Client(verify=ssl.create_default_context(cafile=str(certificate)), trust_env=False) as stranger,
        pytest.raises(httpx.TransportError),
    ):
        stranger.post(there.agency.base_url + MESSAGES, content=b"{}")


def test_with_the_certificate_the_signature_still_counts(both: list[Settings]) -> None:
    own, there = both
    with exchange_wiring.https(exchange_wiring.keys_folder(own), own.partners[0].certificate) as partner:
        assert partner.post(there.agency.base_url + MESSAGES, content=b"{}").status_code == 422
        json = {"Content-Type": "application/json"}
        assert partner.post(there.agency.base_url + MESSAGES, content=b"{}", headers=json).status_code == 401
    with exchange_wiring.client(own) as client:
        with pytest.raises(NotTakenError, match="unknown_kind"):
            client.post(there.agency.id, b"{}")
        with pytest.raises(UnreachableError, match="no address"):
            client.post("无名", b"{}")


def test_a_certificate_that_does_not_hold_yet_is_not_shown_and_the_log_tells(
    both: list[Settings], caplog: pytest.LogCaptureFixture
) -> None:
    own, there = both
    keys, authority = exchange_wiring.keys_folder(own), trustme.CA()
    with exchange_wiring.client(own) as client:
        with pytest.raises(NotTakenError, match="unknown_kind"):
            client.post(there.agency.id, b"{}")
        authority.cert_pem.write_to_path(
            exchange_wiring.keys_folder(there) / there.partners[0].certificate, append=True
        )
        tomorrow = authority.issue_cert("127.0.0.1", not_before=datetime.now(UTC) + timedelta(days=1))
        tomorrow.cert_chain_pems[0].write_to_path(keys / "tls.pem")
        tomorrow.private_key_pem.write_to_path(keys / "tls.key")
        for _ in range(2):
            with pytest.raises(NotTakenError, match="unknown_kind"):
                client.post(there.agency.id, b"{}")
    (told,) = [vars(one) for one in caplog.records if one.message == "files.refused"]
    assert "valid only from" in told["problem"]
    assert str(keys / own.partners[0].certificate) in told["files"]


def test_what_of_ours_expired_in_use_keeps_no_partners_new_certificate_out(
    both: list[Settings], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    own, there = both
    keys, authority = exchange_wiring.keys_folder(own), trustme.CA()
    expired = authority.issue_cert("127.0.0.1", not_after=datetime.now(UTC) - timedelta(days=1))
    expired.cert_chain_pems[0].write_to_path(keys / "tls.pem")
    expired.private_key_pem.write_to_path(keys / "tls.key")
    theirs = keys / own.partners[0].certificate
    with exchange_wiring.client(own) as client:
        authority.cert_pem.write_to_path(theirs, append=True)
        with pytest.raises(UnreachableError):
            client.post(there.agency.id, b"{}")
    (told,) = [one for one in caplog.records if one.message.startswith("files.")]
    assert (told.message, str(theirs) in vars(told)["files"]) == ("files.renewed", True)


def test_a_relay_that_breaks_begins_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    turns = 0
    again = threading.Event()

    def turn(_relay: Relay) -> int:
        nonlocal turns
        turns += 1
        if turns == 1:
            raise LookupError("nobody foresaw this")
        again.set()
        return 0

    monkeypatch.setattr(Relay, "turn", turn)
    monkeypatch.setattr(exchange_wiring, "AGAIN_S", 0.01)
    here = two_installations(Settings(), tmp_path)[0]
    database = Database(here.url)
    with exchange_wiring.open_to_partners(here, exchange_wiring.exchange(here, database)):
        assert again.wait(30)
    database.close()


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., None]]:
    """Serve an agency, its settings changed, until that ends by itself."""
    here = two_installations(Settings(), tmp_path)[0]
    by_file = [one.model_copy(update={"url": "", "certificate": "away.pem"}) for one in here.partners]
    database = Database(here.url)
    before = {wanted: signal.getsignal(wanted) for wanted in (signal.SIGINT, signal.SIGTERM)}

    def until_it_ends(is_open: Callable[[], None], **agency: object) -> None:
        asked = here.agency.model_copy(update={"ask_certificate": False, **agency})
        changed = {"agency": asked, "partners": by_file}
        exchange_wiring.serve(here.model_copy(update=changed), database, is_open)

    yield until_it_ends
    for wanted, handler in before.items():
        signal.signal(wanted, handler)
    database.close()


def test_a_file_of_a_partner_that_is_missing_is_named_and_the_others_are_served(
    serve: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    opened = threading.Event()

    def is_open() -> None:
        opened.set()
        raise KeyboardInterrupt

    serve(is_open, ask_certificate=True)
    assert opened.is_set()
    told = [vars(one)["problem"] for one in caplog.records if one.message == "files.refused"]
    assert len(told) == 1
    assert "away.pem: [Errno 2] No such file" in told[0]


# uvicorn ends its thread by a SystemExit.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_nobody_is_served_on_an_address_that_is_taken(serve: Callable[..., None]) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(NotListeningError, match=f"{taken.getsockname()[1]}: nobody listens"),
    ):
        serve(lambda: pytest.fail("nobody listens"), port=taken.getsockname()[1])


def test_serving_ends_once_nobody_listens_any_more(
    serve: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def at_once(_server: uvicorn.Server) -> None:
        """Serve no longer."""

    monkeypatch.setattr(uvicorn.Server, "main_loop", at_once)
    opened = list[bool]()
    with pytest.raises(NotListeningError, match="nobody listens"):
        serve(lambda: opened.append(True))
    assert opened == [True]
