"""Credentials of stations: made and revoked by command, kept as a digest, asked for with every message."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, func, insert, select, update

from models.push_tables import DeliveryRow, StationCredential
from stations.push.refusals import Reason, RefusedError

# The prefix lets scanners of leaked secrets know one when they see it.
TOKEN = re.compile(r"zhichao_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")
SCHEME = "bearer "


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """Who sends: the credential's id, and the station that it belongs to."""

    id: str
    station_id: str


def make_credential(connection: Connection, station_id: str, name: str, now_ms: int) -> str:
    """Make a credential for a station and return its token, which is kept nowhere."""
    number, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    row = {
        "id": number,
        "station_id": station_id,
        "digest": _digest(secret),
        "name": name,
        "made_at": now_ms,
        "revoked_for": "",
    }
    connection.execute(insert(StationCredential).values(row))
    return f"zhichao_{number}_{secret}"


def revoke_credential(connection: Connection, number: str, reason: str, now_ms: int) -> bool:
    """Revoke a credential from now on; return whether there was one that held."""
    revoked = (
        update(StationCredential)
        .where(StationCredential.id == number, StationCredential.revoked_at.is_(None))
        .values(revoked_at=now_ms, revoked_for=reason)
        .returning(StationCredential.id)
    )
    return connection.scalar(revoked) is not None


def credential_of(connection: Connection, authorization: str) -> Credential:
    """Return whose token an `Authorization` header bears.

    Raises:
        RefusedError: there is none, nobody's, or a revoked one.

    """
    if not authorization.lower().startswith(SCHEME):
        raise RefusedError(Reason.NO_CREDENTIAL, "expected the header Authorization: Bearer <token>")
    token = TOKEN.fullmatch(authorization[len(SCHEME) :].strip())
    row = (
        token
        and connection.execute(
            select(StationCredential.__table__).where(StationCredential.id == token[1])
        ).one_or_none()
    )
    if not token or not row or not hmac.compare_digest(row.digest, _digest(token[2])):
        raise RefusedError(Reason.UNKNOWN_CREDENTIAL, "no credential has this token")
    if row.revoked_at is not None:
        raise RefusedError(Reason.REVOKED_CREDENTIAL, f"credential {row.id} was revoked")
    return Credential(id=row.id, station_id=row.station_id)


def revoked_of(connection: Connection, numbers: Collection[str]) -> set[str]:
    """Return which of these credentials hold no more."""
    revoked = select(StationCredential.id).where(
        StationCredential.id.in_(numbers), StationCredential.revoked_at.is_not(None)
    )
    return set(connection.scalars(revoked))


def credentials(connection: Connection, station_ids: Sequence[str]) -> Sequence[RowMapping]:
    """Return the stations' credentials without digests, with how many files came by each and when last."""
    return (
        connection.execute(
            select(
                StationCredential.id,
                StationCredential.station_id,
                StationCredential.name,
                StationCredential.made_at,
                StationCredential.revoked_at,
                StationCredential.revoked_for,
                func.count(DeliveryRow.id).label("files"),
                func.max(DeliveryRow.received_at).label("last_at"),
            )
            .outerjoin(DeliveryRow, DeliveryRow.credential_id == StationCredential.id)
            .where(StationCredential.station_id.in_(station_ids))
            .group_by(StationCredential.id)
            .order_by(StationCredential.station_id, StationCredential.made_at)
        )
        .mappings()
        .all()
    )


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
