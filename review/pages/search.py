"""Search by case number or plate."""

from sqlalchemy import or_
from starlette.responses import Response

from models.case_life import life_query
from models.case_tables import CaseLife
from models.tables import Case
from review.access import CASE_READERS, Page, Visit
from review.pages.queue import today

MOST = 50
SHORTEST = 2


def show(visit: Visit) -> Response:
    """Return the cases whose number or plate begins as asked."""
    asked = visit.asked("q").strip()
    rows = []
    if len(asked) >= SHORTEST:
        begins = or_(
            Case.number.startswith(asked, autoescape=True),
            CaseLife.plate.startswith(asked.upper(), autoescape=True),
        )
        with visit.office.read() as connection:
            found = connection.execute(life_query().where(begins).order_by(Case.id.desc()).limit(MOST))
            rows = list(found.all())
    return visit.render("search.html", asked=asked, rows=rows, today=today(visit), most=MOST)


PAGES = (Page(path="/search", show=show, roles=CASE_READERS),)
