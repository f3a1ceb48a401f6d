"""Reviews of a case: two different officers, a team leader where they disagree, nothing overwritten."""

import secrets
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from models import audit
from models.case_life import CaseMovedError, Step, StepRefusedError, move
from models.case_tables import CaseLife, CaseReview, PlateCorrection
from models.tables import Finding, Judgement
from models.values.case_life import IN_REVIEW, CaseState, RejectReason, Verdict
from models.values.office import PROGRAM, Action, Role
from pipeline.plates.grammar import DIGITS, OFFICES, PROVINCES, pattern_of
from review.accounts import Visitor
from review.refusals import BadInputError, NotAllowedError

UNKNOWN = "?"
PLATE_CHARACTERS = frozenset(PROVINCES + DIGITS + OFFICES + "挂学警港澳使领" + UNKNOWN)
LONGEST_PLATE = 8
CHANCES = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """A verdict as it was given: the reason of a dismissal, a note, and the plate that was looked at."""

    verdict: Verdict
    reason: RejectReason | None
    note: str
    plate: str


def take_up(connection: Connection, life: Row[Any], at_ms: int) -> None:
    """Begin the first review of a flagged case; the program does so when an officer takes it."""
    if life.state != CaseState.FLAGGED:
        return
    read = connection.scalar(
        select(Judgement.plate)
        .join(Finding, Finding.passage_id == Judgement.passage_id)
        .where(Finding.case_id == life.case_id, Judgement.plate != "")
        .order_by(Judgement.passage_id)
        .limit(1)
    )
    step = Step(
        case_id=life.case_id, version=life.version, to=CaseState.FIRST_REVIEW, actor=PROGRAM, at_ms=at_ms
    )
    # Frames that came late may have told the plate since the case was opened.
    move(connection, step, {"plate": life.plate or read or ""})


def give_verdict(
    connection: Connection, life: Row[Any], visitor: Visitor, opinion: Opinion, *, at_ms: int, share: float
) -> CaseState:
    """Give a verdict at the stage where the case stands, and return the state it leads to.

    Raises:
        BadInputError: no reason for a dismissal, or the plate confirmed is not readable.
        NotAllowedError: this officer has reviewed it already, or is no team leader.
        CaseMovedError, StepRefusedError: nothing was changed.

    """
    stage = CaseState(life.state)
    _check(life, visitor, opinion, stage)
    match stage:
        case CaseState.FIRST_REVIEW:
            to, changes = _first(opinion, share)
            changes["first_reviewer_id"] = visitor.officer_id
        case CaseState.SECOND_REVIEW:
            to = _second(connection, life, opinion)
            changes = {"second_reviewer_id": visitor.officer_id}
        case CaseState.DISAGREED:
            to = CaseState.FILED if opinion.verdict is Verdict.CONFIRM else CaseState.DISMISSED
            changes = {"leader_id": visitor.officer_id}
        case _:
            raise StepRefusedError(f"“{stage.label}”的案件不在审核环节")
    reason = opinion.reason.value if opinion.reason else ""
    review = {
        "case_id": life.case_id,
        "stage": stage.value,
        "officer_id": visitor.officer_id,
        "at": at_ms,
        "verdict": opinion.verdict.value,
        "reason": reason,
        "note": opinion.note,
        "plate": opinion.plate,
    }
    connection.execute(insert(CaseReview).values(review))
    step = Step(
        case_id=life.case_id,
        version=life.version,
        to=to,
        actor=visitor.actor,
        at_ms=at_ms,
        reason=reason,
        note=opinion.note,
    )
    move(connection, step, changes)
    audit.append(connection, visitor.actor, Action.JUDGED, life.number, at_ms=at_ms, detail=review)
    return to


def check_fresh(life: Row[Any], visitor: Visitor) -> None:
    """Refuse a further review by an officer who has reviewed the case already."""
    if life.state in IN_REVIEW and visitor.officer_id in {life.first_reviewer_id, life.second_reviewer_id}:
        raise NotAllowedError("您已审核过本案；须由另一名执法人员审核（《行政处罚法》第四十二条）")


