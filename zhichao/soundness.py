"""Everything that is kept, verified: what `zhichao verify`, the schedule and a restore all ask."""

from collections.abc import Iterator
from typing import Protocol

from sqlalchemy import Connection

from models.clock import clock_ms
from models.hash_chain import Head
from notices.documents.verify import breaks as document_breaks
from notices.documents.verify import count_sealed
from notices.exchange.verify import breaks as exchange_breaks
from notices.exchange.verify import partners
from notices.service.verify import breaks as proof_breaks
from notices.service.verify import count_proofs
from pipeline.verify import breaks, originals_of
from zhichao import exchange_wiring, wiring
from zhichao.office import document_store
from zhichao.service_wiring import proof_store
from zhichao.settings import Settings
from zhichao.trusted import anchors


class Progress(Protocol):
    """Shows how far a stage has come."""

    def stage(self, label: str, total: int) -> None:
        """Begin a stage of `total` steps."""
        ...

    def step(self) -> None:
        """One step is done."""
        ...


class Silent:
    """Shows nothing."""

    def stage(self, label: str, total: int) -> None:
        """Begin."""

    def step(self) -> None:
        """Go on."""


def all_breaks(
    settings: Settings, connection: Connection, kept: Head | None, progress: Progress
) -> Iterator[str]:
    """Yield the first break of log, steps, originals, proofs, messages, and each broken document.

    What beside a seal can't be read to verify documents by is told before them.
    """
    originals = originals_of(connection, wiring.store(settings))
    progress.stage("原始文件 originals", len(originals.named))
    yield from breaks(connection, originals, kept, progress.step)
    progress.stage("签章文书 documents", count_sealed(connection))
    trusted = anchors(settings)
    yield from (one.problem for one in trusted.unread)
    yield from document_breaks(connection, document_store(settings), trusted, progress.step)
    progress.stage("送达证明 proofs", count_proofs(connection))
    yield from proof_breaks(connection, proof_store(settings), progress.step)
    if partners(connection):
        ring = exchange_wiring.key_ring(settings)
        yield from exchange_breaks(connection, settings.agency.id, ring, clock_ms())
