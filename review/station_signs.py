"""Signs of life of stations that push: when each was last heard, and whether it is silent."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from models.push_tables import StationHeard, StationSilence


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """What was last heard of a station; `silent_since` is None while it is heard."""

    heard_at: int
    clock_ahead_ms: int | None
    waiting: int | None
    silent_since: int | None


def signs(connection: Connection) -> dict[str, Sign]:
    """Return the signs by station id; a station that never pushed has none."""
    silent = (StationSilence.station_id == StationHeard.station_id) & StationSilence.ended_at.is_(None)
    rows = connection.execute(
        select(
            StationHeard.station_id,
            StationHeard.heard_at,
            StationHeard.clock_ahead_ms,
            StationHeard.waiting,
            StationSilence.since,
        ).outerjoin(StationSilence, silent)
    )
    return {
        station_id: Sign(heard_at=heard_at, clock_ahead_ms=ahead, waiting=waiting, silent_since=since)
        for station_id, heard_at, ahead, waiting, since in rows
    }
