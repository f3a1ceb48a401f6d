"""What the console works with: database, originals, stations, the clock, and how long a visit lasts."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from threading import Lock, Semaphore
from typing import Any

from argon2 import PasswordHasher
from sqlalchemy import Connection, Row

from models import audit, clock, head_file
from models.apart import Apart
from models.database import Database
from models.files import FileStore
from models.hash_chain import Head
from models.values.registry import Party
from models.vault import Vault
from notices.casework.desk import PartnerDesk
from notices.service.desk import ServiceDesk
from notices.service.enclosures import inspector
from review.asking import Asking
from review.site import Site

MINUTE_MS = 60_000


@dataclass(slots=True, kw_only=True)
class Office:
    """One installation as the console sees it.

    `night` gives a station's day in numbers; `second_reading_share` of dismissals are read a second time.
    `asking` asks the registries again, `party` opens the owner in an answer, `bundle` writes a case's
    archive; None where an installation can't.
    `partners` is told of every step of a case, None where there is no partner.
    `vault` opens what parties wrote; `service` serves documents, `inspects` looks at files handed in.
    """

    database: Database
    store: FileStore
    sites: Mapping[str, Site]
    head_file: Path
    no_partner: bool = True
    partners: PartnerDesk | None = None
    vault: Callable[[], Vault] | None = None
    service: Callable[[], ServiceDesk] | None = None
    inspects: Apart = field(default_factory=inspector)
    clock_ms: Callable[[], int] = clock.clock_ms
    night: Callable[[Connection, str, date], Mapping[str, object]] | None = None
    asking: Asking | None = None
    party: Callable[[Connection, int], Party | None] | None = None
    bundle: Callable[[Connection, str, int], bytes] | None = None
    second_reading_share: float = 0.02
    lease_ms: int = 15 * MINUTE_MS
    idle_ms: int = 30 * MINUTE_MS
    visit_ms: int = 12 * 60 * MINUTE_MS
    hasher: PasswordHasher = field(default_factory=PasswordHasher)
    # Each verification of a password takes 64 MiB; more at once would be a way to exhaust the machine.
    hashing: Semaphore = field(default_factory=lambda: Semaphore(2))
    _seen: dict[tuple[int, str], int] = field(default_factory=dict)
    _counts: dict[str, tuple[int, dict[str, int]]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection that changes nothing."""
        with self.database.read() as connection:
            yield connection

    @contextmanager
    def write(self, edge: str) -> Iterator[Connection]:
        """Give a connection whose transaction is one edge, then note the audit log's head beside it."""
        before = end = Head(number=0, hash="")
        with self.database.write(edge) as connection:
            before = audit.head(connection)
            yield connection
            end = audit.head(connection)
        if end != before:
            with self._lock:
                head_file.note(self.head_file, end)

    @contextmanager
    def step(self, edge: str) -> Iterator[Connection]:
        """Give a connection for a step of a case; the audit log is locked last, and for a moment only."""
        with self.write(edge) as connection, audit.held_back(connection):
            if self.partners is not None:
                self.partners.lock(connection)
            yield connection

    def moved(self, connection: Connection, before: Row[Any]) -> None:
        """Tell the partners of the step that a case has just taken from its life `before`."""
        if self.partners is not None:
            self.partners.moved(connection, before)

    def first_look(self, officer_id: int, subject: str) -> bool:
        """Tell whether an officer's look at something is to be logged: once an hour for each thing."""
        now, key = self.clock_ms(), (officer_id, subject)
        with self._lock:
            if now - self._seen.get(key, -(10**12)) < 60 * MINUTE_MS:
                return False
            self._seen[key] = now
            if len(self._seen) > 100_000:  # noqa: PLR2004 (a bound on memory)
                self._seen.clear()
            return True

    def cached_counts(
        self, name: str, count: Callable[[], dict[str, int]], age_ms: int = 10_000
    ) -> dict[str, int]:
        """Return counts that may be some seconds old."""
        now = self.clock_ms()
        known = self._counts.get(name)
        if known is None or not 0 <= now - known[0] < age_ms:
            known = self._counts[name] = (now, count())
        return known[1]

    def site(self, station_id: str) -> Site | None:
        """Return a station, None where it is not declared any more."""
        return self.sites.get(station_id)
