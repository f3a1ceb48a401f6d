"""Dockets in the database: loaded for one vehicle, stepped, and what the step changed stored."""

from collections.abc import Mapping
from typing import Any

import rfc8785
from sqlalchemy import Connection, Row, bindparam, select

from models.exchange_tables import OwnClaimRow, TheirClaimRow
from models.inserts import upsert
from models.values.plates import PlateColour
from notices.exchange.kinds import ClaimFields
from notices.exchange.wire import claim_fields, claim_of
from notices.recognition.claim import Claim
from notices.recognition.docket import Docket, OwnClaim, Standing, TheirClaim

Table = type[OwnClaimRow | TheirClaimRow]
TABLES: tuple[Table, ...] = (OwnClaimRow, TheirClaimRow)
VEHICLE = {table: select(table.vehicle).where(table.claim_id == bindparam("id")) for table in TABLES}
CLAIMS = {table: select(*table.__table__.columns).where(table.vehicle == bindparam("of")) for table in TABLES}


def vehicle_of(plate: str, colour: PlateColour) -> str:
    """Return what a docket is kept by; claims of one act always share it (`notices.recognition.same_act`)."""
    return f"{colour}/{plate}"


def vehicle_of_claim(connection: Connection, claim_id: str, table: Table = OwnClaimRow) -> str | None:
    """Return the vehicle of a claim, None where none of that id is known."""
    return connection.scalar(VEHICLE[table], {"id": claim_id})


def load(connection: Connection, agency: str, vehicle: str) -> Docket:
    """Return all that is known of the claims on that vehicle."""
    docket = Docket(agency=agency)
    for row in connection.execute(CLAIMS[OwnClaimRow], {"of": vehicle}):
        docket = docket.with_own(own_claim(row))
    for row in connection.execute(CLAIMS[TheirClaimRow], {"of": vehicle}):
        docket = docket.with_theirs(
            TheirClaim(claim=_claim(row.contents), bound=row.bound, deferred=row.deferred, closed=row.closed)
        )
    return docket


def own_claim(row: Row[Any]) -> OwnClaim:
    """Return an own claim from its row."""
    return OwnClaim(
        claim=_claim(row.contents),
        standing=Standing(row.standing),
        epoch=row.epoch,
        granted_by=frozenset(filter(None, row.granted_by.split(","))),
    )


def store(connection: Connection, vehicle: str, before: Docket, after: Docket) -> None:
    """Store what differs."""
    for claim_id, own in after.own.items():
        if before.own.get(claim_id) != own:
            _put(connection, OwnClaimRow, vehicle, own.claim, _own_fields(own))
    for claim_id, theirs in after.theirs.items():
        if before.theirs.get(claim_id) != theirs:
            fields = {"bound": theirs.bound, "deferred": theirs.deferred, "closed": theirs.closed}
            _put(connection, TheirClaimRow, vehicle, theirs.claim, fields)


def _own_fields(own: OwnClaim) -> dict[str, object]:
    return {
        "standing": own.standing.value,
        "epoch": own.epoch,
        "scope": ",".join(sorted(own.claim.scope)),
        "granted_by": ",".join(sorted(own.granted_by)),
    }


def _put(
    connection: Connection,
    table: Table,
    vehicle: str,
    claim: Claim,
    fields: Mapping[str, object],
) -> None:
    contents = rfc8785.dumps(claim_fields(claim)).decode()
    row = {"claim_id": claim.id, "vehicle": vehicle, "contents": contents, **fields}
    insert = upsert(connection, table).values(row)
    connection.execute(insert.on_conflict_do_update(index_elements=["claim_id"], set_=fields))


def _claim(contents: str) -> Claim:
    return claim_of(ClaimFields.model_validate_json(contents))
