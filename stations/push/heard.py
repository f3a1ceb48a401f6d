"""Heartbeats, and stations that fell silent: each silence is a row, open until the station is heard again."""

from collections.abc import Sequence

from sqlalchemy import Connection, Select, select, update

from models.inserts import insert_new, upsert
from models.push_tables import StationCredential, StationHeard, StationSilence


def heard(connection: Connection, station_id: str, now_ms: int, **said: int | None) -> None:
    """Note that a station was heard, with what its heartbeat said, and end its silence."""
    values = {"heard_at": now_ms, **said} | ({"heartbeat_at": now_ms} if said else {})
    insert_row = upsert(connection, StationHeard).values(station_id=station_id, **values)
    connection.execute(insert_row.on_conflict_do_update(index_elements=["station_id"], set_=values))
    connection.execute(
        update(StationSilence)
        .where(StationSilence.station_id == station_id, StationSilence.ended_at.is_(None))
        .values(ended_at=now_ms)
    )


def raise_hands(connection: Connection, station_ids: Sequence[str], now_ms: int, silent_ms: int) -> list[str]:
    """Open a silence for each station not heard for `silent_ms`; return those that are new.

    Only a station that holds a credential and was heard once is waited for: others use the drop folder.
    """
    pushes = select(StationCredential.station_id).where(StationCredential.revoked_at.is_(None))
    quiet = connection.execute(
        select(StationHeard.station_id, StationHeard.heard_at)
        .where(StationHeard.station_id.in_(station_ids), StationHeard.station_id.in_(pushes))
        .where(StationHeard.heard_at < now_ms - silent_ms)
        .where(StationHeard.station_id.not_in(_silent()))
        .order_by(StationHeard.station_id)
    ).all()
    raised: list[str] = []
    for station_id, since in quiet:
        row = {"station_id": station_id, "since": since, "raised_at": now_ms}
        # Another listener may raise the same hand at the same moment.
        new = insert_new(connection, StationSilence).values(row).returning(StationSilence.station_id)
        raised += connection.scalars(new).all()
    return raised


def _silent() -> Select[str]:
    return select(StationSilence.station_id).where(StationSilence.ended_at.is_(None))
