"""How each lane of a station stands at the gate, worked out from the stored passages."""

from datetime import date, timedelta
from typing import Any

import numpy as np
from sqlalchemy import Connection, select

from models.passage_rows import from_rows, select_passages
from models.tables import Passage
from models.values.passages import PassageBatch
from models.values.timeline import day_bounds_ms, local_days
from pipeline.gate.conditions import obstacles
from pipeline.gate.reference import LaneReference, ReferenceRefusedError, lane_reference
from pipeline.gate.state import Standing
from pipeline.gate.values import thresholds_for
from pipeline.gate.watch import Night, nights
from pipeline.rules.rule_sets import rule_set_on, rule_sets
from stations.station import Station

# The gate forgets after this long; what lies before cannot change a standing any more.
MEMORY_DAYS = 60
# The largest error of the classes used on roads, where no certificate says better.
UNCERTIFIED_MPE_PERCENT = 10.0


def lane_nights(
    connection: Connection, station: Station, lane: int, until: date, reference_days: int
) -> list[Night]:
    """Return the nights of one lane up to a day, the first `reference_days` of them as its reference.

    Without enough records for a reference the mass statistics keep the lane watched.
    """
    batch = _passages(connection, station, lane, until)
    certificate = station.certificate_on(until)
    mpe_percent = certificate.mpe_percent if certificate else UNCERTIFIED_MPE_PERCENT
    reference = _reference(batch, station, reference_days)
    return list(nights(batch, station.zone, reference, thresholds_for(mpe_percent)))


def lane_row(station: Station, lane: int, until: date, seen: list[Night]) -> dict[str, Any]:
    """Return how a lane stands on a day, and by which statistic, as JSON values."""
    rules = rule_set_on(station.province, until, rule_sets())
    lacking = obstacles(station, until, rules.announcement.days if rules else 0)
    state = seen[-1].state if seen else None
    standing = state.standing_on(until) if state else Standing.WATCHED
    return {
        "station": station.id,
        "lane": lane,
        "day": str(until),
        "standing": standing.value,
        "since": str(state.since) if state and state.since else "",
        "nights": len(seen),
        "decided_by": state.decided_by.sentence if state and state.decided_by else "",
        "obstacles": [one.value for one in lacking],
    }


def _passages(connection: Connection, station: Station, lane: int, until: date) -> PassageBatch:
    start_ms, _ = day_bounds_ms(until - timedelta(days=MEMORY_DAYS - 1), station.zone)
    _, end_ms = day_bounds_ms(until, station.zone)
    query = select_passages().where(
        Passage.station_id == station.id,
        Passage.passed_at >= start_ms,
        Passage.passed_at < end_ms,
        Passage.lane == lane,
    )
    return from_rows(connection.execute(query.order_by(Passage.passed_at, Passage.record_key)).all())[1]


def last_day(connection: Connection, station: Station) -> date | None:
    """Return the local day of a station's latest passage, None if it has none."""
    latest = select(Passage.passed_at).where(Passage.station_id == station.id)
    instant = connection.scalar(latest.order_by(Passage.passed_at.desc()).limit(1))
    if instant is None:
        return None
    return local_days(np.array([instant], dtype=np.int64), station.zone)[0][0]


def _reference(batch: PassageBatch, station: Station, reference_days: int) -> LaneReference | None:
    if not len(batch):
        return None
    _, which = local_days(batch.passed_at_ms, station.zone)
    try:
        return lane_reference(batch.take(which < reference_days), station.zone)
    except ReferenceRefusedError:
        return None
