"""Stations and lanes: publication, certificates and when they end, what each lane sent lately."""

from collections import defaultdict
from datetime import timedelta
from typing import Any

from sqlalchemy import case, func, select
from starlette.responses import Response

from models.tables import Judgement, Passage
from models.values.office import Role
from models.values.quality import Severity
from models.values.timeline import day_bounds_ms, from_ms
from pipeline.lane_list import latest_standing
from review.access import Page, Visit
from review.lane_chart import NIGHTS, lane_charts
from review.pages.queue import today
from review.station_signs import signs

DAYS = 7
READERS = frozenset({Role.STATION_OPERATOR, Role.TEAM_LEADER, Role.AUDITOR, Role.ADMINISTRATOR})


def show(visit: Visit) -> Response:
    """Return the stations with the last week of each lane."""
    day = today(visit)
    lanes: defaultdict[str, list[Any]] = defaultdict(list)
    with visit.office.read() as connection:
        for site in visit.office.sites.values():
            latest = select(func.max(Passage.passed_at)).where(Passage.station_id == site.id)
            # A station that has been silent shows its last week, and by its last record that it is silent.
            last = from_ms(connection.scalar(latest) or 0, site.zone).date()
            start_ms, _ = day_bounds_ms(last - timedelta(days=DAYS - 1), site.zone)
            over = (Judgement.excess_kg > 0) & (Judgement.severity != Severity.REJECT)
            lanes[site.id] = list(
                connection.execute(
                    select(
                        Passage.lane,
                        func.count().label("passages"),
                        func.max(Passage.passed_at).label("last_at"),
                        func.sum(case((Judgement.severity == Severity.REJECT, 1), else_=0)).label("rejected"),
                        func.sum(case((over, 1), else_=0)).label("over"),
                        func.sum(case((over & (Judgement.plate == ""), 1), else_=0)).label("unread"),
                    )
                    .outerjoin(Judgement, Judgement.passage_id == Passage.id)
                    .where(Passage.station_id == site.id, Passage.passed_at >= start_ms)
                    .group_by(Passage.lane)
                    .order_by(Passage.lane)
                )
            )
        charts = {site: lane_charts(connection, site) for site in lanes}
        gates = {
            (site, row.lane): latest_standing(connection, site, row.lane)
            for site, rows in lanes.items()
            for row in rows
        }
        heard = signs(connection)
    sites = visit.office.sites.values()
    shown: dict[str, Any] = {"lanes": lanes, "gates": gates, "charts": charts, "signs": heard}
    return visit.render("stations.html", sites=sites, today=day, days=DAYS, nights=NIGHTS, **shown)


PAGES = (Page(path="/stations", show=show, roles=READERS),)
