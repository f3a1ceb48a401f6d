"""Which claim belongs to which case."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

from sqlalchemy import Connection, Row, exists, func, insert, or_, select
from sqlalchemy.orm import aliased

from models.case_life import life_query
from models.case_tables import CaseEvent, CaseLife
from models.exchange_tables import ExchangeLog, OwnClaimRow
from models.matter_tables import RulingRow
from models.partner_tables import CaseClaim
from models.tables import Case
from models.values.case_life import BEFORE_DECISION, IN_REVIEW, CaseState
from models.values.partner_reasons import PartnerReason
from models.values.plates import PlateColour
from notices.exchange.dockets import own_claim
from notices.exchange.kinds import Kind, RulingBody
from notices.recognition.claim import Claim
from notices.recognition.docket import OwnClaim, Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What a case accuses of, as far as other agencies need to know it; `fine_fen` is 0 where none follows.

    The other fields are those of `notices.recognition.claim.Claim`.
    """

    plate_colour: PlateColour
    violation: str
    passed_ms: int
    heading: str
    axles: int
    gross_kg: int
    mpe_percent: float
    fine_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Filer:
    """Who files: the agency, the agreement it claims by, the agencies whose grant it needs."""

    agency: str
    policy: str
    scope: frozenset[str]


def claim_for(
    connection: Connection, filer: Filer, life: Row[Any], act: Act, one_act: Callable[[Claim, Claim], bool]
) -> Claim:
    """Give a filing of a case its claim; the first one bears the case's number, later ones count on.

    A claim of the act that the case has forgotten is the filing's, in its old place.
    """
    kept = forgotten(connection, filer, life, act, one_act)
    if kept is not None:
        return kept.claim
    filed_ms = filed_at(connection, life.case_id, again=False)
    claim_id = _unused_id(connection, f"{filer.agency}:{life.number}")
    _give(connection, life.case_id, claim_id)
    return _claim(filer, life, act, claim_id=claim_id, filed_ms=filed_ms)


def forgotten(
    connection: Connection, filer: Filer, life: Row[Any], act: Act, one_act: Callable[[Claim, Claim], bool]
) -> OwnClaim | None:
    """Give a case the open claim of its act that no case has, and return it; None where there is none.

    A restore took the claim's filing back, and a partner told the claim again.
    """
    like = _claim(filer, life, act, claim_id="", filed_ms=0)
    own = next((one for one in without_case(connection, life.plate) if one_act(one.claim, like)), None)
    if own is not None:
        _give(connection, life.case_id, own.claim.id)
    return own


def without_case(connection: Connection, plate: str = "") -> list[OwnClaim]:
    """Return the open claims that no case has, of one plate or of all, the first filed first."""
    query = select(*OwnClaimRow.__table__.columns).where(
        OwnClaimRow.standing != Standing.CLOSED, ~exists().where(CaseClaim.claim_id == OwnClaimRow.claim_id)
    )
    found = [own_claim(row) for row in connection.execute(query)]
    mine = [own for own in found if not plate or own.claim.plate == plate]
    return sorted(mine, key=lambda own: own.claim.priority)


def _give(connection: Connection, case_id: int, claim_id: str) -> None:
    of_case = select(func.count()).where(CaseClaim.case_id == case_id)
    row = {"claim_id": claim_id, "case_id": case_id, "number": 1 + (connection.scalar(of_case) or 0)}
    connection.execute(insert(CaseClaim).values(row))


def _unused_id(connection: Connection, first: str) -> str:
    """Return the first id that stands for no claim: one that a partner knows may be known to no case."""
    for number in count(1):
        claim_id = first if number == 1 else f"{first}:{number}"
        given = select(CaseClaim.claim_id).where(CaseClaim.claim_id == claim_id)
        known = select(OwnClaimRow.claim_id).where(OwnClaimRow.claim_id == claim_id)
        if connection.scalar(given.union(known)) is None:
            break
    return claim_id


