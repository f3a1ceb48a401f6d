"""Credentials of stations: made and revoked by command, kept as a digest, sent with every message."""

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, RowMapping, func, insert, select, update

from models.database import Database
from models.push_tables import DeliveryRow, StationCredential
from stations.push.refusals import Reason, RefusedError

# The prefix lets scanners of leaked secrets know one when they see it.
TOKEN = re.compile(r"zhichao_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")
SCHEME = "bearer "
UNKNOWN = "no credential has this token"
# As long as a revoked token may still cost its station pace and room.
REMEMBERED_S = 5.0


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


@dataclass(slots=True, kw_only=True)
class Tokens:
    """Remembers for a few seconds whose a token is (as RFC 7662, section 4, lets answers be cached shortly).

    Whether it still holds is asked again by whoever keeps something of its sender, within that transaction.
    """

    database: Database
    clock: Callable[[], float] = time.monotonic
    _known: dict[str, tuple[Credential, float]] = field(default_factory=dict)

    def known(self, authorization: str) -> Credential | None:
        """Return whose token an `Authorization` header bears, None where that was not asked for lately.

        Raises:
            RefusedError: it bears no token.

        """
        credential, until_s = self._known.get(_digest(_token(authorization)[0]), (None, 0.0))
        return credential if self.clock() < until_s else None

    def ask(self, authorization: str) -> Credential:
        """Return the same from the database.

        Raises:
            RefusedError: it bears no token, nobody's, or a revoked one.

        """
        until_s, token = self.clock() + REMEMBERED_S, _token(authorization)
        with self.database.read() as connection:
            credential = _credential(connection, token[1], token[2])
        self._known[_digest(token[0])] = credential, until_s
        return credential

    def revoked(self, connection: Connection, numbers: Collection[str]) -> set[str]:
        """Return which of these credentials hold no more, and forget them."""
        holds = select(StationCredential.id).where(
            StationCredential.id.in_(numbers), StationCredential.revoked_at.is_(None)
        )
        gone = set(numbers) - set(connection.scalars(holds))
        for digest, (credential, _) in list(self._known.items()) if gone else ():
            if credential.id in gone:
                self._known.pop(digest, None)
        return gone


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


def _token(authorization: str) -> re.Match[str]:
    """Return a header's token, with its number and secret."""
    if not authorization.lower().startswith(SCHEME):
        raise RefusedError(Reason.NO_CREDENTIAL, "expected the header Authorization: Bearer <token>")
    if not (token := TOKEN.fullmatch(authorization[len(SCHEME) :].strip())):
        raise RefusedError(Reason.UNKNOWN_CREDENTIAL, UNKNOWN)
    return token


def _credential(connection: Connection, number: str, secret: str) -> Credential:
    row = connection.execute(
        select(StationCredential.__table__).where(StationCredential.id == number)
    ).one_or_none()
    if row is None or not hmac.compare_digest(row.digest, _digest(secret)):
        raise RefusedError(Reason.UNKNOWN_CREDENTIAL, UNKNOWN)
    if row.revoked_at is not None:
        raise RefusedError(Reason.REVOKED_CREDENTIAL, f"credential {row.id} was revoked")
    return Credential(id=row.id, station_id=row.station_id)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
