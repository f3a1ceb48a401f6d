"""Which of the partners' fines stand, told by nothing but what was heard, in whatever order it came."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, select

from models.exchange_tables import ExchangeLog
from notices.exchange import log
from notices.exchange.kinds import Kind
from notices.recognition.claim import Claim
from notices.recognition.docket import Docket, Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingFine:
    """A decision of another agency that was not taken back; `is_final` once nothing can undo it any more."""

    agency: str
    decision: str
    decided_ms: int
    amount_fen: int
    is_final: bool


def standing_fine(
    connection: Connection, claim: Claim, partner: str, direction: log.Direction = "received"
) -> StandingFine | None:
    """Return the fine that stands on a claim, by what passed with `partner`; None where there is none."""
    told = dict(_told(connection, claim.id, partner, direction))
    for kind, decision in reversed(told):
        if kind == Kind.FINED and (Kind.REVOKED, decision) not in told:
            body = told[kind, decision]
            return StandingFine(
                agency=claim.agency,
                decision=decision,
                decided_ms=body["decided_ms"],
                amount_fen=body["amount_fen"],
                is_final=(Kind.FINAL, decision) in told,
            )
    return None


def _told(
    connection: Connection, claim_id: str, partner: str, direction: log.Direction
) -> Iterator[tuple[tuple[str, str], dict[str, int]]]:
    """Yield what was said of decisions on the claim, in the order of its arrival."""
    query = (
        select(ExchangeLog.kind, ExchangeLog.contents)
        .where(
            ExchangeLog.partner == partner,
            ExchangeLog.direction == direction,
            ExchangeLog.kind.in_([Kind.FINED, Kind.REVOKED, Kind.FINAL]),
            ExchangeLog.contents.contains(json.dumps(claim_id, ensure_ascii=False), autoescape=True),
        )
        .order_by(ExchangeLog.number)
    )
    for kind, contents in connection.execute(query):
        body = json.loads(contents)["body"]
        if body["claim_id"] == claim_id:
            yield (kind, body["decision"]), body


def offences(connection: Connection, docket: Docket, until_ms: int, since_ms: int) -> list[Claim]:
    """Return the acts of a vehicle that were fined, by whomever, of passages in [since_ms, until_ms].

    An act that was recognised is counted where it was fined and nowhere else (公路安全保护条例 art. 66).
    """
    ours = [own.claim for own in docket.own.values() if own.standing is Standing.DECIDED]
    theirs = [
        known.claim
        for known in docket.theirs.values()
        if standing_fine(connection, known.claim, known.claim.agency) is not None
    ]
    return [claim for claim in (*ours, *theirs) if since_ms <= claim.passed_ms <= until_ms]
