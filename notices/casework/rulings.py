"""Rulings (重大案件联席): whose act it is, said alike by both sides, and only then applied, by releases.

The agencies agree in conference or their common superior appoints (行政处罚法 art. 25). What a ruling gives
to the other side is released as any other claim, through the protocol: no step of its own can make two hold
one act.
"""

from typing import Any

import rfc8785
from sqlalchemy import Connection, Row, select, update

from models import audit
from models.exchange_tables import OwnClaimRow, TheirClaimRow
from models.inserts import insert_new
from models.matter_tables import RulingRow
from models.values.case_life import BEFORE_DECISION, CaseState
from models.values.office import Action, Actor
from models.values.partner_reasons import PartnerReason
from notices.casework.claims import case_of_claim
from notices.casework.matters import MatterError
from notices.casework.settle import settle, take
from notices.exchange import dockets
from notices.exchange.envelope import Heard
from notices.exchange.exchange import Exchange
from notices.exchange.kinds import Kind, RulingBody
from notices.recognition.docket import Standing
from notices.recognition.protocol import IncidentError


def say_ruling(exchange: Exchange, connection: Connection, to: str, body: RulingBody, actor: Actor) -> None:
    """Say a ruling for this side; it is applied once the other side has said the same.

    Raises:
        MatterError: it names claims that nobody filed, or was said before with other contents.

    """
    if problem := _problem(connection, body):
        raise MatterError(problem)
    contents = _contents(body)
    known = _row(connection, to, body.ruling)
    if known is not None and known.contents != contents:
        raise MatterError(f"裁定 {body.ruling} 与已有内容不一致，请与对方核对")
    exchange.say(
        connection, to, Kind.RULING, f"ruling/{exchange.agency}/{body.ruling}", body.model_dump(mode="json")
    )
    now_ms = exchange.clock()
    _note(connection, to, body, ours_at=now_ms)
    detail = {"to": to, "prevailing": body.prevailing_claim, "yielding": ",".join(body.yielding_claims)}
    audit.append(connection, actor, Action.EXCHANGED, f"ruling/{body.ruling}", at_ms=now_ms, detail=detail)
    apply(exchange, connection, to, body)


def take_ruling(exchange: Exchange, connection: Connection, partner: str, body: RulingBody) -> None:
    """Note a ruling as the other side says it, and apply it where this side has said the same.

    Raises:
        IncidentError: this side, or the other one before, said it with other contents.

    """
    known = _row(connection, partner, body.ruling)
    if known is not None and known.contents != _contents(body):
        raise IncidentError(f"ruling {body.ruling}: the two sides say it with different contents")
    _note(connection, partner, body, theirs_at=exchange.clock())
    apply(exchange, connection, partner, body)


def recall_ruling(exchange: Exchange, connection: Connection, heard: Heard, body: RulingBody) -> None:
    """Note again a ruling that this side said before a restore."""
    _note(connection, heard.envelope.to, body, ours_at=heard.envelope.said_ms)
    apply(exchange, connection, heard.envelope.to, body)


def apply(exchange: Exchange, connection: Connection, partner: str, body: RulingBody) -> None:
    """Release what a ruling in force gives away; officers take back a fine that stands before that."""
    row = _row(connection, partner, body.ruling)
    if row is None or row.ours_at is None or row.theirs_at is None or row.applied_at is not None:
        return
    fined = False
    for claim_id in body.yielding_claims:
        vehicle = dockets.vehicle_of_claim(connection, claim_id)
        own = (
            None if vehicle is None else dockets.load(connection, exchange.agency, vehicle).own.get(claim_id)
        )
        if vehicle is None or own is None:
            continue
        if own.standing is Standing.DECIDED:
            fined = True
            continue
        _halt(exchange, connection, claim_id, body)
        if own.standing is Standing.CLOSED:
            # It was given up before a restore, which took only the halt back.
            settle(exchange, connection, vehicle)
        else:
            exchange.release(connection, claim_id)
    if not fined:
        _set(connection, partner, body.ruling, applied_at=exchange.clock())


def _halt(exchange: Exchange, connection: Connection, claim_id: str, body: RulingBody) -> None:
    life = case_of_claim(connection, claim_id)
    if life is not None and CaseState(life.state) in BEFORE_DECISION:
        note = f"{body.ruling}：{body.prevailing_claim}"
        take(connection, life, CaseState.SUSPENDED, PartnerReason.RULED, exchange.clock(), note)


def _problem(connection: Connection, body: RulingBody) -> str:
    claims = {body.prevailing_claim, *body.yielding_claims}
    if body.prevailing_claim in body.yielding_claims:
        return "同一互认申请不能既由己方办理又让出"
    known: set[str] = set()
    for table in (OwnClaimRow, TheirClaimRow):
        known |= set(connection.scalars(select(table.claim_id).where(table.claim_id.in_(claims))))
    return f"没有互认申请 {'、'.join(sorted(claims - known))}" if claims - known else ""


def _contents(body: RulingBody) -> str:
    return rfc8785.dumps(body.model_dump(mode="json")).decode()


def _row(connection: Connection, partner: str, ruling: str) -> Row[*tuple[Any, ...]] | None:
    query = select(RulingRow.contents, RulingRow.ours_at, RulingRow.theirs_at, RulingRow.applied_at)
    return connection.execute(
        query.where(RulingRow.partner == partner, RulingRow.ruling == ruling)
    ).one_or_none()


def _note(connection: Connection, partner: str, body: RulingBody, **times: int) -> None:
    row = {"partner": partner, "ruling": body.ruling, "contents": _contents(body)}
    connection.execute(insert_new(connection, RulingRow).values(row | times))
    _set(connection, partner, body.ruling, **times)


def _set(connection: Connection, partner: str, ruling: str, **times: int) -> None:
    of_ruling = (RulingRow.partner == partner) & (RulingRow.ruling == ruling)
    connection.execute(update(RulingRow).where(of_ruling).values(times))
