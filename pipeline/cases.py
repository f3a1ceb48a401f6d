"""Open cases where the gate lets: findings of one vehicle at a station within a minute become one case."""

import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.orm import aliased

from models.case_life import begin
from models.leases import now_ms
from models.passage_rows import passed_between
from models.tables import Case, Finding, Judgement, Passage
from models.trace import tell
from models.unweighed import WITHOUT_MASS, is_unweighed
from models.values.findings import FindingKind
from models.values.states import Outcome
from models.values.timeline import day_bounds_ms, from_ms
from pipeline.decisions import append, decisions, restate, verdict_on
from pipeline.evasion.rows import spoiled_passages
from pipeline.patience import SAME_CASE_MS, FlaggedPassage, Patience, held_back, may_be_spoiled
from pipeline.plates.grammar import pattern_of
from pipeline.rules.rule_sets import rule_set_on, rule_sets
from stations.station import Station

LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCase:
    """A case that is open already, by the passage that opened it; its vehicles as now read."""

    case_id: int
    passed_at_ms: int
    vehicles: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Passages of one case, by time; `case_id` is None if the case is still to be opened."""

    case_id: int | None
    passages: tuple[FlaggedPassage, ...]


def group_passages(waiting: Sequence[FlaggedPassage], cases: Sequence[OpenCase]) -> list[Group]:
    """Return which passages join which open case, and which open new ones.

    A passage joins the case of its vehicle that was opened by a passage less than a minute away, before or
    after it. An unknown vehicle is never taken for another unknown one. Cases that are open are not joined
    later: a person may already have looked at them.
    """
    anchors: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    groups: list[tuple[int | None, list[FlaggedPassage]]] = []
    for case in cases:
        groups.append((case.case_id, []))
        for vehicle in case.vehicles - {""}:
            anchors[vehicle].append((case.passed_at_ms, len(groups) - 1))
    for passage in sorted(waiting, key=lambda one: one.passed_at_ms):
        near = [
            (abs(passage.passed_at_ms - anchor_ms), number)
            for anchor_ms, number in anchors[passage.vehicle]
            if passage.vehicle and abs(passage.passed_at_ms - anchor_ms) < SAME_CASE_MS
        ]
        if near:
            groups[min(near)[1]][1].append(passage)
        else:
            groups.append((None, [passage]))
            anchors[passage.vehicle].append((passage.passed_at_ms, len(groups) - 1))
    return [Group(case_id=case_id, passages=tuple(members)) for case_id, members in groups if members]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What one opening did: new cases, passages that became leads, leads that became or joined a case.

    `held` counts passages whose findings wait for frames or for an earlier passage.
    """

    cases: int
    leads: int
    revived: int
    held: int = 0


def open_cases(
    connection: Connection, station: Station, day: date, patience: Patience | None = None
) -> Opened:
    """Give every finding of a station's day a case, or keep it as a lead where the gate bars it.

    With `patience` findings whose frames, or whose forerunners, are still to be expected wait; those of
    vehicles that may have been driven so as to spoil the weighing are left to the night.
    """
    start_ms, end_ms = day_bounds_ms(day, station.zone)
    _join_own_cases(connection, station, start_ms, end_ms)
    waiting, held = _waiting(connection, station, start_ms, end_ms), set[int]()
    if patience is not None:
        waiting = [one for one in waiting if one.passage_id not in patience.for_the_night]
        held = held_back(connection, station, waiting, patience)
        waiting = [one for one in waiting if one.passage_id not in held]
        spoiled = may_be_spoiled(connection, station, day, waiting)
        patience.for_the_night.update(spoiled)
        waiting = [one for one in waiting if one.passage_id not in spoiled]
    of_lane = {lane: verdict_on(connection, station, lane, day) for lane in {one.lane for one in waiting}}
    spoiled = spoiled_passages(connection, station.id, start_ms, end_ms)
    # Driving alone opens no case, whatever is said of its weighing.
    spoiled |= {one.passage_id for one in waiting}.difference(
        _overloaded(connection, station, start_ms, end_ms)
    )
    verdicts = {
        one.passage_id: of_lane[one.lane].of_record(one.codes, spoiled=one.passage_id in spoiled)
        for one in waiting
    }
    before = decisions(connection, station, day)
    restate(connection, station, day, before)
    said = append(connection, verdicts, before)
    free = [one for one in waiting if verdicts[one.passage_id].outcome is Outcome.CASE]
    cases = _open_cases(connection, station, start_ms - SAME_CASE_MS, end_ms + SAME_CASE_MS)
    opened = 0
    for group in group_passages(free, cases):
        case_id = group.case_id
        if case_id is None:
            case_id = _open(connection, station, group.passages[0])
            opened += 1
        _give(connection, group, case_id)
        if group.case_id is None:
            tell(LOGGER, "case.opened", connection, case_id)
    leads = {passage_id for passage_id, one in before.items() if one.outcome is Outcome.LEAD}
    barred = {one.passage_id for one in waiting} - {one.passage_id for one in free}
    return Opened(
        cases=opened,
        leads=len(barred.intersection(said) - leads),
        revived=sum(one.passage_id in leads for one in free),
        held=len(held),
    )


