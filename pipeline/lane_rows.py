"""The gate's rows as values: what is stored of a lane's days, and what persons said of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from pydantic import TypeAdapter
from sqlalchemy import Connection, insert, select

from models import leases
from models.gate_tables import LaneDayRow, OverrideRow
from models.values.looking_back import MEMORY_DAYS
from models.values.states import Word
from pipeline.gate.state import GateState, Override
from pipeline.gate.values import LaneDay
from stations.station import Station

MEASURES, STATE = TypeAdapter(LaneDay), TypeAdapter(GateState)
# A long weekend may pass without a nightly run.
VOUCHES_DAYS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDay:
    """One measuring of a lane's day; see `models.gate_tables.LaneDayRow`."""

    id: int
    day: date
    passages: int
    measured_at_ms: int
    certificate: str
    decided_kind: str
    decided_by: str
    measured: LaneDay
    state: GateState


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A person's override as stored."""

    id: int
    override: Override

    def covers(self, day: date) -> bool:
        """Tell whether the word holds on that day."""
        return self.override.first_day <= day <= self.override.last_day


def lane_days(connection: Connection, station_id: str, lane: int, first: date, last: date) -> list[StoredDay]:
    """Return every measuring of the days first to last, by day, those of more passages after."""
    rows = connection.execute(
        select(LaneDayRow.__table__)
        .where(LaneDayRow.station_id == station_id, LaneDayRow.lane == lane)
        .where(LaneDayRow.day >= str(first), LaneDayRow.day <= str(last))
        .order_by(LaneDayRow.day, LaneDayRow.passages)
    )
    return [
        StoredDay(
            id=row.id,
            day=date.fromisoformat(row.day),
            passages=row.passages,
            measured_at_ms=row.measured_at,
            certificate=row.certificate,
            decided_kind=row.decided_kind,
            decided_by=row.decided_by,
            measured=MEASURES.validate_json(row.measures),
            state=STATE.validate_json(row.state),
        )
        for row in rows
    ]


def last_night(connection: Connection, station: Station, lane: int, day: date) -> StoredDay | None:
    """Return the measuring by which a lane stands on a day that isn't measured yet: the last night's.

    It vouches for no day more than a few days later, nor for one after a new verification.
    """
    before = lane_days(
        connection, station.id, lane, day - timedelta(days=VOUCHES_DAYS), day - timedelta(days=1)
    )
    verification = station.verified_on(day)
    number = verification.number if verification else ""
    if not before or before[-1].certificate != number:
        return None
    return worst([one for one in before if one.day == before[-1].day])


def history(connection: Connection, station_id: str, lane: int, until: date) -> list[StoredDay]:
    """Return the lane's days that the gate remembers, each as last measured."""
    days = lane_days(connection, station_id, lane, until - timedelta(days=MEMORY_DAYS - 1), until)
    return list({one.day: one for one in days}.values())


def worst(measurings: Sequence[StoredDay]) -> StoredDay:
    """Return the measuring that holds for a day that was measured once or more.

    Records that come late may show it to be worse than first measured; that they dilute what was measured
    without them gives no trust back.
    """
    return max(measurings, key=lambda one: (one.state.standing.rank, one.passages))


def overrides(connection: Connection, station_id: str, lane: int) -> list[Said]:
    """Return what persons said of a lane, in the order said."""
    rows = connection.execute(
        select(OverrideRow.__table__)
        .where(OverrideRow.station_id == station_id, OverrideRow.lane == lane)
        .order_by(OverrideRow.id)
    )
    return [
        Said(
            id=row.id,
            override=Override(
                standing=Word(row.standing).standing,
                actor=row.actor,
                reason=row.reason,
                first_day=date.fromisoformat(row.first_day),
                last_day=date.fromisoformat(row.last_day),
            ),
        )
        for row in rows
    ]


def word_on(said: Sequence[Said], day: date) -> Said | None:
    """Return the last word that covers a day, None where none does or it gives back to the measurements."""
    last = next((one for one in reversed(said) if one.covers(day)), None)
    return None if last is None or last.override.standing is None else last


def held_on(state: GateState, said: Sequence[Said], day: date) -> GateState:
    """Return the state with the word that holds on a day."""
    word = word_on(said, day)
    return replace(state, override=word.override if word else None)


def add_override(connection: Connection, station_id: str, lane: int, override: Override) -> None:
    """Append a person's word."""
    row = {
        "station_id": station_id,
        "lane": lane,
        "standing": (override.standing or Word.MEASURED).value,
        "actor": override.actor,
        "reason": override.reason,
        "first_day": str(override.first_day),
        "last_day": str(override.last_day),
        "entered_at": leases.now_ms(connection),
    }
    connection.execute(insert(OverrideRow).values(row))
