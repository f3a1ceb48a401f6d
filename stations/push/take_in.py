"""Take-in: what a station delivered, whatever way it came, stored and committed before it is answered."""

import hashlib
import io
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

from sqlalchemy import Connection, func, select

from models import edges
from models.database import Database, DatabaseUnavailableError
from models.files import StoredFile
from models.inserts import insert_new
from models.push_tables import DeliveryRow
from models.tables import Quarantine
from models.values.states import QuarantineState, Via
from stations.formats import record_format
from stations.formats.base import Problem
from stations.intake import Intake
from stations.push.credentials import Credential, Tokens
from stations.push.heard import heard
from stations.push.refusals import Reason, RefusedError
from stations.source_files import Named, RowCounts, known_of
from stations.station import Station

LOGGER = logging.getLogger(__name__)
NOT_NOW_S, FULL_S = 5, 3600
DISK_THREADS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One file as it would lie in the station's drop folder: records, or a frame by its name."""

    station: Station
    credential: Credential
    via: Via
    name: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What was taken and is kept for good; `known` says that it was all here before.

    `problems` are rows, or the whole file (row 0), that lie in quarantine.
    """

    name: str
    sha256: str
    known: bool
    counts: RowCounts
    problems: tuple[Problem, ...]


def records_name(station: Station, body: bytes) -> str:
    """Return the name that a message of records gets: the same for the same bytes."""
    suffix = min(record_format(station).suffixes)
    return f"push-{hashlib.sha256(body).hexdigest()[:32]}{suffix}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeIn:
    """Takes deliveries of any stations, many in one transaction."""

    intake: Intake
    future_ms: int
    quarantine_max: int
    tokens: Tokens = field(init=False)
    _disk: ThreadPoolExecutor = field(
        init=False, default_factory=partial(ThreadPoolExecutor, DISK_THREADS, "disk")
    )

    def __post_init__(self) -> None:
        """Remember no token yet."""
        object.__setattr__(self, "tokens", Tokens(database=self.database))

    @property
    def database(self) -> Database:
        """Return where everything is kept."""
        return self.intake.database

    def take(self, deliveries: Sequence[Delivery]) -> list[Receipt | RefusedError]:
        """Store and commit deliveries; what can't be kept is refused, and nothing of it stays."""
        try:
            stored = self._stored(deliveries)
            edges.passed("push: stored")
            return self._take_all(deliveries, stored)
        except (DatabaseUnavailableError, OSError) as error:
            LOGGER.error("push.not_kept", extra={"error": str(error)})  # noqa: TRY400 (the message says all)
            refusal = RefusedError(Reason.NOT_NOW, "nothing can be kept just now; send it again", NOT_NOW_S)
            return [refusal] * len(deliveries)

    def _stored(self, deliveries: Sequence[Delivery]) -> list[StoredFile]:
        """Put all on disk; the disk writes at once what it is asked for at the same time."""
        put = self.intake.store.put
        return list(self._disk.map(lambda delivery: put(io.BytesIO(delivery.body)), deliveries))

    def _take_all(
        self, deliveries: Sequence[Delivery], stored: Sequence[StoredFile]
    ) -> list[Receipt | RefusedError]:
        try:
            return self._commit(lambda connection: self._each(connection, deliveries, stored))
        except (DatabaseUnavailableError, OSError):
            raise
        except Exception:
            if len(deliveries) > 1:
                # One that nobody foresaw must not keep the others out.
                return [
                    self._take_all([one], [file])[0] for one, file in zip(deliveries, stored, strict=True)
                ]
            LOGGER.exception(
                "push.failed", extra={"station": deliveries[0].station.id, "sha256": stored[0].sha256}
            )
            return [RefusedError(Reason.NOT_NOW, "this can't be taken just now", FULL_S)]

    def _commit(
        self, work: Callable[[Connection], list[Receipt | RefusedError]]
    ) -> list[Receipt | RefusedError]:
        with self.database.write("push.taken") as connection:
            return work(connection)

    def _each(
        self, connection: Connection, deliveries: Sequence[Delivery], stored: Sequence[StoredFile]
    ) -> list[Receipt | RefusedError]:
        now_ms = self.intake.now_ms()
        # Asked again: a body may come long after its head, and wait for others.
        revoked = self.tokens.revoked(connection, {delivery.credential.id for delivery in deliveries})
        full = set()
        holds = (delivery.station.id for delivery in deliveries if delivery.credential.id not in revoked)
        for station_id in sorted(set(holds)):
            heard(connection, station_id, now_ms)
            if self._open_reasons(connection, station_id) >= self.quarantine_max:
                full.add(station_id)
        files = [
            Named(delivery.station.id, delivery.name, file.sha256)
            for delivery, file in zip(deliveries, stored, strict=True)
        ]
        known = known_of(connection, files)
        answers: list[Receipt | RefusedError] = []
        for delivery, file, named in zip(deliveries, stored, files, strict=True):
            if delivery.credential.id in revoked:
                answers.append(RefusedError(Reason.REVOKED_CREDENTIAL, "the credential was revoked"))
            elif named in known:
                answers.append(
                    Receipt(
                        name=delivery.name, sha256=file.sha256, known=True, counts=RowCounts(), problems=()
                    )
                )
            elif delivery.station.id in full:
                detail = (
                    f"{self.quarantine_max} reasons wait in quarantine; a person has to look at them first"
                )
                answers.append(RefusedError(Reason.QUARANTINE_FULL, detail, FULL_S))
            else:
                receipt = self._one(connection, delivery, file, now_ms)
                answers.append(receipt)
                if not receipt.problems:
                    known.add(named)
        return answers

    def _one(self, connection: Connection, delivery: Delivery, stored: StoredFile, now_ms: int) -> Receipt:
        station, name = delivery.station, delivery.name
        taken = self.intake.take_stored(connection, station, name, stored, now_ms + self.future_ms)
        row = {
            "source_id": taken.source_id,
            "credential_id": delivery.credential.id,
            "via": delivery.via.value,
            "received_at": now_ms,
        }
        connection.execute(insert_new(connection, DeliveryRow), row)
        known = bool(taken.counts.rows) and taken.counts.rows == taken.counts.rows_known
        return Receipt(
            name=name, sha256=stored.sha256, known=known, counts=taken.counts, problems=taken.problems
        )

    def _open_reasons(self, connection: Connection, station_id: str) -> int:
        # Counted no further than the bound; the index begins with the station.
        some = (
            select(Quarantine.id)
            .where(Quarantine.station_id == station_id, Quarantine.state == QuarantineState.OPEN)
            .limit(self.quarantine_max)
        )
        return connection.scalar(select(func.count()).select_from(some.subquery())) or 0
