"""Bring cases to where their claims stand: granted, halted behind another agency's, recognised, given free.

It looks at claims and fines as they are now, never at what just changed, so that doing it twice or in
another order ends the same.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, select

from models.case_life import ZONE, Step, grant, life_query, move, partner_fine_final
from models.case_tables import CaseEvent, CaseLife
from models.values.calendar import work_calendar
from models.values.case_life import BEFORE_DECISION, CaseState
from models.values.office import PROGRAM
from models.values.partner_reasons import PartnerReason
from models.values.timeline import from_ms
from notices.casework.claims import case_of_claim, claim_of, filed_at, prevailing
from notices.casework.fines import StandingFine, standing_fine
from notices.exchange import dockets
from notices.exchange.exchange import Exchange
from notices.recognition.blocked_term import AfterRelease, after_release
from notices.recognition.claim import Claim
from notices.recognition.docket import Docket, OwnClaim, Standing

S = CaseState
FINED = frozenset({S.DECIDED, S.SERVED})
HALTED = frozenset({S.SUSPENDED, S.RECOGNISED})
OPEN = BEFORE_DECISION | HALTED
OF_PARTNER = frozenset({PartnerReason.PARTNER_FIRST, PartnerReason.RULED})


def settle(exchange: Exchange, connection: Connection, vehicle: str) -> None:
    """Bring every open case with a claim on the vehicle to where the claim stands."""
    docket = dockets.load(connection, exchange.agency, vehicle)
    for own in docket.own.values():
        life = case_of_claim(connection, own.claim.id)
        if life is not None and CaseState(life.state) in OPEN:
            _settle(exchange, connection, docket, own, life)


def _settle(
    exchange: Exchange, connection: Connection, docket: Docket, own: OwnClaim, life: Row[Any]
) -> None:
    now_ms = exchange.clock()
    # What is decided while its case is open was decided before a restore, under this grant.
    granted = own.standing in {Standing.HELD, Standing.DECIDED}
    number = f"grant/{own.claim.id}/{own.epoch}" if granted else None
    if life.grant_number != number:
        grant(connection, life.case_id, number, PROGRAM, now_ms)
    if own.standing is Standing.BLOCKED:
        _halt(connection, life, blockers(exchange, docket, own), now_ms)
    elif own.standing is Standing.CLOSED and CaseState(life.state) in HALTED:
        _follow_ruling(connection, docket, own, life, now_ms)
    elif own.standing in {Standing.WAITING, Standing.HELD}:
        _give_free(exchange, connection, own, life, now_ms)


def blockers(exchange: Exchange, docket: Docket, own: OwnClaim) -> list[Claim]:
    """Return the claims of the same act that stand against a blocked one, the other agencies' first."""
    theirs = [known.claim for known in docket.theirs.values() if known.bound]
    ours = [other.claim for other in docket.own.values() if other.standing.is_live]
    return [claim for claim in (*theirs, *ours) if exchange.protocol.one_act(own.claim, claim)]


def _halt(connection: Connection, life: Row[Any], against: Sequence[Claim], now_ms: int) -> None:
    fines = [
        fine for claim in against if (fine := standing_fine(connection, claim, claim.agency)) is not None
    ]
    if CaseState(life.state) in BEFORE_DECISION:
        note = "、".join(f"{claim.agency} {claim.id}" for claim in against)
        life = take(connection, life, S.SUSPENDED, PartnerReason.PARTNER_FIRST, now_ms, note)
    recognise(connection, life, fines, now_ms)


def recognise(connection: Connection, life: Row[Any], fines: Sequence[StandingFine], now_ms: int) -> None:
    """Let a halted case follow the fines of the other agency: recognised while one stands."""
    final = next((fine for fine in fines if fine.is_final), None)
    if fines and life.state == S.SUSPENDED:
        note = f"{fines[0].agency} {fines[0].decision}"
        life = take(connection, life, S.RECOGNISED, PartnerReason.PARTNER_FINED, now_ms, note)
    if final is not None and life.partner_fine is None and life.state == S.RECOGNISED:
        partner_fine_final(connection, life.case_id, final.decision, PROGRAM, now_ms)
    if not fines and life.state == S.RECOGNISED and life.partner_fine is None:
        take(connection, life, S.SUSPENDED, PartnerReason.FINE_ANNULLED, now_ms)


def _follow_ruling(
    connection: Connection, docket: Docket, own: OwnClaim, life: Row[Any], now_ms: int
) -> None:
    """Recognise the fine on the claim that a ruling put before this one."""
    before = [
        docket.theirs[one].claim for one in prevailing(connection, own.claim.id) if one in docket.theirs
    ]
    fines = [fine for claim in before if (fine := standing_fine(connection, claim, claim.agency)) is not None]
    if before:
        recognise(connection, life, fines, now_ms)


def _give_free(
    exchange: Exchange, connection: Connection, own: OwnClaim, life: Row[Any], now_ms: int
) -> None:
    # What an officer halted goes on when an officer says so; what closed as recognised stays so.
    if CaseState(life.state) not in HALTED or life.partner_fine or not _halted_by_partner(connection, life):
        return
    if life.state == S.RECOGNISED:
        life = take(connection, life, S.SUSPENDED, PartnerReason.FINE_ANNULLED, now_ms)
    free = after_release(
        act_on=from_ms(life.passed_at, ZONE).date(),
        filed_on=from_ms(filed_at(connection, life.case_id), ZONE).date(),
        released_on=from_ms(now_ms, ZONE).date(),
        days_off=work_calendar(),
    )
    if free.what is AfterRelease.TIME_BARRED:
        take(connection, life, S.WITHDRAWN, PartnerReason.TIME_BARRED, now_ms)
        exchange.release(connection, own.claim.id)
    else:
        take(connection, life, CaseState(life.resumes_to), PartnerReason(free.what.value), now_ms)


def recall_revocation(connection: Connection, claim_id: str, now_ms: int) -> None:
    """Withdraw again the case whose fine was taken back, to the partners' knowledge, before a restore."""
    life, own = case_of_claim(connection, claim_id), claim_of(connection, claim_id)
    if life is None or own is None or CaseState(life.state) not in FINED:
        return
    if not any(standing_fine(connection, own.claim, partner, "sent") for partner in own.claim.scope):
        take(connection, life, S.WITHDRAWN, PartnerReason.REVOKED_BEFORE, now_ms)


def take(
    connection: Connection, life: Row[Any], to: CaseState, reason: PartnerReason, at_ms: int, note: str = ""
) -> Row[Any]:
    """Take a step that another agency's word brings about, and return the life after it."""
    step = Step(
        case_id=life.case_id,
        version=life.version,
        to=to,
        actor=PROGRAM,
        at_ms=at_ms,
        reason=reason.value,
        note=note,
    )
    move(connection, step)
    return connection.execute(life_query().where(CaseLife.case_id == life.case_id)).one()


def _halted_by_partner(connection: Connection, life: Row[Any]) -> bool:
    """Tell whether the halt that still lasts was begun by another agency's claim, and not by an officer."""
    began = (
        select(CaseEvent.reason)
        .where(CaseEvent.case_id == life.case_id, CaseEvent.from_state.not_in(HALTED))
        .order_by(CaseEvent.version.desc())
        .limit(1)
    )
    return connection.scalar(began) in OF_PARTNER
