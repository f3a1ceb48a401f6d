"""Issuing: number, page, seal and file, each once; what is refused leaves its case waiting."""

import io
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, select, update

from models.database import Database
from models.document_tables import Document
from models.files import FileStore
from models.leases import now_ms
from models.trace import trace_of_case, traced
from models.values.documents import DocumentState
from models.values.timeline import to_ms
from notices.documents.numbers import NumberError, Taken, Wanted, find, reserve
from notices.documents.paper import Fined, Paper
from notices.documents.render import Renderer, RenderError
from notices.seal.error import SealError
from notices.seal.sealer import SealedDocument, Sealer

LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A sealed document on file; `is_new` says whether this call issued it."""

    number: str
    sha256: str
    path: Path
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """What issues the documents of one agency."""

    database: Database
    store: FileStore
    renderer: Renderer
    sealer: Sealer

    def issue(self, paper: Paper, case_id: int, day: date, copy: int = 1) -> Issued:
        """Issue a document, or return the one issued before for this case, kind and copy.

        The number is taken first and kept whatever follows, so a run that is killed or refused goes on
        with the same number, date and code; `day` counts for a new number only.

        Raises:
            RenderError, SealError: nothing is issued; the register says why beside the number.
            NumberError: the number was declared void.

        """
        wanted = Wanted(agency=paper.agency.mark, kind=paper.kind, case_id=case_id, copy=copy)
        with self.database.read() as connection:
            taken, trace = find(connection, wanted), trace_of_case(connection, case_id)
        with traced(trace):
            return self._issue(paper, wanted, taken, day)

    def _issue(self, paper: Paper, wanted: Wanted, taken: Taken | None, day: date) -> Issued:
        if taken is None:
            # A seal that can't be used takes no number.
            self.sealer.refuse_unless_ready()
            with self.database.write("document.numbered") as connection:
                taken = reserve(connection, wanted, day)
        if taken.state is DocumentState.VOID:
            raise NumberError(f"{taken.act.number} is void ({taken.reason}); issue another copy")
        if taken.sha256:
            return self._issued(taken.act.number, taken.sha256, is_new=False)
        try:
            sealed = self.sealer.seal(self.renderer.render(paper.numbered(taken.act)))
        except (RenderError, SealError) as error:
            with self.database.write("document.refused") as connection:
                _explain(connection, taken, str(error))
            LOGGER.warning("document.refused", extra={"document": taken.act.number, "reason": str(error)})
            raise
        return self._file(taken, sealed, _penalty_fen(paper))

    def _file(self, taken: Taken, sealed: SealedDocument, penalty_fen: int | None) -> Issued:
        stored = self.store.put(io.BytesIO(sealed.pdf))
        with self.database.write("document.sealed") as connection:
            kept = _seal_row(connection, taken, sealed, stored.sha256, penalty_fen)
            sha256 = connection.scalar(select(Document.sha256).where(Document.id == taken.document_id))
        if not kept and stored.sha256 != sha256:
            # Another run sealed the same number first: one number, one sealed file.
            stored.path.unlink(missing_ok=True)
        if not sha256:
            raise NumberError(f"{taken.act.number} was declared void meanwhile")
        LOGGER.info("document.issued", extra={"document": taken.act.number})
        return self._issued(taken.act.number, sha256, is_new=kept)

    def _issued(self, number: str, sha256: str, *, is_new: bool) -> Issued:
        return Issued(number=number, sha256=sha256, path=self.store.path(sha256), is_new=is_new)


def _penalty_fen(paper: Paper) -> int | None:
    """Return the fine that a document names, 0 for a warning, None where it names no penalty."""
    return (paper.amount_fen or 0) if isinstance(paper, Fined) else None


def _seal_row(
    connection: Connection, taken: Taken, sealed: SealedDocument, sha256: str, penalty_fen: int | None
) -> bool:
    kept = connection.execute(
        update(Document)
        .where(Document.id == taken.document_id, Document.state == DocumentState.RESERVED.value)
        .values(
            state=DocumentState.SEALED.value,
            reason="",
            sha256=sha256,
            amount_fen=penalty_fen,
            sm2=sealed.sm2.hex() if sealed.sm2 else None,
            sealed_by=sealed.sealed_by,
            certificate=sealed.certificate_sha256,
            sealed_at=to_ms(sealed.sealed_at),
            stamped_at=to_ms(sealed.stamped_at) if sealed.stamped_at else None,
        )
        .returning(Document.id)
    )
    return kept.one_or_none() is not None


def _explain(connection: Connection, taken: Taken, reason: str) -> None:
    waiting = (Document.id == taken.document_id) & (Document.state == DocumentState.RESERVED.value)
    connection.execute(update(Document).where(waiting).values(reason=reason))


def sound_row(connection: Connection, number: str, problem_of: Callable[[Row[Any]], str]) -> Row[Any]:
    """Return the row of a document that may leave, or count as served, now.

    `problem_of` says of its row in the register what is wrong with it as it lies there, "" where nothing is.

    Raises:
        NumberError: the number is unknown, void, no document is sealed under it, or it is not sound.

    """
    row = connection.execute(select(Document.__table__).where(Document.number == number)).one_or_none()
    if row is None or row.state != DocumentState.SEALED.value:
        state = DocumentState(row.state).label if row else "unknown"
        raise NumberError(f"{number}: {state}; only a sealed document can leave or count as served")
    if problem := problem_of(row):
        raise NumberError(
            f"{number}: 核验不通过，不得送出或计为送达: {problem}。"
            "文书确有问题的，先作废（documents --void）；本机缺少校验材料的，先补齐"
        )
    return row


def hand_out(connection: Connection, number: str, problem_of: Callable[[Row[Any]], str]) -> str:
    """Record that a sealed document leaves, and return the digest of its file.

    Raises:
        NumberError: it may not leave (`sound_row`).

    """
    row = sound_row(connection, number, problem_of)
    if row.left_at is None:
        leaving = update(Document).where(Document.number == number)
        connection.execute(leaving.values(left_at=now_ms(connection)))
    return str(row.sha256)