def _check(life: Row[Any], visitor: Visitor, opinion: Opinion, stage: CaseState) -> None:
    check_fresh(life, visitor)
    if stage is CaseState.DISAGREED and visitor.role is not Role.TEAM_LEADER:
        raise NotAllowedError("初审与复审意见不一，由班长裁定")
    if opinion.verdict is Verdict.REJECT and opinion.reason is None:
        raise BadInputError("驳回须选择一项理由")
    if opinion.plate != life.plate:
        raise CaseMovedError("号牌在您查看后已被更正，请核对后再办理")
    # Without an overload the plate may be just what can't be read: others find the vehicle.
    known = life.unweighed or pattern_of(opinion.plate) is not None
    if opinion.verdict is Verdict.CONFIRM and not known:
        raise BadInputError("号牌未能完整辨认，不能确认违法；请更正号牌，或以“号牌无法辨认”驳回")


def _first(opinion: Opinion, share: float) -> tuple[CaseState, dict[str, object]]:
    changes: dict[str, object] = {"first_verdict": opinion.verdict.value}
    if opinion.verdict is Verdict.CONFIRM:
        return CaseState.SECOND_REVIEW, changes
    # The second reviewer never sees the first verdict, so a dismissal among the confirmed ones is read blind.
    if secrets.randbelow(CHANCES) < share * CHANCES:
        return CaseState.SECOND_REVIEW, changes | {"sampled": True}
    return CaseState.DISMISSED, changes


def _second(connection: Connection, life: Row[Any], opinion: Opinion) -> CaseState:
    first_plate = connection.scalar(
        select(CaseReview.plate)
        .where(CaseReview.case_id == life.case_id, CaseReview.officer_id == life.first_reviewer_id)
        .order_by(CaseReview.id.desc())
        .limit(1)
    )
    agreed = opinion.verdict == life.first_verdict
    if opinion.verdict is Verdict.REJECT:
        return CaseState.DISMISSED if agreed else CaseState.DISAGREED
    # Two officers who confirm two plates accuse two vehicles.
    return CaseState.FILED if agreed and first_plate == opinion.plate else CaseState.DISAGREED


def take_back(connection: Connection, life: Row[Any], visitor: Visitor, at_ms: int) -> None:
    """Take back one's own first verdict before a second is given; a team leader may reopen a dismissal."""
    state = CaseState(life.state)
    own = life.first_reviewer_id == visitor.officer_id
    if state is CaseState.SECOND_REVIEW and own:
        note = "初审人撤回意见"
    elif state is CaseState.DISMISSED and visitor.role is Role.TEAM_LEADER:
        note = "班长重新开启"
    else:
        raise NotAllowedError("只有初审人可在复审前撤回意见，已驳回的案件由班长重新开启")
    step = Step(
        case_id=life.case_id,
        version=life.version,
        to=CaseState.FIRST_REVIEW,
        actor=visitor.actor,
        at_ms=at_ms,
        note=note,
    )
    nobody: dict[str, object] = dict.fromkeys(("first_reviewer_id", "second_reviewer_id", "leader_id"))
    move(connection, step, nobody | {"first_verdict": "", "sampled": False})


def correct_plate(
    connection: Connection, life: Row[Any], visitor: Visitor, before: str, after: str, at_ms: int
) -> None:
    """Replace the plate as it was seen by what the officer reads; `?` stands for what can't be read.

    Raises:
        BadInputError: no plate could look so.
        CaseMovedError: somebody else corrected it meanwhile.

    """
    if len(after) > LONGEST_PLATE or not set(after) <= PLATE_CHARACTERS:
        raise BadInputError("号牌只能由号牌用字组成，看不清的字用 ? 表示，最多8位")
    if UNKNOWN not in after and after and pattern_of(after) is None:
        raise BadInputError(f"“{after}”不符合任何号牌式样（GA 36），看不清的字用 ? 表示")
    same = (CaseLife.case_id == life.case_id) & (CaseLife.plate == before)
    corrected = connection.execute(update(CaseLife).where(same).values(plate=after))
    if corrected.rowcount != 1:
        raise CaseMovedError("号牌在您查看后已被他人更正，请核对后再办理")
    row = {"case_id": life.case_id, "before": before, "after": after, "at": at_ms}
    connection.execute(insert(PlateCorrection).values(row | {"officer_id": visitor.officer_id}))
    detail = {"before": before, "after": after}
    audit.append(connection, visitor.actor, Action.CORRECTED_PLATE, life.number, at_ms=at_ms, detail=detail)
