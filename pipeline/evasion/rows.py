"""Manoeuvres as they are kept, and what they keep from becoming a case."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, exists, func, select
from sqlalchemy.orm import aliased

from models import leases
from models.evasion_tables import ManoeuvreRow, WeighingWordRow
from models.inserts import insert_new
from models.passage_rows import passed_between
from models.tables import Finding, Passage
from models.values.driving import Manoeuvre
from models.values.findings import FindingKind
from models.values.states import WeighingWord
from models.values.timeline import day_bounds_ms, from_ms
from pipeline.evasion.detect import Seen
from stations.station import Station


def add_manoeuvres(connection: Connection, seen: Sequence[Seen], ids: Sequence[int], rules: str) -> int:
    """Keep what was seen, with a finding for each passage that is accused; return how many rows are new.

    A manoeuvre that stands is left as it is: it was seen with the records that were there.
    """
    if not seen:
        return 0
    now = leases.now_ms(connection)
    rows = [
        {
            "passage_id": ids[one.position],
            "kind": one.kind.value,
            "sentence": one.sentence,
            "excused": one.excused,
            "spoils": one.spoils,
            "rules": rules,
            "seen_at": now,
        }
        for one in seen
    ]
    new = insert_new(connection, ManoeuvreRow).returning(ManoeuvreRow.id)
    added = len(connection.scalars(new, rows).all())
    accused = sorted({ids[one.position] for one in seen if not one.excused})
    if accused:
        findings = [{"passage_id": one, "kind": FindingKind.EVASION.value} for one in accused]
        connection.execute(insert_new(connection, Finding), findings)
    return added


def spoiled_passages(connection: Connection, station_id: str, start_ms: int, end_ms: int) -> set[int]:
    """Return the passages whose mass opens no case, since of how the vehicles were driven."""
    driven = select(ManoeuvreRow.passage_id).join(Passage, Passage.id == ManoeuvreRow.passage_id)
    spoiled = driven.where(ManoeuvreRow.spoils, ~let_stand(ManoeuvreRow))
    return set(connection.scalars(spoiled.where(passed_between(station_id, start_ms, end_ms))))


def let_stand(manoeuvre: type[ManoeuvreRow]) -> ColumnElement[bool]:
    """Return whether a person's last word lets the weighing stand, said after the manoeuvre was seen."""
    word, newer = aliased(WeighingWordRow), aliased(WeighingWordRow)
    return exists().where(
        word.passage_id == manoeuvre.passage_id,
        word.word == WeighingWord.STANDS,
        word.said_at >= manoeuvre.seen_at,
        ~exists().where(newer.passage_id == word.passage_id, newer.id > word.id),
    )


def manoeuvre_counts(connection: Connection, of_day: ColumnElement[bool]) -> dict[str, int]:
    """Return how many passages showed each manoeuvre, by its word."""
    rows = connection.execute(
        select(ManoeuvreRow.kind, func.count())
        .join(Passage, Passage.id == ManoeuvreRow.passage_id)
        .where(of_day)
        .group_by(ManoeuvreRow.kind)
        .order_by(ManoeuvreRow.kind)
    )
    return {row[0]: row[1] for row in rows}


def manoeuvre_rows(connection: Connection, station: Station, day: date | None) -> list[dict[str, Any]]:
    """Return one dict for each manoeuvre at a station, by time; of one local day, or of all."""
    query = (
        select(
            Passage.passed_at,
            Passage.lane,
            Passage.axle_count,
            Passage.gross_kg,
            Passage.speed_kmh,
            ManoeuvreRow.passage_id,
            ManoeuvreRow.kind,
            ManoeuvreRow.sentence,
            ManoeuvreRow.excused,
        )
        .join(Passage, Passage.id == ManoeuvreRow.passage_id)
        .where(Passage.station_id == station.id)
        .order_by(Passage.passed_at, Passage.record_key, ManoeuvreRow.kind)
    )
    if day is not None:
        query = query.where(passed_between(station.id, *day_bounds_ms(day, station.zone)))
    return [
        {
            "station": station.id,
            "time": from_ms(row.passed_at, station.zone).isoformat(timespec="milliseconds"),
            "lane": row.lane,
            "axle_count": row.axle_count,
            "gross_kg": row.gross_kg,
            "speed_kmh": row.speed_kmh,
            "passage": row.passage_id,
            "manoeuvre": Manoeuvre(row.kind).value,
            "sentence": row.sentence,
            "excused": row.excused,
        }
        for row in connection.execute(query)
    ]
