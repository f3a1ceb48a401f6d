"""Everything that one case page shows, asked of the database in a fixed number of questions."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row

from models.case_life import ZONE, clocks_of
from models.leases import now_ms
from models.values.case_clocks import Clock
from models.values.case_life import IN_REVIEW, CaseState
from models.values.findings import Doubt, FindingKind, doubts_on_plate
from models.values.money import Consequence
from models.values.quality import QualityCode
from models.values.timeline import from_ms
from pipeline.rules.rule import RuleError
from pipeline.worked import worked_out
from review import case_questions as ask
from review.accounts import Visitor
from review.characters import Character, characters
from review.course import Course, course_of
from review.drawing import AxleDrawing, draw_axles
from review.identity import Identity, identity_of
from review.lookup import Lookups, lookups_of
from review.office import Office
from review.pages.evasion import manoeuvres_of
from review.pages.legibility import PlatesSeen, plates_seen
from review.site import Site, SiteCertificate
from review.trailer import TrailerPlate, is_trailer, trailers_of

REVIEWED = 3
NOT_ASKED = "没有配置车辆登记系统"


@dataclass(frozen=True, slots=True, kw_only=True)
class PassageSheet:
    """One passage of the case: record, judgement, frames, readings, calculation and drawing."""

    record: Any
    judgement: Any
    passed: datetime
    kinds: tuple[FindingKind, ...]
    codes: tuple[QualityCode, ...]
    doubts: tuple[Doubt, ...]
    frames: Sequence[Any]
    readings: Sequence[Any]
    gate: Any
    calculation: Consequence | None
    axles: AxleDrawing


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile:
    """A case as an officer sees it."""

    life: Any
    state: CaseState
    passed_on: date
    site: Site | None
    certificate: SiteCertificate | None
    passages: tuple[PassageSheet, ...]
    characters: tuple[Character, ...]
    reading_id: int | None
    lookups: Lookups
    clocks: tuple[Clock, ...]
    events: Sequence[Any]
    reviews: Sequence[Any]
    corrections: Sequence[Any]
    earlier_cases: Sequence[Any]
    earlier_passages: Sequence[Any]
    trail: Sequence[Any]
    manoeuvres: Sequence[Any]
    identity: Identity | None
    course: Course
    plates_seen: PlatesSeen | None
    trailers: tuple[TrailerPlate, ...]


def read_case(connection: Connection, office: Office, number: str, visitor: Visitor) -> CaseFile | None:
    """Return the whole file of a case, None where there is no such case."""
    life = connection.execute(ask.LIFE, {"number": number, "now": now_ms(connection)}).one_or_none()
    if life is None:
        return None
    site = office.site(life.station_id)
    zone = site.zone if site else ZONE
    passed_on = from_ms(life.passed_at, zone).date()
    passages = _passages(connection, life.case_id, zone)
    numbers = [passage.record.id for passage in passages]
    readings = [reading for passage in passages for reading in passage.readings]
    drawing = [reading for reading in readings if not is_trailer(reading)]
    of_case = {"case_id": life.case_id}
    events = connection.execute(ask.EVENTS, of_case).all()
    corrections = connection.execute(ask.CORRECTIONS, of_case).all() if life.corrected else []
    vehicle = of_case | {"plate": life.plate}
    blind = _is_blind(life, visitor)
    return CaseFile(
        life=life,
        state=CaseState(life.state),
        passed_on=passed_on,
        site=site,
        certificate=site.certificate_on(passed_on) if site else None,
        passages=passages,
        characters=characters(life.plate, drawing),
        reading_id=_reading_of(life.plate, drawing),
        lookups=_lookups(
            connection, office, [passage.record for passage in passages], corrections, of_case, blind=blind
        ),
        clocks=clocks_of(connection, life, events=events),
        events=events,
        # The first verdict makes the third version.
        reviews=[] if blind or life.version < REVIEWED else connection.execute(ask.REVIEWS, of_case).all(),
        corrections=corrections,
        earlier_cases=connection.execute(ask.EARLIER_CASES, vehicle).all() if life.plate else [],
        earlier_passages=connection.execute(ask.EARLIER_PASSAGES, vehicle).all() if life.plate else [],
        trail=[] if blind else connection.execute(ask.AUDIT_TRAIL, {"number": number}).all(),
        manoeuvres=manoeuvres_of(connection, numbers) if life.driven else [],
        identity=identity_of(connection, numbers) if life.sought or life.conflicting else None,
        course=_course(connection, office, life, number),
        plates_seen=plates_seen(connection, numbers) if life.unclear else None,
        trailers=trailers_of(readings, [passage.record for passage in passages]),
    )


def _course(connection: Connection, office: Office, life: Row[Any], number: str) -> Course:
    """Return the course of a case; one that is still reviewed has none, so that nothing is asked."""
    if CaseState(life.state) in IN_REVIEW:
        return Course(attempts=(), defences=())
    return course_of(connection, office.vault() if office.vault else None, life.case_id, number)


def read_lookups(connection: Connection, office: Office, life: Row[Any], visitor: Visitor) -> Lookups:
    """Return what the registries said of a case, and whether they are being asked again."""
    of_case = {"case_id": life.case_id}
    records = connection.execute(ask.PASSAGES, of_case).all()
    corrections = connection.execute(ask.CORRECTIONS, of_case).all()
    return _lookups(connection, office, records, corrections, of_case, blind=_is_blind(life, visitor))


def _is_blind(life: Row[Any], visitor: Visitor) -> bool:
    """Tell whether the visitor must not know what the first reviewer found."""
    waits_for_second = CaseState(life.state) is CaseState.SECOND_REVIEW
    return waits_for_second and bool(life.first_reviewer_id != visitor.officer_id)


def _lookups(
    connection: Connection,
    office: Office,
    records: Sequence[Any],
    corrections: Sequence[Any],
    of_case: dict[str, int],
    *,
    blind: bool,
) -> Lookups:
    found = lookups_of(
        connection.execute(ask.LOOKUPS, of_case).all(),
        records,
        corrections[-1].after if corrections else None,
        office.asking.problem if office.asking else NOT_ASKED,
    )
    again = office.asking is not None and office.asking.is_asking(of_case["case_id"])
    # What stood there before would tell what the first reviewer changed.
    return replace(found, before=None if blind else found.before, again=again)


def _passages(connection: Connection, case_id: int, zone: ZoneInfo) -> tuple[PassageSheet, ...]:
    of_case = {"case_id": case_id}
    parts = [_grouped(connection, query, of_case) for query in (ask.FRAMES, ask.READINGS, ask.GATE)]
    records = groupby(connection.execute(ask.PASSAGES, of_case), key=lambda row: row.id)
    return tuple(_sheet(list(rows), *(part[number] for part in parts), zone=zone) for number, rows in records)


def _sheet(
    rows: Sequence[Any],
    frames: Sequence[Any],
    readings: Sequence[Any],
    gates: Sequence[Any],
    *,
    zone: ZoneInfo,
) -> PassageSheet:
    """Put one passage together; of its record there is a row for each finding."""
    record = rows[0]
    judgement = record if record.severity is not None else None
    kinds = tuple(sorted({FindingKind(row.kind) for row in rows}))
    return PassageSheet(
        record=record,
        judgement=judgement,
        passed=from_ms(record.passed_at, zone),
        kinds=kinds,
        codes=tuple(QualityCode(word) for word in judgement.codes.split()) if judgement else (),
        doubts=(
            *(Doubt(word) for word in (judgement.doubts if judgement else "").split()),
            *((Doubt.WEIGHING_LET_STAND,) if gates and gates[0].let_stand else ()),
            *(doubts_on_plate(kinds, judgement.plate) if judgement else ()),
        ),
        frames=frames,
        readings=readings,
        gate=gates[0] if gates else None,
        calculation=_calculation(judgement, record),
        axles=draw_axles(
            [int(mass) for mass in record.axle_kg.split(",") if mass],
            [int(spacing) for spacing in record.spacing_mm.split(",") if spacing],
        ),
    )


def _calculation(judgement: Row[Any] | None, record: Row[Any]) -> Consequence | None:
    if judgement is None:
        return None
    try:
        return worked_out(judgement, record)
    except RuleError:
        return None


def _grouped(connection: Connection, query: Any, values: Any) -> defaultdict[int, list[Any]]:  # noqa: ANN401 (SQL)
    groups: defaultdict[int, list[Any]] = defaultdict(list)
    for row in connection.execute(query, values):
        groups[row.passage_id].append(row)
    return groups


def _reading_of(plate: str, readings: Sequence[Any]) -> int | None:
    """Return the reading whose crop to show: the plate's own, or else the surest one."""
    same = [reading.id for reading in readings if reading.text == plate]
    return next(iter([*same, *(reading.id for reading in readings)]), None)
