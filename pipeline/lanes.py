"""Measure lanes: what each showed on a day against its own reference, and the standing that follows."""

from collections import Counter
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter
from sqlalchemy import Connection, func, insert, select

from models import leases
from models.gate_tables import LaneDayRow, LaneReferenceRow
from models.passage_rows import from_rows, passed_between, select_passages
from models.tables import Frame, Judgement, Passage
from models.values.passages import FrameKind, PassageBatch
from models.values.quality import Severity
from models.values.timeline import day_bounds_ms, from_ms, local_days
from pipeline.gate.reference import LaneReference, ReferenceRefusedError, lane_reference
from pipeline.gate.state import GateState, reverified
from pipeline.gate.statistics import Given, lane_day
from pipeline.gate.values import Thresholds, thresholds_for
from pipeline.gate.watch import night
from pipeline.lane_rows import MEASURES, STATE, StoredDay, held_on, history, overrides
from pipeline.ledger import QUARTER_HOUR_MS
from stations.station import Station

# Two weeks hold two weekends; the rehearsal of the gate rests on as many.
REFERENCE_DAYS = 14
# The largest error of the classes used on roads, where no certificate says better.
UNCERTIFIED_MPE_PERCENT = 10.0
# A frame is held against the nearest vehicle, if one came so near; a few strays say nothing of a clock.
CLOCK_REACH_MS, CLOCK_LEAST = 60_000, 20
REFERENCE = TypeAdapter(LaneReference)


def measure_lanes(connection: Connection, station: Station, day: date) -> int:
    """Measure each lane's records of a local day and store where it stands; return how many were measured.

    A lane's day is measured once for the records that are there. If more of them came since, they are
    measured together in a row of their own; what was stored before, of this day or of later ones, stays.
    """
    return sum(_measure(connection, station, lane.number, day) for lane in station.lanes)


def _measure(connection: Connection, station: Station, lane: int, day: date) -> bool:
    passages = count_passages(connection, station, lane, day)
    same = select(LaneDayRow.id).where(
        LaneDayRow.station_id == station.id,
        LaneDayRow.lane == lane,
        LaneDayRow.day == str(day),
        LaneDayRow.passages == passages,
    )
    if connection.scalar(same) is not None:
        return False
    verification = station.verified_on(day)
    number = verification.number if verification else ""
    before = history(connection, station.id, lane, day - timedelta(days=1))
    reference_id, reference = _reference(connection, station, lane, day, before)
    if not passages and reference is None:
        # A lane that never showed anything has no gap either.
        return False
    batch = _records(connection, station, lane, day, day)
    given = _given(connection, station, lane, day, batch.passed_at_ms)
    measured = lane_day(batch, day, station.zone, reference, given)
    one = night(
        # A verification makes what was measured before it, against another reference, say nothing.
        tuple(stored.measured for stored in before if stored.certificate == number),
        measured,
        _state_before(station, day, before),
        thresholds_on(station, day),
    )
    kind, sentence = one.reason
    row = {
        "station_id": station.id,
        "lane": lane,
        "day": str(day),
        "passages": passages,
        "measured_at": leases.now_ms(connection),
        "certificate": number,
        "reference_id": reference_id,
        "standing": one.state.standing.value,
        "decided_kind": kind,
        "decided_by": sentence,
        "measures": MEASURES.dump_json(measured).decode(),
        "state": STATE.dump_json(one.state).decode(),
    }
    connection.execute(insert(LaneDayRow).values(row))
    return True


def _state_before(station: Station, day: date, before: list[StoredDay]) -> GateState:
    """Return where the day before left the lane; a verification since then starts it anew."""
    if not before:
        return GateState()
    verification = station.verified_on(day)
    if verification is not None and verification.number != before[-1].certificate:
        return reverified(before[-1].state, verification.valid_from)
    return before[-1].state


def thresholds_on(station: Station, day: date) -> Thresholds:
    """Return the thresholds by the error of the last verification's class."""
    verification = station.verified_on(day)
    return thresholds_for(verification.mpe_percent if verification else UNCERTIFIED_MPE_PERCENT)


def count_passages(connection: Connection, station: Station, lane: int, day: date) -> int:
    """Return how many records a lane has of a local day."""
    of_day = passed_between(station.id, *day_bounds_ms(day, station.zone))
    return connection.scalar(select(func.count(Passage.id)).where(of_day, Passage.lane == lane)) or 0


def unmeasured_days(connection: Connection, station: Station, first: date, last: date) -> set[date]:
    """Return the days with records that came since the lanes were measured: no night has seen them all."""
    start_ms, end_ms = day_bounds_ms(first, station.zone)[0], day_bounds_ms(last, station.zone)[1]
    quarter = Passage.passed_at.op("/")(QUARTER_HOUR_MS)
    there: Counter[tuple[date, int]] = Counter()
    counts = select(quarter, Passage.lane, func.count()).where(passed_between(station.id, start_ms, end_ms))
    for number, lane, count in connection.execute(counts.group_by(quarter, Passage.lane)):
        there[from_ms(number * QUARTER_HOUR_MS, station.zone).date(), lane] += count
    days = select(LaneDayRow.day, LaneDayRow.lane, LaneDayRow.passages).where(
        LaneDayRow.station_id == station.id, LaneDayRow.day >= str(first), LaneDayRow.day <= str(last)
    )
    measured = {(date.fromisoformat(day), lane, count) for day, lane, count in connection.execute(days)}
    lanes = {lane.number for lane in station.lanes}
    return {
        day for (day, lane), count in there.items() if lane in lanes and (day, lane, count) not in measured
    }


