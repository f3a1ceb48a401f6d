"""The case's part of the exchange: every signed message about its claims, byte for byte as it was said.

A grant is the certificate that no other agency fines the same act; each message proves itself by its own
signature (docs/exchange.md, section 2).
"""

import json
from collections.abc import Iterator

from sqlalchemy import Connection, or_, select

from models.exchange_tables import ExchangeLog
from models.partner_tables import CaseClaim

ABOUT_CLAIMS = ("claim", "grant", "yield", "release", "fined", "revoked", "final", "ruling")


def exchanged(connection: Connection, case_id: int) -> dict[str, bytes]:
    """Return the messages about the case's claims and the receipts of them, by their names in the archive."""
    claims = set(connection.scalars(select(CaseClaim.claim_id).where(CaseClaim.case_id == case_id)))
    if not claims:
        return {}
    found = list(_about(connection, claims))
    ids = {message_id for _, _, _, message_id, _ in found}
    found += [one for one in _receipts(connection, ids) if one not in found]
    return {
        f"exchange/{partner}-{number:06}-{kind}.json": contents.encode()
        for partner, number, kind, _, contents in sorted(found)
    }


Entry = tuple[str, int, str, str, str]
COLUMNS = (
    ExchangeLog.partner,
    ExchangeLog.number,
    ExchangeLog.kind,
    ExchangeLog.message_id,
    ExchangeLog.contents,
)


def _about(connection: Connection, claims: set[str]) -> Iterator[Entry]:
    named = [
        ExchangeLog.contents.contains(json.dumps(claim, ensure_ascii=False), autoescape=True)
        for claim in sorted(claims)
    ]
    query = select(*COLUMNS).where(ExchangeLog.kind.in_(ABOUT_CLAIMS), or_(*named))
    for row in connection.execute(query):
        body = json.loads(row.contents)["body"]
        told = {body.get("id"), body.get("claim_id"), body.get("prevailing_claim")}
        if claims & (told | set(body.get("yielding_claims", ()))):
            yield row.partner, row.number, row.kind, row.message_id, row.contents


def _receipts(connection: Connection, ids: set[str]) -> Iterator[Entry]:
    stages = ("accepted", "delivered", "opened", "served")
    wanted = [f"{stage}/{message_id}" for stage in stages for message_id in sorted(ids)]
    query = select(*COLUMNS).where(ExchangeLog.kind == "receipt", ExchangeLog.message_id.in_(wanted))
    for row in connection.execute(query):
        yield row.partner, row.number, row.kind, row.message_id, row.contents
