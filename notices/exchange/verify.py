"""Verify what agencies said: each log's chain, each message's signature, the grants behind each claim."""

from collections.abc import Iterator

from sqlalchemy import Connection, select

from models.exchange_tables import ExchangePartner, OwnClaimRow
from notices.exchange import log
from notices.exchange.dockets import own_claim
from notices.exchange.envelope import hear
from notices.exchange.keys import KeyRing
from notices.exchange.kinds import Kind
from notices.exchange.refusals import RefusedError
from notices.recognition.docket import Standing

STANDS_ON_GRANTS = {Standing.HELD, Standing.DECIDED}


def partners(connection: Connection) -> list[str]:
    """Return with whom a log is kept."""
    return list(connection.scalars(select(ExchangePartner.partner).order_by(ExchangePartner.partner)))


def breaks(connection: Connection, agency: str, ring: KeyRing, now_ms: int) -> Iterator[str]:
    """Yield the first break of each log, and of the claims that stand on grants; nothing where all holds."""
    for partner in partners(connection):
        end = log.head(connection, partner)
        broken = log.first_break(log.entries(connection, partner), end)
        if broken := broken or _first_unsigned(connection, agency, partner, ring, now_ms):
            yield f"exchange log with {partner}: {broken}"
    if broken := _first_without_grant(connection):
        yield broken


def _first_unsigned(connection: Connection, agency: str, partner: str, ring: KeyRing, now_ms: int) -> str:
    """Return which message is not what its sender signed, or stands where it does not belong."""
    for entry in log.entries(connection, partner):
        ends = (agency, partner) if entry.direction == "sent" else (partner, agency)
        where = f"entry {entry.number} ({entry.direction} {entry.message_id})"
        try:
            said = hear(entry.contents.encode(), ring, now_ms).envelope
        except RefusedError as error:
            return f"{where}: {error}"
        told = (said.sender, said.to, said.id, said.kind)
        if told != (*ends, entry.message_id, entry.kind):
            return f"{where}: the message is from {said.sender} to {said.to}, {said.id}"
    return ""


def _first_without_grant(connection: Connection) -> str:
    """Return which claim is held or decided without the grant of each agency asked lying in its log."""
    for row in connection.execute(select(*OwnClaimRow.__table__.columns).order_by(OwnClaimRow.claim_id)):
        own = own_claim(row)
        if own.standing not in STANDS_ON_GRANTS:
            continue
        for asked in sorted(own.claim.scope):
            grant = log.find(connection, asked, "received", f"{Kind.GRANT}/{own.claim.id}/{own.epoch}")
            if grant is None:
                return f"claim {own.claim.id} ({own.standing}): no grant of {asked} lies in its log"
    return ""
