"""What runs by itself: when it is due next, what ran, what failed, and which process keeps the schedule."""

from starlette.responses import Response

from models.schedule_view import kept_by, latest_runs, schedule_lines
from models.values.schedule import RunState
from review.access import Page, Visit
from review.pages.stations import READERS

SHOWN = 50


def show(visit: Visit) -> Response:
    """Return the jobs and the runs that somebody should look at."""
    with visit.office.read() as connection:
        kept = kept_by(connection)
        lines = schedule_lines(connection)
        runs = latest_runs(connection, SHOWN, unsound=True)
    states = {state.value: state.label for state in RunState}
    labels = {line.name: line.label for line in lines}
    return visit.render("schedule.html", kept=kept, lines=lines, runs=runs, run_states=states, jobs=labels)


PAGES = (Page(path="/schedule", show=show, roles=READERS),)
