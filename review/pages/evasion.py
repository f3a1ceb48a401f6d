"""Evasion: how vehicles were driven so that the scale could not weigh them, for a person to look at."""

from collections.abc import Sequence

from sqlalchemy import Connection, Row, bindparam, select
from starlette.responses import Response

from models.evasion_tables import ManoeuvreRow
from models.tables import Finding, Passage
from review.access import CASE_READERS, Page, Visit

SHOWN = 100
OF_CASE = (
    select(ManoeuvreRow.passage_id, ManoeuvreRow.sentence, ManoeuvreRow.excused)
    .join(Finding, Finding.passage_id == ManoeuvreRow.passage_id)
    .where(Finding.case_id == bindparam("case_id"))
    .distinct()
    .order_by(ManoeuvreRow.passage_id, ManoeuvreRow.sentence)
)
LATEST = (
    select(
        Passage.station_id,
        Passage.passed_at,
        Passage.lane,
        Passage.axle_count,
        Passage.gross_kg,
        ManoeuvreRow.sentence,
        ManoeuvreRow.excused,
    )
    .join(Passage, Passage.id == ManoeuvreRow.passage_id)
    .order_by(ManoeuvreRow.id.desc())
    .limit(SHOWN)
)


def show(visit: Visit) -> Response:
    """Return the latest manoeuvres."""
    with visit.office.read() as connection:
        rows = connection.execute(LATEST).all()
    return visit.render("evasion.html", rows=rows, sites=visit.office.sites, shown=SHOWN)


def manoeuvres_of(connection: Connection, case_id: int) -> Sequence[Row[int, str, str]]:
    """Return what was seen of the driving in a case's passages."""
    return connection.execute(OF_CASE, {"case_id": case_id}).all()


PAGES = (Page(path="/evasion", show=show, roles=CASE_READERS),)
