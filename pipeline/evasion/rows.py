"""Manoeuvres as they are kept, and what they keep from becoming a case."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, exists, func, select
from sqlalchemy.orm import aliased

from models import leases
from models.evasion_tables import ManoeuvreRow, WeighingWordRow
from models.inserts import insert_new
from models.passage_rows import passed_between
from models.tables import Passage
from models.values.driving import Manoeuvre
from models.values.findings import FindingKind
from models.values.states import WeighingWord
from models.values.timeline import day_bounds_ms, from_ms
from pipeline.evasion.detect import Seen
from pipeline.hold_findings import hold_findings
from stations.station import Station

NO_LONGER = "按后来收到的记录，已看不到这一情形"


def stands(manoeuvre: type[ManoeuvreRow]) -> ColumnElement[bool]:
    """Return the condition that no later row says otherwise of that manoeuvre."""
    newer = aliased(ManoeuvreRow)
    return ~exists().where(
        newer.passage_id == manoeuvre.passage_id,
        newer.kind == manoeuvre.kind,
        newer.number > manoeuvre.number,
    )


def keep_manoeuvres(
    connection: Connection, of_day: ColumnElement[bool], seen: Mapping[int, Sequence[Seen]], rules: str
) -> int:
    """Keep what was `seen` of a day's passages, by their ids, and hold the findings to it; count what is new.

    What only says the row that stands in other words or figures is not kept again: a person's word on it goes
    on. Late records may accuse whom nothing accused, excuse whom something did, or show that nothing was
    there: then a row that says so is appended.
    """
    standing = select(ManoeuvreRow).join(Passage, Passage.id == ManoeuvreRow.passage_id)
    rows = connection.execute(standing.where(of_day, stands(ManoeuvreRow))).all()
    held = {(row.passage_id, row.kind): row for row in rows}
    says = {(passage_id, one.kind.value): _says(one) for passage_id, some in seen.items() for one in some}
    gone = {key: (row.sentence, NO_LONGER, False) for key, row in held.items() if key not in says}
    now = leases.now_ms(connection)
    new = [
        {
            "passage_id": key[0],
            "kind": key[1],
            "number": held[key].number + 1 if key in held else 1,
            "sentence": said[0],
            "excused": said[1],
            "spoils": said[2],
            "rules": rules,
            "seen_at": now,
        }
        for key, said in sorted((says | gone).items())
        if key not in held or _means(held[key].excused, held[key].spoils) != _means(*said[1:])
    ]
    if new:
        connection.execute(insert_new(connection, ManoeuvreRow), new)
    hold_findings(
        connection, FindingKind.EVASION, of_day, {key[0] for key, said in says.items() if not said[1]}
    )
    return sum(row["number"] == 1 for row in new)


def _means(excused: str, spoils: bool) -> tuple[bool, bool, bool]:  # noqa: FBT001 (of a row)
    """Return what a row does: whether it accuses, whether it is gone, whether it spoils the weighing."""
    return not excused, excused == NO_LONGER, spoils


def _says(one: Seen) -> tuple[str, str, bool]:
    return one.sentence, one.excused, one.spoils


def spoiled_passages(connection: Connection, station_id: str, start_ms: int, end_ms: int) -> set[int]:
    """Return the passages whose mass opens no case, since of how the vehicles were driven."""
    driven = select(ManoeuvreRow.passage_id).join(Passage, Passage.id == ManoeuvreRow.passage_id)
    spoiled = driven.where(ManoeuvreRow.spoils, stands(ManoeuvreRow), ~let_stand(ManoeuvreRow))
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
        .where(of_day, stands(ManoeuvreRow), ManoeuvreRow.excused != NO_LONGER)
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
        .where(Passage.station_id == station.id, stands(ManoeuvreRow))
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
