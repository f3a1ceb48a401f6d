"""Open cases: findings of one vehicle at one station within a minute become one case."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, insert, select, update

from models.tables import Case, Finding, Judgement, Passage
from models.values.timeline import day_bounds_ms, from_ms
from stations.station import Station

SAME_CASE_MS = 60_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FlaggedPassage:
    """A passage with findings; `vehicle` is its plate, "" if unknown.

    `case_id` is set if a finding of it has a case, `waiting` if one has none.
    """

    passage_id: int
    passed_at_ms: int
    lane: int
    vehicle: str
    case_id: int | None
    waiting: bool


def group_passages(flagged: Sequence[FlaggedPassage]) -> list[list[FlaggedPassage]]:
    """Return the passages of each case, by time; those of one instant keep their order.

    A passage joins the group of its vehicle whose first passage lies less than a minute before it. An
    unknown vehicle is never taken for another unknown one.
    """
    groups: list[list[FlaggedPassage]] = []
    latest: dict[str, list[FlaggedPassage]] = {}
    for passage in sorted(flagged, key=lambda one: one.passed_at_ms):
        group = latest.get(passage.vehicle) if passage.vehicle else None
        if group is not None and passage.passed_at_ms - group[0].passed_at_ms < SAME_CASE_MS:
            group.append(passage)
        else:
            group = [passage]
            groups.append(group)
            latest[passage.vehicle] = group
    return groups


def open_cases(connection: Connection, station: Station, day: date) -> int:
    """Give every finding of a station's day a case; return how many cases are new."""
    start_ms, end_ms = day_bounds_ms(day, station.zone)
    flagged = _flagged(connection, station, start_ms - SAME_CASE_MS, end_ms)
    opened = 0
    for group in group_passages(flagged):
        waiting = [one for one in group if one.waiting and one.passed_at_ms >= start_ms]
        if not waiting:
            continue
        case_ids = [one.case_id for one in group if one.case_id is not None]
        if not case_ids:
            case_ids = [_open(connection, station, waiting[0])]
            opened += 1
        connection.execute(
            update(Finding)
            .where(Finding.passage_id.in_([one.passage_id for one in waiting]), Finding.case_id.is_(None))
            .values(case_id=min(case_ids))
        )
    return opened


def _flagged(connection: Connection, station: Station, start_ms: int, end_ms: int) -> list[FlaggedPassage]:
    rows = connection.execute(
        select(
            Passage.id, Passage.passed_at, Passage.lane, Judgement.plate, Passage.plate_front, Finding.case_id
        )
        .join(Finding, Finding.passage_id == Passage.id)
        .join(Judgement, Judgement.passage_id == Passage.id)
        .where(Passage.station_id == station.id, Passage.passed_at >= start_ms, Passage.passed_at < end_ms)
        .order_by(Passage.passed_at, Passage.record_key, Finding.case_id)
    )
    passages: dict[int, FlaggedPassage] = {}
    for passage_id, passed_at, lane, plate, station_plate, case_id in rows:
        before = passages.get(passage_id)
        passages[passage_id] = FlaggedPassage(
            passage_id=passage_id,
            passed_at_ms=passed_at,
            lane=lane,
            vehicle=plate or station_plate,
            case_id=case_id if case_id is not None else before.case_id if before else None,
            waiting=case_id is None or (before is not None and before.waiting),
        )
    return list(passages.values())


def _open(connection: Connection, station: Station, first: FlaggedPassage) -> int:
    """Open a case numbered by station, time and lane; a second one of that instant gets a suffix."""
    local = from_ms(first.passed_at_ms, station.zone)
    stem = f"{station.id}-{local:%Y%m%d-%H%M%S}-{first.lane}"
    taken = set(connection.scalars(select(Case.number).where(Case.number.startswith(stem, autoescape=True))))
    number = next(
        name for name in (stem, *(f"{stem}-{n}" for n in range(2, len(taken) + 3))) if name not in taken
    )
    row = {"number": number, "station_id": station.id, "passed_at": first.passed_at_ms}
    return int(connection.execute(insert(Case).values(row).returning(Case.id)).scalar_one())
