"""TLS of a listener: a new certificate is taken once its files change, without a restart."""

import logging
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from models.clock import clock_ms
from models.errors import MisuseError
from models.renewed import Renewed

LOGGER = logging.getLogger(__name__)


class UnusableError(MisuseError):
    """What a listener is to begin with can't be read, or its key is another."""


@dataclass(slots=True, kw_only=True)
class ListenerTls:
    """A listener's certificate and key, and the certificates of the clients that it knows.

    Every handshake looks whether the files have changed. New ones that don't fit together or don't hold stay
    out: those before them are used on, while `problem` and the log say what is wrong; until they are mended
    clients' new ones wait too. A client's that can't be read concerns that client alone: it is known by what
    was last read of it, if anything was.
    """

    certificate: Path
    key: Path
    clients: tuple[Path, ...] = ()
    _contexts: Renewed[ssl.SSLContext] | None = field(default=None, init=False)
    _known: dict[Path, bytes] = field(default_factory=dict, init=False)
    _taken: tuple[bytes, ...] = field(default=(), init=False)

    def __post_init__(self) -> None:
        self._taken = self._own()

    def context(self, _config: object, make: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
        """Return what to listen with; for uvicorn's `ssl_context_factory`, whose `make` reads both files.

        Raises:
            UnusableError: they can't be used.

        """

        def known() -> ssl.SSLContext:
            made = make()
            if not self.clients:
                return made
            # No session is resumed: it would let in a client whose certificate was taken away since. TLS 1.2
            # remembers sessions without tickets too, and Python can't turn that off.
            made.minimum_version, made.num_tickets = ssl.TLSVersion.TLSv1_3, 0
            # Each certificate known counts by itself: the new one beside the one before, of the same name.
            made.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
            for one in self.clients:
                if der := self._client(one):
                    made.load_verify_locations(cadata=der)
            return made

        files = (self.certificate, self.key, *self.clients)
        try:
            contexts = Renewed(files, known, unfit=self.unfit)
        except (OSError, ValueError) as error:
            raise UnusableError(f"{', '.join(map(str, files))}: {error}") from error
        self._contexts = contexts

        def at_handshake(connection: ssl.SSLObject, _name: str | None, _before: ssl.SSLContext) -> None:
            connection.context = contexts.latest()[0]

        first = contexts.latest()[0]
        # Called in every handshake, of clients that name no server too.
        first.sni_callback = at_handshake
        return first

    def _client(self, path: Path) -> bytes:
        """Return a client's certificates one behind the other, as they could last be read."""
        try:
            read = x509.load_pem_x509_certificates(path.read_bytes())
        except (OSError, ValueError) as error:
            LOGGER.warning("files.refused", extra={"files": [str(path)], "problem": f"{path}: {error}"})
        else:
            self._known[path] = b"".join(one.public_bytes(Encoding.DER) for one in read)
        return self._known.get(path, b"")

    def problem(self) -> str:
        """Return why its own files as they are now can't be used or don't hold; "" where they do."""
        refused = self._contexts.latest()[1] if self._contexts else ""
        return refused or self._own_problem()

    def unfit(self) -> str:
        """Return why its own files are not to be taken; "" where they hold, or are in use already.

        What has expired in use keeps no client's new certificate out.
        """
        own = self._own()
        if own and own == self._taken:
            return ""
        problem = self._own_problem()
        if not problem:
            self._taken = own
        return problem

    def _own(self) -> tuple[bytes, ...]:
        try:
            return self.certificate.read_bytes(), self.key.read_bytes()
        except OSError:
            return ()

    def _own_problem(self) -> str:
        try:
            # Without a passphrase: nobody is there to be asked for one.
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(self.certificate, self.key, lambda: "")
        except (OSError, ValueError) as error:
            return f"{self.certificate}, {self.key}: {error}"
        return validity_problem(self.certificate)


def validity_problem(path: Path, ahead: timedelta = timedelta(), now_ms: Callable[[], int] = clock_ms) -> str:
    """Return why a certificate in PEM does not hold now and for some time ahead; "" where it does."""
    try:
        found = x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError) as error:
        return f"{path}: {error}"
    now = datetime.fromtimestamp(now_ms() / 1000, UTC)
    begins, ends = found.not_valid_before_utc, found.not_valid_after_utc
    if begins > now:
        return f"{path}: valid only from {begins:%Y-%m-%d %H:%M} UTC: is the clock right?"
    if ends <= now:
        return f"{path}: expired {ends:%Y-%m-%d %H:%M} UTC"
    return f"{path}: expires {ends:%Y-%m-%d}" if ends - now <= ahead else ""
