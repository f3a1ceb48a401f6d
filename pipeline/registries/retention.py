"""Retention: what was asked and answered is deleted past its days."""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, select, union, update

from models.registry_tables import CaseLookup, RegistryAnswer, RegistryQuery
from models.vault import Vault
from pipeline.registries.kept import resealed

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleted:
    """How much was deleted: answers nobody uses, parties of old cases, lines of the query log."""

    answers: int
    parties: int
    queries: int


def delete_old(connection: Connection, now_ms: int, *, cache_days: float, keep_days: float) -> Deleted:
    """Delete answers no case rests on after `cache_days`, parties and the query log after `keep_days`."""
    cached_since, kept_since = int(now_ms - cache_days * DAY_MS), int(now_ms - keep_days * DAY_MS)
    used = union(
        select(CaseLookup.vehicle_answer_id).where(CaseLookup.vehicle_answer_id.is_not(None)),
        select(CaseLookup.trailer_answer_id).where(CaseLookup.trailer_answer_id.is_not(None)),
        select(CaseLookup.permit_answer_id).where(CaseLookup.permit_answer_id.is_not(None)),
    )
    unused = delete(RegistryAnswer).where(
        RegistryAnswer.answered_at < cached_since, RegistryAnswer.id.not_in(used)
    )
    over = (
        update(RegistryAnswer)
        .where(RegistryAnswer.answered_at < kept_since, RegistryAnswer.sealed.is_not(None))
        .values(sealed=None, key_id="")
    )
    old = delete(RegistryQuery).where(RegistryQuery.asked_at < kept_since)
    return Deleted(
        answers=connection.execute(unused).rowcount,
        parties=connection.execute(over).rowcount,
        queries=connection.execute(old).rowcount,
    )


def reseal(connection: Connection, vault: Vault) -> int:
    """Seal under the current key what is sealed under an older one; return how many rows."""
    older = select(RegistryAnswer).where(
        RegistryAnswer.sealed.is_not(None), RegistryAnswer.key_id != vault.key_id
    )
    rows = connection.execute(older).all()
    for row in rows:
        connection.execute(
            update(RegistryAnswer).where(RegistryAnswer.id == row.id).values(resealed(row, vault))
        )
    return len(rows)
