"""Days due of all cases: worked out anew where the calendar has changed since, and counted."""

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from sqlalchemy import Connection, bindparam, func, select, update

from models.case_life import ZONE
from models.case_tables import CaseEvent, CaseLife
from models.tables import Case
from models.values.calendar import WorkCalendar
from models.values.case_clocks import case_clocks, due_on
from models.values.case_life import CaseState
from models.values.timeline import from_ms

SOON = timedelta(days=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlines:
    """How many cases are over their day, due today, due within three days."""

    over: int
    today: int
    soon: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A case whose day due is another than was kept; `version` is the case's when it was worked out."""

    case_id: int
    version: int
    due_on: str


def moved_days(connection: Connection, days_off: WorkCalendar) -> list[Moved]:
    """Return the cases whose day due is another by this calendar than is kept."""
    query = (
        select(
            CaseLife.case_id,
            CaseLife.version,
            CaseLife.state,
            CaseLife.due_on,
            Case.passed_at,
            CaseEvent.to_state,
            CaseEvent.at,
        )
        .join(Case, Case.id == CaseLife.case_id)
        .join(CaseEvent, CaseEvent.case_id == CaseLife.case_id)
        .where(CaseLife.due_on != "")
        .order_by(CaseLife.case_id, CaseEvent.version)
    )
    moved = []
    for case_id, rows in groupby(connection.execute(query), key=lambda row: row.case_id):
        steps = list(rows)
        life = steps[0]
        history = [(CaseState(row.to_state), from_ms(row.at, ZONE).date()) for row in steps]
        act_on = from_ms(life.passed_at, ZONE).date()
        due = str(due_on(case_clocks(CaseState(life.state), history, act_on, days_off)) or "")
        if due != life.due_on:
            moved.append(Moved(case_id=case_id, version=life.version, due_on=due))
    return moved


def keep_days(connection: Connection, moved: list[Moved]) -> None:
    """Keep the days due, except of cases that took a step since: that step worked them out itself."""
    if not moved:
        return
    unmoved = (CaseLife.case_id == bindparam("id")) & (CaseLife.version == bindparam("seen"))
    changed = update(CaseLife).where(unmoved).values(due_on=bindparam("due"))
    connection.execute(
        changed, [{"id": one.case_id, "seen": one.version, "due": one.due_on} for one in moved]
    )


def count_deadlines(connection: Connection, today: date) -> Deadlines:
    """Count the cases by how near their day is."""

    def count(first: date | None, last: date) -> int:
        within = (CaseLife.due_on != "") & (CaseLife.due_on <= str(last))
        if first is not None:
            within &= CaseLife.due_on >= str(first)
        return connection.scalar(select(func.count()).select_from(CaseLife).where(within)) or 0

    return Deadlines(
        over=count(None, today - timedelta(days=1)),
        today=count(today, today),
        soon=count(today + timedelta(days=1), today + SOON),
    )
