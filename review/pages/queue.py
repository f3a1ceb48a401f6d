"""The queue page, and the way to the next case."""

from collections.abc import Mapping
from datetime import date

from starlette.responses import Response

from models import audit
from models.case_life import ZONE, life_query
from models.case_tables import CaseLife
from models.values.findings import FindingKind
from models.values.timeline import from_ms
from review.access import CASE_READERS, CASE_WORKERS, Page, Visit, see
from review.assignment import take
from review.forms import whole
from review.queue import PAGE, WORK, Filter, Stage, Whose, case_rows, next_case, stage_counts
from review.refusals import NotFoundError, TakenError


def today(visit: Visit) -> date:
    """Return the day in Beijing."""
    return from_ms(visit.office.clock_ms(), ZONE).date()


def wanted(visit: Visit, counts: Mapping[str, int]) -> Filter:
    """Return the filter that the address asks for; without a stage, the first of one's own that has cases."""
    stage = visit.asked("stage")
    own = WORK.get(visit.officer.role, (Stage.FIRST,))
    default = next((one for one in own if counts[one.value]), own[0])
    due, _, case_id = visit.asked("after").partition("~")
    behind = whole(case_id)
    return Filter(
        stage=Stage(stage) if stage in set(Stage) else default,
        whose=Whose(visit.asked("whose")) if visit.asked("whose") in set(Whose) else Whose.ALL,
        station=visit.asked("station") if visit.asked("station") in visit.office.sites else "",
        kind=visit.asked("kind") if visit.asked("kind") in set(FindingKind) else "",
        after=None if behind is None else (due, behind),
    )


def show(visit: Visit) -> Response:
    """Return the queue."""
    with visit.office.read() as connection:
        counts = visit.office.cached_counts("stages", lambda: stage_counts(connection))
        chosen = wanted(visit, counts)
        rows = case_rows(connection, chosen, visit.officer)
    more = len(rows) > PAGE
    rows = rows[:PAGE]
    return visit.render(
        "queue.html",
        chosen=chosen,
        rows=rows,
        counts=counts,
        stages=list(Stage),
        kinds=list(FindingKind),
        sites=visit.office.sites,
        today=today(visit),
        after=f"{rows[-1].due_on}~{rows[-1].case_id}" if more else "",
        done=visit.asked("done"),
        works=visit.officer.role in CASE_WORKERS,
    )


def take_next(visit: Visit) -> Response:
    """Take the next case and go to it."""
    stage = visit.form.get("stage", "")
    works_on = WORK[visit.officer.role]
    stages = [Stage(stage)] if stage in set(works_on) else list(works_on)
    number = take_another(visit, stages)
    return see(f"/cases/{number}" if number else "/queue?done=none")


def take_another(visit: Visit, stages: list[Stage], skip: int = 0) -> str:
    """Take the next free case and return its number, "" where there is none."""
    for _ in range(20):
        with visit.office.write("console.next") as connection, audit.held_back(connection):
            case_id = next_case(connection, visit.officer, skip, stages)
            if case_id is None:
                return ""
            life = connection.execute(life_query().where(CaseLife.case_id == case_id)).one()
            try:
                take(connection, visit.office, life, visit.officer)
            except TakenError:
                # Somebody was faster; the next look no longer offers it.
                continue
            return str(life.number)
    raise NotFoundError("其他人员正在认领同一批案件，请重试", 409)


PAGES = (
    Page(path="/queue", show=show, roles=CASE_READERS),
    Page(path="/queue/next", show=take_next, roles=CASE_WORKERS, method="POST"),
)
