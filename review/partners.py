"""What the pages show of the other agencies: how each stands, what waits, the other side's act of a case."""

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, or_, select

from models.case_tables import CaseLife
from models.exchange_tables import ExchangeIncident, ExchangeLog, ExchangePartner, ExchangeState, OwnClaimRow
from models.matter_tables import Attachment, Matter, RulingRow
from models.partner_tables import CaseClaim
from models.tables import Case
from notices.casework.claims import claim_of_case
from notices.casework.desk import PartnerDesk
from notices.casework.fines import StandingFine, offences, standing_fine
from notices.casework.settle import blockers
from notices.exchange import dockets, log, outbox
from notices.recognition.claim import Claim
from notices.recognition.docket import OwnClaim

SHOWN = 50
YEAR_MS = 365 * 86_400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerState:
    """How it stands with one partner; `compared_at` is 0 where its log waits to be compared with ours."""

    name: str
    problem: str
    backlog: int
    oldest_at: int | None
    number: int
    hash: str
    compared_number: int
    compared_at: int
    heard_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherAct:
    """Another claim of the same act, and the fine that stands on it."""

    claim: Claim
    fine: StandingFine | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CasePartner:
    """The other side of a case: its claim, who granted it, what stands against it, fines of a year."""

    own: OwnClaim | None
    no_fine: bool
    grants: tuple[Row[Any], ...]
    others: tuple[OtherAct, ...]
    fined_in_a_year: int
    is_refund_due: bool


def partner_states(connection: Connection, desk: PartnerDesk) -> list[PartnerState]:
    """Return each partner's state by name."""
    return [_state(connection, name) for name in sorted(desk.exchange.partners)]


def _state(connection: Connection, name: str) -> PartnerState:
    head = log.head(connection, name)
    row = connection.execute(
        select(ExchangePartner.problem, ExchangePartner.seen_number, ExchangePartner.seen_at).where(
            ExchangePartner.partner == name
        )
    ).one_or_none()
    heard = select(func.max(ExchangeLog.at)).where(
        ExchangeLog.partner == name, ExchangeLog.direction == "received"
    )
    waiting = outbox.all_waiting(connection, name, 1)
    said = select(ExchangeLog.at).where(
        ExchangeLog.partner == name, ExchangeLog.number == (waiting[0].number if waiting else 0)
    )
    return PartnerState(
        name=name,
        problem=row.problem if row else "",
        backlog=outbox.waiting(connection, name),
        oldest_at=connection.scalar(said),
        number=head.number,
        hash=head.hash,
        compared_number=row.seen_number if row else 0,
        compared_at=row.seen_at if row else 0,
        heard_at=connection.scalar(heard),
    )


def frozen(connection: Connection) -> str:
    """Return why nothing is said or taken in, "" while all goes on."""
    return connection.scalar(select(ExchangeState.frozen)) or ""


def open_claims(connection: Connection) -> list[Row[Any]]:
    """Return the own claims that are not decided or closed, the first due first."""
    query = (
        select(
            OwnClaimRow.standing,
            OwnClaimRow.epoch,
            Case.number,
            CaseLife.state,
            CaseLife.plate,
            CaseLife.due_on,
        )
        .join(CaseClaim, CaseClaim.claim_id == OwnClaimRow.claim_id)
        .join(Case, Case.id == CaseClaim.case_id)
        .join(CaseLife, CaseLife.case_id == CaseClaim.case_id)
        .where(OwnClaimRow.standing.in_(["blocked", "waiting", "held"]))
        .order_by(CaseLife.due_on, Case.number)
        .limit(SHOWN)
    )
    return list(connection.execute(query))


def open_matters(connection: Connection) -> list[Row[Any]]:
    """Return what is to be answered, by either side, the first due first."""
    query = select(*Matter.__table__.columns).where(Matter.due_at.is_not(None), Matter.answer_id == "")
    return list(connection.execute(query.order_by(Matter.due_at, Matter.message_id).limit(SHOWN)))


