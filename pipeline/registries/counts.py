"""How many of a station's cases were looked up with what result, asked of the database."""

from sqlalchemy import Connection, func, select

from models.registry_tables import CaseLookup
from models.tables import Case
from models.values.lookups import LookupState


def lookup_counts(
    connection: Connection, station_id: str, start_ms: int, end_ms: int
) -> tuple[dict[str, int], dict[str, int]]:
    """Return the cases of [start, end) by state of their latest look-up, and the waiting ones by reason."""
    latest = (
        select(func.max(CaseLookup.id)).where(CaseLookup.case_id == Case.id).correlate(Case).scalar_subquery()
    )
    rows = connection.execute(
        select(CaseLookup.state, CaseLookup.reason, func.count())
        .select_from(Case)
        .join(CaseLookup, CaseLookup.id == latest)
        .where(Case.station_id == station_id, Case.passed_at >= start_ms, Case.passed_at < end_ms)
        .group_by(CaseLookup.state, CaseLookup.reason)
        .order_by(CaseLookup.state, CaseLookup.reason)
    )
    states: dict[str, int] = {}
    reasons: dict[str, int] = {}
    for state, reason, number in rows:
        states[state] = states.get(state, 0) + number
        if state == LookupState.WAITING:
            reasons[reason] = number
    return states, reasons
