"""A fine lowered because a statement was accepted in part: by whom, on which ground, and what follows.

The sums of an overload are set by the tonne, so that less than the calculation's is a mitigation and needs
one of the grounds of 行政处罚法 art. 32; the legal review looks at it before the decision (art. 58).
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from models.case_tables import CaseLife
from models.defence_tables import LoweredFine
from models.document_tables import Document
from models.errors import NotDoneError
from models.values.case_life import BEFORE_DECISION, CaseState
from models.values.documents import DocumentState
from models.values.money import format_yuan
from models.values.service import Mitigation
from notices.documents.kinds import DocumentKind


class LoweringError(NotDoneError):
    """A fine can't be lowered so; the text is for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lowering:
    """What the fine is lowered to, and on which ground."""

    amount_fen: int
    ground: Mitigation


def lower(connection: Connection, case_id: int, answer_id: int, lowering: Lowering) -> None:
    """Lower the fine of a case by an answer; its decision then waits for the legal review.

    Raises:
        LoweringError: no fine was told, this is none below it, a decision is made or sealed, or the legal
            review has begun, which would not see it.

    """
    _refuse_too_late(connection, case_id)
    told_fen = connection.scalar(
        select(func.min(Document.amount_fen)).where(
            Document.case_id == case_id,
            Document.kind == DocumentKind.VIOLATION_NOTICE.value,
            Document.state == DocumentState.SEALED.value,
            Document.left_at.is_not(None),
        )
    )
    if not told_fen:
        raise LoweringError("没有告知过罚款数额，不能减轻")
    before = lowered_of(connection, case_id)
    least_fen = min(told_fen, before.amount_fen) if before else told_fen
    if not 0 < lowering.amount_fen < least_fen:
        raise LoweringError(f"减轻后的罚款应高于零、低于已告知的{format_yuan(least_fen)}")
    row = {
        "answer_id": answer_id,
        "case_id": case_id,
        "told_fen": told_fen,
        "amount_fen": lowering.amount_fen,
        "ground": lowering.ground.value,
    }
    connection.execute(insert(LoweredFine).values(row))
    connection.execute(update(CaseLife).where(CaseLife.case_id == case_id).values(asks_legal_review=True))


def _refuse_too_late(connection: Connection, case_id: int) -> None:
    held = select(CaseLife.state, CaseLife.resumes_to).where(CaseLife.case_id == case_id)
    life = connection.execute(held.with_for_update()).one()
    if life.state not in BEFORE_DECISION | {CaseState.SUSPENDED}:
        raise LoweringError("本案已经办结或者已作出决定，不能减轻")
    stage = life.resumes_to if life.state == CaseState.SUSPENDED else life.state
    if stage == CaseState.LEGAL_REVIEW:
        raise LoweringError("法制审核中，请先退回")
    sealed = select(Document.number).where(
        Document.case_id == case_id,
        Document.kind == DocumentKind.DECISION.value,
        Document.state == DocumentState.SEALED.value,
    )
    if number := connection.scalar(sealed.limit(1)):
        raise LoweringError(f"{number}：先作废已盖章的决定书")


def lowered_of(connection: Connection, case_id: int) -> Any:  # noqa: ANN401 (a row)
    """Return the lowered fine of a case (amount_fen, told_fen, ground), None where none was lowered."""
    query = select(LoweredFine.amount_fen, LoweredFine.told_fen, LoweredFine.ground).where(
        LoweredFine.case_id == case_id
    )
    return connection.execute(query.order_by(LoweredFine.answer_id.desc()).limit(1)).one_or_none()