def _overloaded(connection: Connection, station: Station, start_ms: int, end_ms: int) -> set[int]:
    query = select(Finding.passage_id).join(Passage, Passage.id == Finding.passage_id)
    of_day = query.where(passed_between(station.id, start_ms, end_ms))
    return set(connection.scalars(of_day.where(Finding.kind == FindingKind.OVERLOAD.value)))


def _give(connection: Connection, group: Group, case_id: int) -> None:
    """Give the findings of a group's passages their case."""
    of_group = Finding.passage_id.in_([one.passage_id for one in group.passages])
    connection.execute(update(Finding).where(of_group, Finding.case_id.is_(None)).values(case_id=case_id))


def _join_own_cases(connection: Connection, station: Station, start_ms: int, end_ms: int) -> None:
    """Give a finding the case that its passage has already by another one; no mass joins a case without."""
    sibling = aliased(Finding)
    fits = Finding.kind.in_(WITHOUT_MASS) | ~is_unweighed(sibling.case_id)
    own_case = (
        select(func.min(sibling.case_id))
        .where(sibling.passage_id == Finding.passage_id, fits)
        .correlate(Finding)
        .scalar_subquery()
    )
    of_day = select(Passage.id).where(passed_between(station.id, start_ms, end_ms))
    connection.execute(
        update(Finding)
        .where(Finding.case_id.is_(None), Finding.passage_id.in_(of_day))
        .values(case_id=own_case)
        .execution_options(synchronize_session=False)
    )


def _waiting(connection: Connection, station: Station, start_ms: int, end_ms: int) -> list[FlaggedPassage]:
    rows = connection.execute(
        select(
            Passage.id,
            Passage.passed_at,
            Passage.lane,
            Judgement.plate,
            Passage.plate_front,
            Judgement.codes,
        )
        .join(Finding, Finding.passage_id == Passage.id)
        .join(Judgement, Judgement.passage_id == Passage.id)
        .where(passed_between(station.id, start_ms, end_ms), Finding.case_id.is_(None))
        .group_by(Passage.id, Judgement.passage_id)
        .order_by(Passage.passed_at, Passage.record_key)
    )
    return [
        FlaggedPassage(
            passage_id=passage_id,
            passed_at_ms=passed_at,
            lane=lane,
            vehicle=named_vehicle(plate, by_station),
            codes=codes,
        )
        for passage_id, passed_at, lane, plate, by_station, codes in rows
    ]


def _open_cases(connection: Connection, station: Station, start_ms: int, end_ms: int) -> list[OpenCase]:
    rows = connection.execute(
        select(Case.id, Case.passed_at, Judgement.plate, Passage.plate_front)
        .join(Finding, Finding.case_id == Case.id)
        .join(Passage, Passage.id == Finding.passage_id)
        .join(Judgement, Judgement.passage_id == Passage.id)
        .where(Case.station_id == station.id, Case.passed_at > start_ms, Case.passed_at < end_ms)
        .where(~is_unweighed(Case.id))
        .order_by(Case.passed_at, Case.number)
    )
    vehicles: defaultdict[tuple[int, int], set[str]] = defaultdict(set)
    for case_id, passed_at, plate, by_station in rows:
        vehicles[case_id, passed_at].add(named_vehicle(plate, by_station))
    return [
        OpenCase(case_id=case_id, passed_at_ms=passed_at, vehicles=frozenset(plates))
        for (case_id, passed_at), plates in vehicles.items()
    ]


def named_vehicle(plate: str, by_station: str) -> str:
    """Return what names the vehicle; stations also send words such as 无车牌 where a plate should stand."""
    return plate or (by_station if pattern_of(by_station) is not None else "")


def _open(connection: Connection, station: Station, first: FlaggedPassage) -> int:
    case_id = insert_case(connection, station.id, station.zone, first)
    day = from_ms(first.passed_at_ms, station.zone).date()
    rules = rule_set_on(station.province, day, rule_sets())
    begin(
        connection,
        case_id,
        passed_at_ms=first.passed_at_ms,
        plate=first.vehicle,
        asks_summons=rules is None or rules.summons is not None,
        at_ms=now_ms(connection),
    )
    return case_id


def insert_case(connection: Connection, station_id: str, zone: ZoneInfo, first: FlaggedPassage) -> int:
    """Insert a case numbered by station, time and lane; a second one of that instant gets a suffix."""
    stem = f"{station_id}-{from_ms(first.passed_at_ms, zone):%Y%m%d-%H%M%S}-{first.lane}"
    taken = set(connection.scalars(select(Case.number).where(Case.number.startswith(stem, autoescape=True))))
    number = next(
        name for name in (stem, *(f"{stem}-{n}" for n in range(2, len(taken) + 3))) if name not in taken
    )
    row = {"number": number, "station_id": station_id, "passed_at": first.passed_at_ms}
    return int(connection.execute(insert(Case).values(row).returning(Case.id)).scalar_one())