def _records(connection: Connection, station: Station, lane: int, first: date, last: date) -> PassageBatch:
    start_ms, _ = day_bounds_ms(first, station.zone)
    _, end_ms = day_bounds_ms(last, station.zone)
    query = select_passages().where(passed_between(station.id, start_ms, end_ms), Passage.lane == lane)
    return from_rows(connection.execute(query.order_by(Passage.passed_at, Passage.record_key)).all())[1]


def _reference(
    connection: Connection, station: Station, lane: int, day: date, before: list[StoredDay]
) -> tuple[int | None, LaneReference | None]:
    """Return the lane's reference since its last verification; make it once there are days enough for it.

    Days on which the lane was held barred describe nothing that others may be measured by.
    """
    verification = station.verified_on(day)
    if verification is None:
        return None, None
    of_lane = (
        (LaneReferenceRow.station_id == station.id)
        & (LaneReferenceRow.lane == lane)
        & (LaneReferenceRow.certificate == verification.number)
    )
    known = connection.execute(select(LaneReferenceRow.__table__).where(of_lane)).first()
    if known is not None:
        # A day that is measured again, or late, is not held against days that came after it.
        made = known.last_day < str(day)
        return (known.id, REFERENCE.validate_json(known.content)) if made else (None, None)
    said = overrides(connection, station.id, lane)
    sound = [
        one.day
        for one in before
        if one.certificate == verification.number
        and one.passages
        and held_on(one.state, said, one.day).standing_on(one.day).opens_cases
    ]
    if len(sound) < REFERENCE_DAYS:
        return None, None
    batch = _records(connection, station, lane, sound[0], sound[-1])
    days, which = local_days(batch.passed_at_ms, station.zone)
    chosen = np.array([one in set(sound) for one in days], dtype=bool)[which]
    try:
        reference = lane_reference(batch.take(chosen), station.zone)
    except ReferenceRefusedError:
        # Too few trucks of any type: tried again with the days to come.
        return None, None
    row = {
        "station_id": station.id,
        "lane": lane,
        "certificate": verification.number,
        "first_day": str(reference.first_day),
        "last_day": str(reference.last_day),
        "content": REFERENCE.dump_json(reference).decode(),
    }
    made_id = connection.execute(insert(LaneReferenceRow).values(row).returning(LaneReferenceRow.id))
    return made_id.scalar_one(), reference


def _given(
    connection: Connection, station: Station, lane: int, day: date, passed_at_ms: NDArray[np.int64]
) -> Given:
    """Return what only plates and frames tell of the day."""
    of_day = passed_between(station.id, *day_bounds_ms(day, station.zone))
    over = (Judgement.excess_kg > 0) & (Judgement.severity != Severity.REJECT)
    unread = func.count().filter(Judgement.plate == "")
    plates = select(func.count(), unread).join(Passage, Passage.id == Judgement.passage_id)
    expected, missing = connection.execute(plates.where(of_day, Passage.lane == lane, over)).one()
    return Given(
        plates_expected=expected,
        plates_unread=missing,
        clock_offset_s=_clock_offsets_s(connection, station, lane, day, passed_at_ms),
    )


def _clock_offsets_s(
    connection: Connection, station: Station, lane: int, day: date, passed_at_ms: NDArray[np.int64]
) -> tuple[float, ...]:
    """Return by how many seconds each front frame is later than the vehicle nearest to it in time.

    Rear frames are taken when the vehicle has passed. Where vehicles follow each other closely the nearest
    is another one, and an offset beyond their distance doesn't show.
    """
    start_ms, end_ms = day_bounds_ms(day, station.zone)
    offset_ms = station.clock_offset_ms
    taken = select(Frame.taken_at).where(
        Frame.station_id == station.id,
        Frame.taken_at >= start_ms + offset_ms,
        Frame.taken_at < end_ms + offset_ms,
        Frame.lane == lane,
        Frame.kind == FrameKind.FRONT,
    )
    frames_ms = np.array(connection.scalars(taken.order_by(Frame.taken_at)).all(), dtype=np.int64) - offset_ms
    if not len(passed_at_ms):
        return ()
    after = np.searchsorted(passed_at_ms, frames_ms).clip(1, max(len(passed_at_ms) - 1, 1))
    near = np.stack([passed_at_ms[after - 1], passed_at_ms[after.clip(max=len(passed_at_ms) - 1)]])
    gaps_ms = frames_ms - near
    nearest_ms = gaps_ms[np.abs(gaps_ms).argmin(axis=0), np.arange(len(frames_ms))]
    offsets_s = nearest_ms[np.abs(nearest_ms) <= CLOCK_REACH_MS] / 1000
    return tuple(offsets_s.tolist()) if len(offsets_s) >= CLOCK_LEAST else ()
