"""Statistics: each figure as a chart, a table and CSV, from one and the same rows."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select
from starlette.responses import Response

from models.case_tables import CaseLife, CaseReview, PlateCorrection
from models.office_tables import Officer
from models.tables import Case
from models.unweighed import is_unweighed
from models.values.case_life import CaseState, RejectReason, Verdict
from models.values.labelled import Labelled
from models.values.office import Role
from review.access import Page, Visit
from review.closed_loop import in_bars, median_days, notice_days, shares
from review.refusals import NotFoundError

READERS = frozenset({Role.TEAM_LEADER, Role.AUDITOR})
MOST = 20
HOUR_MS, HOURS, BEIJING_H = 3_600_000, 24, 8
# A cell that begins so would be run as a formula by spreadsheet programs.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One statistic: its name, and what was counted."""

    name: str
    title: str
    rows: tuple[tuple[str, int], ...]
    hint: str = ""

    @property
    def most(self) -> int:
        """Return the largest number, at least 1, for the length of bars."""
        return max((number for _, number in self.rows), default=0) or 1


def figures(connection: Connection, visit: Visit) -> list[Figure]:
    """Return every statistic."""
    states = _counted(connection, select(CaseLife.state, func.count()).group_by(CaseLife.state))
    reasons = _counted(
        connection,
        select(CaseReview.reason, func.count())
        .where(CaseReview.verdict == Verdict.REJECT)
        .group_by(CaseReview.reason),
    )
    hour = (Case.passed_at.op("/")(HOUR_MS) + BEIJING_H) % HOURS
    hours = _counted(connection, select(hour, func.count()).group_by(hour))
    stations = _counted(connection, select(Case.station_id, func.count()).group_by(Case.station_id))
    again = (
        select(CaseLife.plate, func.count())
        .where(CaseLife.plate != "", ~is_unweighed(CaseLife.case_id))
        .group_by(CaseLife.plate)
        .having(func.count() > 1)
        .order_by(func.count().desc(), CaseLife.plate)
        .limit(MOST)
    )
    reviewers = (
        select(Officer.name, func.count())
        .join(CaseReview, CaseReview.officer_id == Officer.id)
        .group_by(Officer.id, Officer.name)
        .order_by(func.count().desc())
        .limit(MOST)
    )
    judged, edited = (_cases_of(connection, table) for table in (CaseReview, PlateCorrection))
    names = {site.id: site.name for site in visit.office.sites.values()}
    named = tuple((names.get(one, one), number) for one, number in sorted(stations.items()))
    return [
        _days_to_notice(connection, visit),
        Figure(name="states", title="各环节案件数", rows=_in_order(states, CaseState)),
        Figure(name="reasons", title="驳回理由", rows=_in_order(reasons, RejectReason)),
        Figure(
            name="readings",
            title="号牌识别与更正",
            rows=(("已审核案件", judged), ("其中号牌经人工更正", edited)),
        ),
        Figure(
            name="hours",
            title="案件时段分布",
            rows=tuple((f"{number:02d}时", hours.get(number, 0)) for number in range(HOURS)),
        ),
        Figure(name="stations", title="各检测点案件数", rows=named),
        Figure(name="again", title="多次涉嫌超限的车辆", rows=_pairs(connection, again)),
        Figure(name="reviewers", title="各审核员审核件数", rows=_pairs(connection, reviewers)),
    ]


def _days_to_notice(connection: Connection, visit: Visit) -> Figure:
    days = notice_days(connection)
    median = median_days(days)
    return Figure(
        name="notice_days",
        title="过车至送达违法行为通知书的天数",
        rows=in_bars(days),
        hint="" if median is None else visit.say("半数案件在 {} 天以内").format(median),
    )


def _cases_of(connection: Connection, table: type[CaseReview] | type[PlateCorrection]) -> int:
    return int(connection.scalar(select(func.count(func.distinct(table.case_id)))) or 0)


def _counted(connection: Connection, query: Any) -> dict[Any, int]:  # noqa: ANN401 (SQL)
    return {row[0]: int(row[1]) for row in connection.execute(query)}


def _pairs(connection: Connection, query: Any) -> tuple[tuple[str, int], ...]:  # noqa: ANN401 (SQL)
    return tuple((str(row[0]), int(row[1])) for row in connection.execute(query))


def _in_order(counts: dict[Any, int], words: type[Labelled]) -> tuple[tuple[str, int], ...]:
    return tuple((word.label, counts.get(word.value, 0)) for word in words if counts.get(word.value))


def show(visit: Visit) -> Response:
    """Return all statistics."""
    with visit.office.read() as connection:
        found = figures(connection, visit)
        loop = list(shares(connection))
    return visit.render("statistics.html", figures=found, loop=loop)


def table(visit: Visit) -> Response:
    """Return one statistic as CSV."""
    with visit.office.read() as connection:
        found = {figure.name: figure for figure in figures(connection, visit)}
    figure = found.get(visit.path("name"))
    if figure is None:
        raise NotFoundError("没有这项统计")
    return _as_csv(figure.name, [(figure.title, "件数"), *figure.rows])


def closed_loop(visit: Visit) -> Response:
    """Return the four shares as CSV."""
    with visit.office.read() as connection:
        found = list(shares(connection))
    rows = [(one.text, one.part, one.whole, one.written, one.means) for one in found]
    return _as_csv("closed_loop", [("闭环指标", "已完成", "应完成", "比例", "含义"), *rows])


def _as_csv(name: str, rows: Sequence[tuple[str | int, ...]]) -> Response:
    sink = io.StringIO(newline="")
    csv.writer(sink).writerows([_cell(value) for value in row] for row in rows)
    disposition = f'attachment; filename="{name}.csv"'
    headers = {"Content-Disposition": disposition, "Cache-Control": "no-store"}
    return Response(sink.getvalue().encode("utf-8-sig"), media_type="text/csv", headers=headers)


def _cell(value: str | int) -> str | int:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value


PAGES = (
    Page(path="/statistics", show=show, roles=READERS),
    Page(path="/statistics/closed_loop.csv", show=closed_loop, roles=READERS),
    Page(path="/statistics/{name}.csv", show=table, roles=READERS),
)
