"""Nights: each day of each station in numbers, and the chunks that failed."""

from datetime import date
from typing import Any

from sqlalchemy import case, func, select
from starlette.responses import Response

from models.tables import Chunk, Quarantine
from models.values.problems import ProblemKind
from models.values.states import ChunkState, QuarantineState
from review.access import Page, Visit
from review.pages.stations import READERS
from review.refusals import NotFoundError

SHOWN = 60


def show(visit: Visit) -> Response:
    """Return the nights that were run, the newest first."""
    with visit.office.read() as connection:
        nights = connection.execute(
            select(
                Chunk.day,
                Chunk.station_id,
                func.count().label("chunks"),
                func.sum(case((Chunk.state == ChunkState.DONE, 1), else_=0)).label("done"),
                func.sum(case((Chunk.state == ChunkState.FAILED, 1), else_=0)).label("failed"),
            )
            .group_by(Chunk.day, Chunk.station_id)
            .order_by(Chunk.day.desc(), Chunk.station_id)
            .limit(SHOWN)
        ).all()
        waiting = connection.execute(
            select(
                Quarantine.station_id,
                Quarantine.code,
                func.count().label("number"),
                func.min(Quarantine.reason).label("example"),
            )
            .where(Quarantine.state == QuarantineState.OPEN)
            .group_by(Quarantine.station_id, Quarantine.code)
            .order_by(Quarantine.station_id, func.count().desc(), Quarantine.code)
            .limit(SHOWN)
        ).all()
    return visit.render(
        "nights.html", nights=nights, waiting=waiting, sites=visit.office.sites, problem=ProblemKind
    )


def one(visit: Visit) -> Response:
    """Return one night of one station."""
    station, word = visit.path("station"), visit.path("day")
    try:
        day = date.fromisoformat(word)
    except ValueError as error:
        raise NotFoundError(f"没有这一天：{word}") from error
    if station not in visit.office.sites or visit.office.night is None:
        raise NotFoundError(f"没有检测点 {station}")
    with visit.office.read() as connection:
        night: Any = visit.office.night(connection, station, day)
        failures = connection.execute(
            select(Chunk.number, Chunk.reason).where(
                Chunk.station_id == station, Chunk.day == str(day), Chunk.state == ChunkState.FAILED
            )
        ).all()
    site = visit.office.sites[station]
    return visit.render("night.html", night=night, day=day, site=site, failures=failures)


PAGES = (
    Page(path="/nights", show=show, roles=READERS),
    Page(path="/nights/{day}/{station}", show=one, roles=READERS),
)
