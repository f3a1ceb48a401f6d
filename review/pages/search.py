"""Search by case number or plate."""

from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, select
from starlette.responses import Response

from models.case_life import life_query
from models.case_tables import CaseLife
from models.tables import Case
from review.access import CASE_READERS, Page, Visit
from review.pages.queue import today

MOST = 50
SHORTEST = 2
LAST = "\U0010ffff"


def show(visit: Visit) -> Response:
    """Return the cases whose number or plate begins as asked."""
    asked = visit.asked("q").strip()
    rows: list[Any] = []
    if len(asked) >= SHORTEST:
        with visit.office.read() as connection:
            # Each beginning along its own index; joined by OR they would be read along neither.
            numbers = select(Case.id).where(_begins(connection, Case.number, asked)).limit(MOST)
            plates = select(CaseLife.case_id).where(_begins(connection, CaseLife.plate, asked.upper()))
            ids = {*connection.scalars(numbers), *connection.scalars(plates.limit(MOST))}
            found = connection.execute(
                life_query().where(Case.id.in_(ids)).order_by(Case.id.desc()).limit(MOST)
            )
            rows = list(found.all())
    return visit.render("search.html", asked=asked, rows=rows, today=today(visit), most=MOST, least=SHORTEST)


def _begins(connection: Connection, column: Any, text: str) -> ColumnElement[bool]:  # noqa: ANN401 (a column)
    """Ask for a beginning; SQLite finds one by index as a range only, PostgreSQL orders by the locale."""
    if connection.dialect.name == "sqlite":
        return and_(column >= text, column < text + LAST)
    begins: ColumnElement[bool] = column.startswith(text, autoescape=True)
    return begins


PAGES = (Page(path="/search", show=show, roles=CASE_READERS),)
