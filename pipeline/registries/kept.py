"""Answers and the query log in the database: facts in the clear, personal fields sealed."""

import json
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any, Self

from pydantic import TypeAdapter
from sqlalchemy import Connection, insert, select

from models.database import Database
from models.registry_tables import RegistryAnswer, RegistryQuery
from models.values.lookups import Purpose
from models.values.permits import Permit
from models.values.registry import Party, RegisteredVehicle
from models.vault import Vault, VaultError
from pipeline.registries.asking import Found, Outcome
from pipeline.registries.contract import Query

FLUSH = 200
_IN_MAX = 500
_VEHICLE, _PERMITS, _PARTY = (
    TypeAdapter(RegisteredVehicle),
    TypeAdapter(tuple[Permit, ...]),
    TypeAdapter(Party),
)

# What a question is about: plate, colour, and the day where it is of permits.
Subject = tuple[str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAnswer:
    """An answer as it is kept; `answered_at_ms` shows its age."""

    id: int
    source: str
    answered_at_ms: int
    found: Found


def subject_of(query: Query) -> Subject:
    """Return what a query is about."""
    day = str(query.day) if query.purpose is Purpose.PERMIT else ""
    return query.plate.text, query.plate.colour.value, day


@dataclass(slots=True, kw_only=True)
class Recorder:
    """Writes outcomes as they come, some at a time, so that a killed run loses few.

    What a near miss answered is logged but not kept: it is most often somebody else's registration. It stays
    in `outcomes` until it is known whether it fits.
    """

    database: Database
    vault: Vault
    asked_by: str
    outcomes: dict[Query, Outcome] = field(default_factory=dict)
    ids: dict[Subject, int] = field(default_factory=dict)
    _waiting: list[Outcome] = field(default_factory=list)
    # Beside the asking: while some are written, others are asked.
    _writer: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1))
    _written: list[Future[None]] = field(default_factory=list)

    def __enter__(self) -> Self:
        """Record until the end of the block, whatever ends it."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write what is left."""
        try:
            self.flush()
        finally:
            self._writer.shutdown()

    def keep(self, outcome: Outcome) -> None:
        """Take one outcome."""
        self.outcomes[outcome.query] = outcome
        self._waiting.append(outcome)
        if len(self._waiting) >= FLUSH:
            self._begin_writing()

    def flush(self) -> None:
        """Wait until all that was taken is written."""
        self._begin_writing()
        while self._written:
            self._written.pop().result()

    def _begin_writing(self) -> None:
        if self._waiting:
            self._written.append(self._writer.submit(self._write, self._waiting))
            self._waiting = []

    def _write(self, outcomes: list[Outcome]) -> None:
        kept = [one for one in outcomes if one.waits is None and one.query.purpose is not Purpose.NEAR_MISS]
        asked = [_log_row(one, self.asked_by) for one in outcomes if one.sent]
        with self.database.write("registries.answered") as connection:
            if kept:
                made = insert(RegistryAnswer).returning(RegistryAnswer.id, sort_by_parameter_order=True)
                ids = connection.scalars(made, [answer_row(self.vault, one) for one in kept]).all()
                self.ids |= {subject_of(one.query): number for one, number in zip(kept, ids, strict=True)}
            if asked:
                connection.execute(insert(RegistryQuery), asked)


def answer_row(vault: Vault, outcome: Outcome) -> dict[str, Any]:
    """Return an answer as a row: its party apart from its facts, under seal."""
    plate, colour, day = subject_of(outcome.query)
    found = outcome.found
    facts, sealed = "", None
    if isinstance(found, RegisteredVehicle):
        facts = _VEHICLE.dump_json(found, exclude={"party"}).decode()
        if found.party is not None:
            sealed = vault.seal(_PARTY.dump_json(found.party).decode(), _place(outcome.source, plate))
    elif found is not None:
        facts = _PERMITS.dump_json(found).decode()
    return {
        "source": outcome.source,
        "plate": plate,
        "colour": colour,
        "subject": day,
        "answered_at": outcome.asked_at_ms,
        "facts": facts,
        "sealed": sealed,
        "key_id": vault.key_id if sealed else "",
    }


def _log_row(outcome: Outcome, asked_by: str) -> dict[str, Any]:
    found = "found" if outcome.found else "none"
    return {
        "asked_at": outcome.asked_at_ms,
        "source": outcome.source,
        "purpose": outcome.query.purpose.value,
        "case_id": outcome.query.case_id,
        "asked_by": asked_by,
        "plate": outcome.query.plate.text,
        "outcome": outcome.waits.value if outcome.waits else found,
    }


def recent_answers(
    connection: Connection,
    vault: Vault,
    subjects: Collection[Subject],
    *,
    found_since_ms: int,
    none_since_ms: int,
) -> dict[Subject, KeptAnswer]:
    """Return the latest answer about each subject, if it is no older than asked for.

    That there is no such vehicle, or no permit, is believed for a shorter time. What can't be opened any
    more counts as never answered.
    """
    wanted, found = set(subjects), {}
    for part in _parts(sorted({plate for plate, _, _ in wanted})):
        rows = connection.execute(
            select(RegistryAnswer)
            .where(RegistryAnswer.plate.in_(part), RegistryAnswer.answered_at >= found_since_ms)
            .order_by(RegistryAnswer.answered_at, RegistryAnswer.id)
        )
        for row in rows:
            subject = (row.plate, row.colour, row.subject)
            is_none = row.facts in {"", "[]"}
            if subject in wanted and (not is_none or row.answered_at >= none_since_ms):
                with suppress(VaultError):
                    found[subject] = _kept(row, vault)
    return found


def party_of(connection: Connection, vault: Vault, answer_id: int) -> Party | None:
    """Open the party of an answer, None where the registry gave none or its time is over.

    Raises:
        VaultError: the key is not here, or the row was changed.

    """
    return _party(
        connection.execute(select(RegistryAnswer).where(RegistryAnswer.id == answer_id)).one(), vault
    )


def resealed(row: Any, vault: Vault) -> dict[str, Any]:  # noqa: ANN401 (a row)
    """Return the sealed fields of a row under the current key."""
    place = _place(row.source, row.plate)
    return {"sealed": vault.seal(vault.open(row.sealed, row.key_id, place), place), "key_id": vault.key_id}


def _party(row: Any, vault: Vault) -> Party | None:  # noqa: ANN401 (a row)
    if row.sealed is None:
        return None
    return _PARTY.validate_json(vault.open(row.sealed, row.key_id, _place(row.source, row.plate)))


def _kept(row: Any, vault: Vault) -> KeptAnswer:  # noqa: ANN401 (a row)
    found: Found = None
    if row.subject:
        found = _PERMITS.validate_json(row.facts)
    elif row.facts:
        found = replace(_VEHICLE.validate_json(row.facts), party=_party(row, vault))
    return KeptAnswer(id=row.id, source=row.source, answered_at_ms=row.answered_at, found=found)


def _place(source: str, plate: str) -> str:
    return json.dumps([source, plate], ensure_ascii=False)


def _parts(values: Sequence[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(values), _IN_MAX):
        yield list(values[start : start + _IN_MAX])
