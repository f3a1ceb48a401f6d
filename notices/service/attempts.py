"""Attempts to serve: how each begins and ends, and the step that a service means; rows are only appended."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from models import audit
from models.case_life import ZONE, Step, life_query, move, standing_of
from models.case_tables import CaseLife
from models.document_tables import Document
from models.errors import NotDoneError
from models.service_tables import ServedDocument, ServiceAttempt, ServiceResult
from models.tables import Case
from models.values.case_life import CaseState, obstacle
from models.values.office import Action, Actor
from models.values.periods import LONGER
from models.values.service import Channel, Outcome
from models.values.timeline import from_ms
from notices.documents.issue import hand_out, sound_row
from notices.documents.kinds import DocumentKind
from notices.service import rules
from notices.service.attempt_rows import (
    attempt_query,
    attempts_query,
    failures,
)
from notices.service.leaving import hold_case, obstacle_to_leaving
from notices.service.rules import MANNERS, Reach

# What serving a document makes of its case.
LEADS_TO = {
    DocumentKind.SUMMONS: CaseState.SUMMONED,
    DocumentKind.VIOLATION_NOTICE: CaseState.NOTIFIED,
    DocumentKind.DECISION: CaseState.SERVED,
}


class ServiceError(NotDoneError):
    """Nothing was sent or noted; the text is for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How an attempt ended: the day it happened, and the digest of the proof in the store."""

    outcome: Outcome
    on: date
    tracking: str = ""
    reason: str = ""
    proof_sha256: str = ""


def document_row(connection: Connection, number: str) -> Any:  # noqa: ANN401 (a row)
    """Return a document by its number, with its case's.

    Raises:
        ServiceError: there is no such number.

    """
    query = (
        select(*Document.__table__.columns, Case.number.label("case_number"))
        .join(Case, Case.id == Document.case_id)
        .where(Document.number == number)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        raise ServiceError(f"没有文书 {number}")
    return row


def begin(  # noqa: PLR0913 (each says something else of the attempt)
    connection: Connection,
    number: str,
    channel: Channel,
    reach: Reach,
    *,
    problem_of: Callable[[Row[Any]], str],
    contact_id: int | None,
    actor: Actor,
    at_ms: int,
) -> Row[Any]:
    """Begin to serve a document by a channel; its sealed file is handed out with it.

    Raises:
        ServiceError: served already, under way, not by this channel now, or its case stands elsewhere.
        NumberError: the document is not sealed, or not sound.

    """
    document = document_row(connection, number)
    today = from_ms(at_ms, ZONE).date()
    hold_case(connection, document.case_id)
    if refused := obstacle_to_leaving(connection, document, today):
        raise ServiceError(refused)
    sha256 = hand_out(connection, number, problem_of)
    if _served(connection, document.id):
        raise ServiceError(f"{number} 已经送达")
    of_document = attempts_query().where(ServiceAttempt.document_id == document.id)
    rows = connection.execute(of_document.order_by(ServiceAttempt.number)).all()
    if open_ones := [row for row in rows if row.outcome is None]:
        raise ServiceError(f"{number} 正在以{Channel(open_ones[0].channel).label}方式送达，尚无结果")
    kind = DocumentKind(document.kind)
    if refused := rules.obstacle(kind, channel, reach, failures(connection, document.id)):
        raise ServiceError(f"{number} 不能采用{channel.label}：{refused}")
    values = {
        "document_id": document.id,
        "number": len(rows) + 1,
        "channel": channel.value,
        # Not to be guessed, and the same however often the attempt is sent.
        "reference": f"{document.code}-{len(rows) + 1}-{secrets.token_hex(4)}",
        "sha256": sha256,
        "contact_id": contact_id,
        "at": at_ms,
        "officer_id": actor.officer_id,
        "due_on": str(today + timedelta(days=MANNERS[channel].wait_days)),
    }
    made = insert(ServiceAttempt).values(values).returning(*ServiceAttempt.__table__.columns)
    attempt = connection.execute(made).one()
    detail = {"document": number, "attempt": attempt.number, "channel": channel.value, "sha256": sha256}
    audit.append(connection, actor, Action.SERVICE, document.case_number, at_ms=at_ms, detail=detail)
    return attempt


def _served(connection: Connection, document_id: int) -> bool:
    found = select(ServedDocument.document_id).where(ServedDocument.document_id == document_id)
    return connection.execute(found).one_or_none() is not None


def note(
    connection: Connection,
    reference: str,
    ending: Ending,
    *,
    problem_of: Callable[[Row[Any]], str],
    actor: Actor,
    at_ms: int,
    announced_days: int = LONGER,
) -> bool:
    """Note what came of an attempt; return False where the same was noted before.

    A delivery makes the document a served one, and moves its case on where it stands there: summoned,
    notified, served. The clocks of the case run from the day that counts, whenever it is noted.

    Raises:
        ServiceError: no such attempt, it ended otherwise, the day is none, or the proof is missing.
        NumberError: delivered is what is void by now, or no longer sound.

    """
    attempt = connection.execute(attempt_query().where(ServiceAttempt.reference == reference)).one_or_none()
    if attempt is None:
        raise ServiceError(f"没有送达记录 {reference}")
    if _noted(connection, attempt, ending):
        return False
    if ending.outcome is Outcome.DELIVERED:
        sound_row(connection, attempt.document, problem_of)
    served = _check(attempt, ending, from_ms(at_ms, ZONE).date(), announced_days)
    _append(connection, attempt, ending, actor, at_ms)
    if ending.outcome is Outcome.DELIVERED:
        row = {"document_id": attempt.document_id, "attempt_id": attempt.id, "at": at_ms}
        row |= {"outcome": ending.outcome.value} | served
        connection.execute(insert(ServedDocument).values(row))
        _move_on(connection, attempt, actor, at_ms)
    # Last: the log's end stays locked until the transaction ends.
    detail = {
        "document": attempt.document,
        "channel": attempt.channel,
        "outcome": ending.outcome.value,
        "on": str(ending.on),
        "proof": ending.proof_sha256,
    }
    audit.append(connection, actor, Action.SERVICE, attempt.case_number, at_ms=at_ms, detail=detail)
    return True


def _check(attempt: Row[Any], ending: Ending, today: date, announced_days: int) -> dict[str, str]:
    """Refuse an ending that can't be; return the day that counts, and its article."""
    began, channel = from_ms(attempt.at, ZONE).date(), Channel(attempt.channel)
    if not began <= ending.on <= today:
        raise ServiceError(f"{attempt.document}：{ending.on}不在开始送达之日{began}与今日之间")
    counts_on = rules.served_on(channel, ending.on, announced_days)
    if ending.outcome is Outcome.DELIVERED:
        if not ending.proof_sha256:
            raise ServiceError(f"{attempt.document}：送达须有证明（回证、回执、截图等）")
        if channel is Channel.ANNOUNCEMENT and counts_on >= today:
            raise ServiceError(f"{attempt.document}：公告期限至{counts_on}届满，次日起视为送达")
    kind = DocumentKind(attempt.kind)
    article = rules.article_of(kind, channel, consent=bool(attempt.consent), announced_days=announced_days)
    return {"served_on": str(counts_on), "article": article}