def latest_matters(connection: Connection) -> list[Row[Any]]:
    """Return what was said and answered last."""
    done = select(*Matter.__table__.columns).where(or_(Matter.due_at.is_(None), Matter.answer_id != ""))
    return list(connection.execute(done.order_by(Matter.at.desc(), Matter.message_id).limit(SHOWN)))


def answered_share(connection: Connection) -> tuple[int, int]:
    """Return how many leads were handed over or taken in, and how many of them are answered."""
    query = select(func.count(), func.count(Matter.answered_at)).where(Matter.kind == "lead")
    total, answered = connection.execute(query).one()
    return total, answered


def incidents(connection: Connection) -> list[Row[Any]]:
    """Return the latest incidents, newest first."""
    query = select(*ExchangeIncident.__table__.columns).order_by(ExchangeIncident.id.desc()).limit(SHOWN)
    return list(connection.execute(query))


def rulings(connection: Connection) -> list[tuple[Row[Any], dict[str, Any]]]:
    """Return the rulings with what they say."""
    query = select(*RulingRow.__table__.columns).order_by(RulingRow.ruling.desc()).limit(SHOWN)
    return [(row, json.loads(row.contents)) for row in connection.execute(query)]


def attachments(connection: Connection, matter: Row[Any]) -> list[Row[Any]]:
    """Return the files of a matter and of its answer."""
    query = select(*Attachment.__table__.columns).where(
        Attachment.partner == matter.partner,
        Attachment.direction == matter.direction,
        Attachment.message_id == matter.message_id,
    )
    return list(connection.execute(query.order_by(Attachment.name, Attachment.sha256)))


def said(connection: Connection, partner: str, direction: log.Direction, message_id: str) -> dict[str, Any]:
    """Return the body of a message in the log, empty where it is not there."""
    entry = log.find(connection, partner, direction, message_id)
    body: dict[str, Any] = json.loads(entry.contents)["body"] if entry else {}
    return body


def case_partner(connection: Connection, desk: PartnerDesk | None, life: Row[Any]) -> CasePartner | None:
    """Return the other side of a case, None where there is no partner."""
    if desk is None:
        return None
    own, others, fined = claim_of_case(connection, life.case_id), list[OtherAct](), 0
    if own is not None:
        vehicle = dockets.vehicle_of(own.claim.plate, own.claim.plate_colour)
        docket = dockets.load(connection, desk.exchange.agency, vehicle)
        others = [
            OtherAct(claim=one, fine=standing_fine(connection, one, one.agency))
            for one in blockers(desk.exchange, docket, own)
            if one.id != own.claim.id
        ]
        until_ms = own.claim.passed_ms
        fined = len(offences(connection, docket, until_ms, until_ms - YEAR_MS))
    return CasePartner(
        own=own,
        no_fine=life.no_fine,
        grants=_grants(connection, own) if own else (),
        others=tuple(others),
        fined_in_a_year=fined,
        is_refund_due=own is not None and own.standing == "held" and life.state == "withdrawn",
    )


def _grants(connection: Connection, own: OwnClaim) -> tuple[Row[Any], ...]:
    query = select(ExchangeLog.partner, ExchangeLog.number, ExchangeLog.at, ExchangeLog.hash).where(
        ExchangeLog.direction == "received",
        ExchangeLog.message_id == f"grant/{own.claim.id}/{own.epoch}",
    )
    return tuple(connection.execute(query.order_by(ExchangeLog.partner)))


def received_file(connection: Connection, sha256: str) -> Row[str, str] | None:
    """Return name and type of a whole file that a partner sent, None where there is none."""
    query = select(Attachment.name, Attachment.media_type).where(
        Attachment.sha256 == sha256, Attachment.state == "whole"
    )
    return connection.execute(query.limit(1)).one_or_none()
