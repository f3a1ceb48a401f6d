"""What the trucks of a station showed on the days before one, as it was kept."""

from collections import Counter
from datetime import date, timedelta

from sqlalchemy import Connection, distinct, func, or_, select

from models.evasion_tables import ManoeuvreRow
from models.passage_rows import passed_between
from models.tables import Passage
from models.values.driving import Manoeuvre
from models.values.timeline import day_bounds_ms
from pipeline.evasion.common import StationDay
from pipeline.evasion.rows import NO_LONGER, stands
from pipeline.evasion.scene import HEAVY_AXLES, HEAVY_KG
from stations.station import Station

TRUCKS = select(
    # A record sent twice is one truck.
    Passage.lane,
    Passage.axle_count,
    func.count(distinct(Passage.content_key)),
).group_by(Passage.lane, Passage.axle_count)
SHOWN = (
    select(ManoeuvreRow.kind, Passage.lane, Passage.axle_count, func.count())
    .join(Passage, Passage.id == ManoeuvreRow.passage_id)
    .where(stands(ManoeuvreRow), ManoeuvreRow.excused != NO_LONGER)
    .group_by(ManoeuvreRow.kind, Passage.lane, Passage.axle_count)
)


def days_before(connection: Connection, station: Station, day: date, count: int) -> list[StationDay]:
    """Return the last `count` local days before one, those alone that showed something.

    Excused or not: a day whose every sighting was excused tells most of its lane.
    """
    return [
        one
        for back in range(1, count + 1)
        if (one := _station_day(connection, station, day - timedelta(days=back))).shown
    ]


def _station_day(connection: Connection, station: Station, day: date) -> StationDay:
    of_day = passed_between(station.id, *day_bounds_ms(day, station.zone))
    shown = {
        (Manoeuvre(kind), lane, axles): n
        for kind, lane, axles, n in connection.execute(SHOWN.where(of_day)).all()
    }
    heavy = or_(Passage.gross_kg >= HEAVY_KG, Passage.axle_count >= HEAVY_AXLES)
    # Most days show nothing, and a day's trucks are many.
    trucks = connection.execute(TRUCKS.where(of_day, heavy)).all() if shown else ()
    return StationDay(trucks=Counter({(lane, axles): n for lane, axles, n in trucks}), shown=Counter(shown))
