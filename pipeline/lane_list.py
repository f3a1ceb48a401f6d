"""How each lane stands, for people and programs, from what the nights stored."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, func, select

from models.gate_tables import LaneDayRow
from models.values.states import Standing
from models.values.timeline import from_ms
from pipeline.gate.conditions import obstacles
from pipeline.gate.values import LaneDay
from pipeline.gate.watch import Night
from pipeline.gate.windows import window
from pipeline.lane_rows import StoredDay, held_on, history, lane_days, overrides, worst
from pipeline.lanes import count_passages, thresholds_on
from pipeline.rules.rule_sets import rule_set_on, rule_sets
from stations.station import Station


def last_day(connection: Connection, station: Station) -> date | None:
    """Return the last local day on which a lane of the station was measured, None if there is none."""
    latest = select(func.max(LaneDayRow.day)).where(LaneDayRow.station_id == station.id)
    day = connection.scalar(latest)
    return date.fromisoformat(day) if day else None


def lane_row(connection: Connection, station: Station, lane: int, until: date) -> dict[str, Any] | None:
    """Return how a lane stood on the last day measured up to `until`, and by what, as JSON values.

    `late` counts records that came after the day was measured and wait for another run of it.
    """
    days = history(connection, station.id, lane, until)
    if not days:
        return None
    day = days[-1].day
    last = worst(lane_days(connection, station.id, lane, day, day))
    state = held_on(last.state, overrides(connection, station.id, lane), day)
    rules = rule_set_on(station.province, day, rule_sets())
    word = state.override
    return {
        "station": station.id,
        "lane": lane,
        "day": str(day),
        "standing": state.standing_on(day).value,
        "measured": state.standing.value,
        "since": str(state.since) if state.since else "",
        "nights": len(days),
        "decided_by": last.decided_by,
        "certificate": last.certificate,
        "override": f"{word.actor}：{word.reason}（至 {word.last_day}）" if word else "",
        "obstacles": [one.value for one in obstacles(station, day, rules.announcement.days if rules else 0)],
        "passages": days[-1].passages,
        "measured_at": from_ms(days[-1].measured_at_ms, station.zone).isoformat(timespec="seconds"),
        "late": count_passages(connection, station, lane, day) - days[-1].passages,
    }


def latest_standing(connection: Connection, station_id: str, lane: int) -> tuple[date, Standing, str] | None:
    """Return the last day measured, what held on it, and the statistic or person that decided."""
    of_lane = (LaneDayRow.station_id == station_id) & (LaneDayRow.lane == lane)
    latest = connection.scalar(select(func.max(LaneDayRow.day)).where(of_lane))
    if latest is None:
        return None
    day = date.fromisoformat(latest)
    last = worst(lane_days(connection, station_id, lane, day, day))
    state = held_on(last.state, overrides(connection, station_id, lane), day)
    decided_by = f"{state.override.actor}：{state.override.reason}" if state.override else last.decided_by
    return day, state.standing_on(day), decided_by


def lane_nights(connection: Connection, station: Station, lane: int, until: date) -> list[Night]:
    """Return a lane's stored nights up to a day, as a chart shows them."""
    days = history(connection, station.id, lane, until)
    said = overrides(connection, station.id, lane)
    return [
        Night(
            measured=one.measured,
            window=window(_since_verification(days[: number + 1]), thresholds_on(station, one.day)),
            state=held_on(one.state, said, one.day),
        )
        for number, one in enumerate(days)
    ]


def _since_verification(days: Sequence[StoredDay]) -> list[LaneDay]:
    return [one.measured for one in days if one.certificate == days[-1].certificate]
