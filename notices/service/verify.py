"""Verify what proves service and what parties handed in: every file by the digest that a row names."""

import hashlib
from collections.abc import Callable, Iterator

from sqlalchemy import Connection, select

from models.defence_tables import Defence, DefenceEnclosure
from models.files import FileStore
from models.service_tables import ServiceAttempt, ServiceContact, ServiceResult
from models.tables import Case


def _named(connection: Connection) -> list[tuple[str, str]]:
    """Return each digest once, with what it is of."""
    proofs = select(ServiceResult.proof_sha256, ServiceAttempt.reference).join(
        ServiceAttempt, ServiceAttempt.id == ServiceResult.attempt_id
    )
    confirmations = select(ServiceContact.confirmation_sha256, Case.number).join(
        Case, Case.id == ServiceContact.case_id
    )
    enclosures = select(DefenceEnclosure.sha256, Defence.receipt).join(
        Defence, Defence.id == DefenceEnclosure.defence_id
    )
    found: dict[str, str] = {}
    for what, query in (
        ("proof of service", proofs.where(ServiceResult.proof_sha256 != "")),
        ("address confirmation of case", confirmations.where(ServiceContact.confirmation_sha256 != "")),
        ("enclosure of statement", enclosures),
    ):
        found |= {sha256: f"{what} {of}" for sha256, of in connection.execute(query)}
    return sorted(found.items())


def count_proofs(connection: Connection) -> int:
    """Return how many files there are to read."""
    return len(_named(connection))


def breaks(connection: Connection, store: FileStore, step: Callable[[], None]) -> Iterator[str]:
    """Yield the first file that is not as it was stored; `step` is called for each one read."""
    for sha256, of in _named(connection):
        try:
            with store.path(sha256).open("rb") as source:
                same = hashlib.file_digest(source, "sha256").hexdigest() == sha256
        except OSError as error:
            yield f"{of} ({sha256}) can't be read: {error.strerror}"
            return
        if not same:
            yield f"{of} ({sha256}) was changed: its bytes have another digest"
            return
        step()
