"""Search: for each unread passage with a finding, who it may have been; kept, and shown to officers alone."""

import json
from collections.abc import Sequence
from datetime import date

from sqlalchemy import Connection, insert, select

from models import leases
from models.inserts import insert_new
from models.passage_rows import from_rows, passed_between, select_passages
from models.reidentify_tables import CandidateRow, SearchRow
from models.tables import Finding, Judgement, Passage
from models.values.timeline import day_bounds_ms
from pipeline.cases import named_vehicle
from pipeline.reidentify.fleet import Fleet, Unread
from pipeline.reidentify.noise import Noise
from pipeline.reidentify.partial import partial_plate
from pipeline.reidentify.rank import Ranking, rank
from pipeline.reidentify.travel import Roads
from stations.station import Station


def roads_of(stations: Sequence[Station]) -> Roads:
    """Return the roads that stations declare, the shorter where two declare the same."""
    roads: dict[frozenset[str], float] = {}
    for station in stations:
        for other, road_km in station.roads_km.items():
            pair = frozenset((station.id, other))
            roads[pair] = min(road_km, roads.get(pair, road_km))
    return roads


def noise_on(station: Station, day: date) -> Noise:
    """Return the noise of the scale's class on a day."""
    certificate = station.certificate_on(day)
    return Noise.of_class(certificate.mpe_percent) if certificate else Noise()


def search_day(connection: Connection, station: Station, day: date, fleet: Fleet, roads: Roads) -> int:
    """Search for each unread passage of a local day that was not searched for yet; return how many."""
    noise = noise_on(station, day)
    unread = _unread(connection, station, day)
    for passage_id in unread:
        query, unused = _query(connection, station, passage_id)
        ranking = rank(query, fleet, noise, roads)
        _keep(connection, passage_id, query, fleet, ranking, unused)
    return len(unread)


def _unread(connection: Connection, station: Station, day: date) -> list[int]:
    rows = connection.execute(
        select(Passage.id, Judgement.plate, Passage.plate_front)
        .join(Judgement, Judgement.passage_id == Passage.id)
        .where(passed_between(station.id, *day_bounds_ms(day, station.zone)), Judgement.plate == "")
        .where(Passage.id.in_(select(Finding.passage_id)), Passage.id.not_in(select(SearchRow.passage_id)))
        .order_by(Passage.passed_at, Passage.record_key)
    )
    return [row.id for row in rows if not named_vehicle(row.plate, row.plate_front)]


def _query(connection: Connection, station: Station, passage_id: int) -> tuple[Unread, str]:
    _, batch = from_rows(connection.execute(select_passages().where(Passage.id == passage_id)).all())
    (read, sure, colour), unused = partial_plate(connection, passage_id)
    return Unread(batch=batch, station=station.id, read=read, sure=sure, colour=colour), unused


def _keep(
    connection: Connection, passage_id: int, query: Unread, fleet: Fleet, ranking: Ranking, unused: str
) -> None:
    row = {
        "passage_id": passage_id,
        "searched_at": leases.now_ms(connection),
        "fleet": ranking.fleet,
        "vehicles": ranking.vehicles,
        "unknown": ranking.unknown,
        "trouble": "；".join(filter(None, (ranking.trouble, unused))),
    }
    query_new = insert_new(connection, SearchRow).values(row).returning(SearchRow.id)
    search_id = connection.scalar(query_new)
    if search_id is None:
        # Another runner searched for it in the meantime.
        return
    rows = [
        {
            "search_id": search_id,
            "place": place,
            "plate": one.plate,
            "passage_id": int(fleet.ids[one.position]),
            "probability": one.probability,
            "evidence": json.dumps(one.evidence | {"read": query.read}, ensure_ascii=False),
        }
        for place, one in enumerate(ranking.candidates, start=1)
    ]
    if rows:
        connection.execute(insert(CandidateRow), rows)