def _claim(filer: Filer, life: Row[Any], act: Act, *, claim_id: str, filed_ms: int) -> Claim:
    return Claim(
        id=claim_id,
        agency=filer.agency,
        plate=life.plate,
        plate_colour=act.plate_colour,
        violation=act.violation,
        passed_ms=act.passed_ms,
        heading=act.heading,
        axles=act.axles,
        gross_kg=act.gross_kg,
        mpe_percent=act.mpe_percent,
        filed_ms=filed_ms,
        policy=filer.policy,
        scope=filer.scope,
    )


def claim_of_case(connection: Connection, case_id: int) -> OwnClaim | None:
    """Return the claim of a case's latest filing, None where it makes none."""
    query = (
        select(*OwnClaimRow.__table__.columns)
        .join(CaseClaim, CaseClaim.claim_id == OwnClaimRow.claim_id)
        .where(CaseClaim.case_id == case_id)
        .order_by(CaseClaim.number.desc())
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    return own_claim(row) if row else None


def claim_of(connection: Connection, claim_id: str) -> OwnClaim | None:
    """Return an own claim by its id."""
    query = select(*OwnClaimRow.__table__.columns).where(OwnClaimRow.claim_id == claim_id)
    row = connection.execute(query).one_or_none()
    return own_claim(row) if row else None


def unclaimed(connection: Connection) -> list[str]:
    """Return the numbers of the cases before their decision that may carry a fine and claim nothing."""
    query = (
        select(Case.number)
        .join(CaseLife, CaseLife.case_id == Case.id)
        .where(
            CaseLife.state.in_(BEFORE_DECISION - IN_REVIEW),
            ~CaseLife.no_fine,
            ~exists().where(CaseClaim.case_id == Case.id),
        )
    )
    return list(connection.scalars(query.order_by(Case.number)))


def case_of_claim(connection: Connection, claim_id: str) -> Row[Any] | None:
    """Return the life of the case whose latest filing made the claim, None where there is no such case."""
    later = aliased(CaseClaim)
    query = (
        life_query()
        .join(CaseClaim, CaseClaim.case_id == CaseLife.case_id)
        .where(
            CaseClaim.claim_id == claim_id,
            ~exists().where(later.case_id == CaseClaim.case_id, later.number > CaseClaim.number),
        )
    )
    return connection.execute(query).one_or_none()


def filed_at(connection: Connection, case_id: int, *, again: bool = True) -> int:
    """Return when the case was last filed, UTC milliseconds; a reopened one counts from its new filing.

    With `again`, the day counts on which a case that was kept waiting too long was filed again; such a
    case keeps its place in the order of filing, so its claim counts without.
    """
    filing = (CaseEvent.to_state == CaseState.FILED) & (CaseEvent.from_state != CaseState.SUSPENDED)
    counted = or_(filing, CaseEvent.reason == PartnerReason.FILED_AGAIN) if again else filing
    query = select(CaseEvent.at).where(CaseEvent.case_id == case_id, counted)
    return connection.execute(query.order_by(CaseEvent.version.desc()).limit(1)).scalar_one()


def prevailing(connection: Connection, claim_id: str) -> list[str]:
    """Return the claims that rulings said by both sides put before a claim."""
    query = select(RulingRow.contents).where(RulingRow.ours_at.is_not(None), RulingRow.theirs_at.is_not(None))
    rulings = [RulingBody.model_validate_json(contents) for contents in connection.scalars(query)]
    return [one.prevailing_claim for one in rulings if claim_id in one.yielding_claims]


def is_released(connection: Connection, claim_id: str) -> bool:
    """Tell whether another agency gave its claim up for good."""
    query = select(ExchangeLog.number).where(
        ExchangeLog.direction == "received",
        ExchangeLog.kind == Kind.RELEASE,
        ExchangeLog.message_id.startswith(f"release/{claim_id}/", autoescape=True),
    )
    return connection.scalar(query.limit(1)) is not None