def _noted(connection: Connection, attempt: Row[Any], ending: Ending) -> bool:
    """Tell whether the same outcome stands already; an attempt ends once."""
    told = select(ServiceResult.outcome).where(ServiceResult.attempt_id == attempt.id)
    outcomes = set(connection.scalars(told))
    if ending.outcome.value in outcomes:
        return True
    ended = outcomes & {Outcome.DELIVERED.value, Outcome.FAILED.value}
    if ended:
        raise ServiceError(f"{attempt.reference}：早已登记为“{Outcome(ended.pop()).label}”")
    return False


def _append(connection: Connection, attempt: Row[Any], ending: Ending, actor: Actor, at_ms: int) -> None:
    connection.execute(
        insert(ServiceResult).values(
            attempt_id=attempt.id,
            outcome=ending.outcome.value,
            at=at_ms,
            officer_id=actor.officer_id,
            on_day=str(ending.on),
            tracking=ending.tracking,
            reason=ending.reason or ("" if ending.outcome is not Outcome.FAILED else "未说明原因"),
            proof_sha256=ending.proof_sha256,
        )
    )


def _move_on(connection: Connection, attempt: Row[Any], actor: Actor, at_ms: int) -> None:
    """Take the step that the service means, where the case stands before it; elsewhere a person does."""
    to = LEADS_TO.get(DocumentKind(attempt.kind))
    life = connection.execute(life_query().where(CaseLife.case_id == attempt.case_id)).one_or_none()
    if to is None or life is None or obstacle(standing_of(life), to) or life.state == CaseState.SUSPENDED:
        return
    step = Step(
        case_id=attempt.case_id,
        version=life.version,
        to=to,
        actor=actor,
        at_ms=at_ms,
        note=f"{attempt.document}，{Channel(attempt.channel).label}",
    )
    move(connection, step)
