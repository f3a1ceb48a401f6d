"""Passages whose vehicle is known, as the database holds them."""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import Connection, Row, select

from models.passage_rows import from_rows, select_passages
from models.tables import Chunk, Judgement, Passage
from models.values.looking_back import FLEET_DAYS
from models.values.plates import PlateColour
from models.values.timeline import from_ms
from pipeline.cases import named_vehicle
from pipeline.reidentify.fleet import Fleet

DAY_MS = 86_400_000
# Of the fleet's days, the latest so many passages.
FLEET_MOST = 200_000
COLOURS = {colour.label: colour.value for colour in PlateColour}


def fleet_until(connection: Connection, end_ms: int, *, days: int = FLEET_DAYS) -> Fleet:
    """Return the passages of all stations with a readable plate in the days before an instant."""
    first_day = from_ms(end_ms - (days + 1) * DAY_MS, ZoneInfo("UTC")).date()
    # Naming the stations lets the index on station and time find the passages.
    stations = select(Chunk.station_id).where(Chunk.day >= str(first_day)).distinct()
    query = (
        select_passages()
        .add_columns(Passage.station_id, Judgement.plate, Judgement.plate_colour)
        .join(Judgement, Judgement.passage_id == Passage.id)
        .where(Passage.station_id.in_(stations))
        .where(Passage.passed_at >= end_ms - days * DAY_MS, Passage.passed_at < end_ms)
        .where((Judgement.plate != "") | (Passage.plate_front != ""))
        .order_by(Passage.passed_at.desc(), Passage.id.desc())
        .limit(FLEET_MOST)
    )
    rows = connection.execute(query).all()
    named = [row for row in rows if named_vehicle(row.plate, row.plate_front)]
    return _fleet(named[::-1])


def _fleet(rows: Sequence[Row[Any]]) -> Fleet:
    ids, batch = from_rows([tuple(row)[:15] for row in rows])
    words = [row.plate_colour if row.plate else COLOURS.get(row.plate_colour, "") for row in rows]
    return Fleet(
        batch=batch,
        ids=ids,
        station=np.array([row.station_id for row in rows], dtype=object),
        plate=np.array([named_vehicle(row.plate, row.plate_front) for row in rows], dtype=object),
        colour=np.array(["" if one == PlateColour.UNKNOWN else one for one in words], dtype=object),
    )
