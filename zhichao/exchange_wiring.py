"""Wires the exchange together from settings."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import httpx

from models.database import Database
from models.errors import UnavailableError
from models.files import FileStore
from models.keys import load_key, make_key
from models.leases import this_process
from models.renewed import Renewed
from notices.casework.casework import joined
from notices.exchange.app import partner_app
from notices.exchange.client import Client, Line
from notices.exchange.exchange import Exchange
from notices.exchange.keys import AgencyKey, KeyRing, public_text
from notices.exchange.listener import listener, tls_of
from notices.exchange.relay import Relay
from notices.exchange.resync import resync
from notices.exchange.tls import client_context, make_certificate
from zhichao.beside import beside
from zhichao.health import readiness
from zhichao.health.wiring import watched
from zhichao.settings import Settings

SIGNING_KEY = "agency.pem"
TIMEOUT_S = 20
LEASE_MS = 60_000
AGAIN_S, LOOK_S = 1.0, 0.02


class NotListeningError(UnavailableError):
    """The partners can't be listened for any more, or never could."""


def keys_folder(settings: Settings) -> Path:
    """Return where the agency's keys lie, and its partners' certificates."""
    return settings.data_dir / "keys"


def make_keys(settings: Settings) -> str:
    """Make the signing key and the certificate of the agency, and return the public key for its partners.

    Raises:
        FileExistsError: there are keys already; nothing is replaced.

    """
    folder, agency = keys_folder(settings), settings.agency
    key = make_key(folder / SIGNING_KEY)
    make_certificate(folder, agency.id, httpx.URL(agency.base_url).host)
    return public_text(key.private.public_key())


def exchange(settings: Settings, database: Database) -> Exchange:
    """Return the agency's side of the exchange."""
    key = load_key(keys_folder(settings) / SIGNING_KEY)
    ring = key_ring(settings)
    here = Exchange(database=database, agency=settings.agency.id, key=key, ring=ring)
    return joined(here, received_store(settings))


def received_store(settings: Settings) -> FileStore:
    """Return the files that partners sent."""
    return FileStore(settings.data_dir / "received")


def key_ring(settings: Settings) -> KeyRing:
    """Return the public keys of the agency and its partners."""
    key = load_key(keys_folder(settings) / SIGNING_KEY)
    own = AgencyKey(agency=settings.agency.id, public=key.private.public_key())
    theirs = [one for partner in settings.partners for one in partner.agency_keys()]
    return KeyRing([own, *theirs])


def client(settings: Settings) -> Client:
    """Return what brings messages to the partners that have an address."""
    folder = keys_folder(settings)
    # What our listener would not show is not shown to partners' listeners either.
    own = tls_of(settings.agency, folder, ())
    lines = {
        partner.id: Line(
            url=partner.url,
            client=Renewed(
                [folder / "tls.pem", folder / "tls.key", folder / partner.certificate],
                partial(https, folder, partner.certificate),
                httpx.Client.close,
                own.unfit,
            ),
        )
        for partner in settings.partners
        if partner.url
    }
    return Client(load_key(folder / SIGNING_KEY), lines)


def https(folder: Path, certificate: str) -> httpx.Client:
    """Return a client that knows one partner's certificate and shows the agency's own."""
    context = client_context(folder, folder / certificate)
    return httpx.Client(verify=context, timeout=TIMEOUT_S, trust_env=False)


def make_good(settings: Settings, ours: Exchange) -> None:
    """Learn from the partners what a restored backup has forgotten, and go on."""
    with client(settings) as asking:
        resync(ours, asking.partners())


@contextmanager
def open_to_partners(settings: Settings, ours: Exchange) -> Iterator[threading.Thread]:
    """Listen for the partners and send to them while the block runs, each in a thread of its own.

    A relay that breaks begins again, and /ready says so until it has gone well for a while. The block gets
    the thread that listens.

    Raises:
        UnusableError: a certificate can't be used.
        NotListeningError: the address can't be listened on.

    """
    folder = keys_folder(settings)
    certificates = [folder / partner.certificate for partner in settings.partners if partner.certificate]
    tls = tls_of(settings.agency, folder, certificates)
    app = partner_app(ours, settings.agency.base_url)
    with client(settings) as posting:
        relay = Relay(exchange=ours, partners=posting.partners(), holder=this_process(LEASE_MS))
        with beside("relay", relay.run, AGAIN_S) as goes_on:
            more = {
                **readiness.certificate(tls),
                "exchange": readiness.exchange(ours.database),
                "relay": goes_on,
            }
            served = watched("exchange", app, settings, ours.database, more)
            server = listener(served, settings.agency, tls)
            thread = threading.Thread(target=server.run, name="listener", daemon=True)
            thread.start()
            try:
                while not server.started and thread.is_alive():
                    thread.join(LOOK_S)
                if not server.started:
                    raise _not_listening(settings)
                yield thread
            finally:
                server.should_exit = True
                thread.join(2 * TIMEOUT_S)


def serve(settings: Settings, database: Database, is_open: Callable[[], None]) -> None:
    """Serve the partners until told to stop (SIGINT, SIGTERM); `is_open` is called once that works.

    Raises:
        NotListeningError: nobody listens any more.

    """
    # A handler and not a mask: threads that libraries started on import would take the signal unmasked.
    for wanted in (signal.SIGINT, signal.SIGTERM):
        signal.signal(wanted, signal.default_int_handler)
    with suppress(KeyboardInterrupt), open_to_partners(settings, exchange(settings, database)) as listening:
        is_open()
        listening.join()
        raise _not_listening(settings)


def _not_listening(settings: Settings) -> NotListeningError:
    agency = settings.agency
    return NotListeningError(f"{agency.host}:{agency.port}: nobody listens; the line before says why")
