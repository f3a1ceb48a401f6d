"""The night in numbers, asked of the database, so that a second run says the same."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, distinct, exists, func, select
from sqlalchemy.orm import aliased

from models.gate_tables import DecisionRow, LaneDayRow
from models.passage_rows import passed_between
from models.tables import Base, Finding, Frame, FrameReference, Judgement, Passage, Quarantine
from models.values.quality import QualityCode, Severity
from models.values.states import Outcome
from models.values.timeline import day_bounds_ms
from pipeline.decisions import holding
from pipeline.evasion.rows import manoeuvre_counts
from pipeline.registries.counts import lookup_counts
from stations.station import Station


@dataclass(frozen=True, slots=True, kw_only=True)
class StationNight:
    """One station's day; counters are keyed by the words of the enums, axle classes by axle count.

    `leads` counts the passages whose findings the gate keeps from cases, by lane, standing, what decided it
    (a statistic, or `override`) and the obstacles; `leads_revived` those that were leads and have a case now.
    """

    station_id: str
    day: str
    passages: int
    unjudged: int
    severity: dict[str, int]
    rejects: dict[str, int]
    doubts: dict[str, int]
    over_limit: dict[str, int]
    over_limit_rejected: int
    plates_read: int
    plates_unread: int
    frames: int
    frames_unmatched: int
    frames_damaged: int
    frames_awaited: int
    manoeuvres: dict[str, int]
    findings: int
    cases: int
    leads: list[dict[str, Any]]
    leads_revived: int
    lookups: dict[str, int]
    lookups_waiting: dict[str, int]
    quarantined_open: int

    def as_json(self) -> dict[str, Any]:
        """Return the fields as JSON values."""
        return asdict(self)


class _Codes:
    """Counts of single codes from counts of the texts that hold them."""

    def __init__(self, texts: Mapping[str, int]) -> None:
        self._counts: Counter[QualityCode] = Counter()
        for text, number in texts.items():
            for word in text.split():
                self._counts[QualityCode(word)] += number

    def of(self, severity: Severity) -> dict[str, int]:
        return {code.value: self._counts[code] for code in sorted(self._counts) if code.severity is severity}


def station_night(connection: Connection, station: Station, day: date) -> StationNight:
    """Count one station's day."""
    start_ms, end_ms = day_bounds_ms(day, station.zone)
    of_day = passed_between(station.id, start_ms, end_ms)
    framed, found = Frame.passage_id == Passage.id, Finding.passage_id == Passage.id

    def count(table: type[Base], link: Any, *conditions: Any, number: Any = None) -> int:  # noqa: ANN401 (SQL)
        query = select(func.count() if number is None else number).select_from(table)
        return int(connection.scalar(query.join(Passage, link).where(of_day, *conditions)) or 0)

    loose = select(func.count()).where(Frame.station_id == station.id, Frame.passage_id.is_(None))
    held = select(func.count()).where(Quarantine.station_id == station.id, Quarantine.state == "open")
    here = exists().where(Frame.station_id == station.id, Frame.name == FrameReference.name)
    passages, judged = _judged(connection, of_day)
    heavy = [one for one in judged if one.heavy]
    over = [one for one in heavy if one.severity != Severity.REJECT]
    codes, severity = _Codes(_sums(judged, "codes")), _sums(judged, "severity")
    lookups, lookups_waiting = lookup_counts(connection, station.id, start_ms, end_ms)
    return StationNight(
        station_id=station.id,
        day=str(day),
        passages=passages,
        unjudged=passages - sum(severity.values()),
        severity={word.value: severity.get(word.value, 0) for word in Severity},
        rejects=codes.of(Severity.REJECT),
        doubts=codes.of(Severity.DOUBT),
        over_limit={str(axles): n for axles, n in sorted(_sums(over, "axle_count").items())},
        over_limit_rejected=sum(one.passages for one in heavy) - sum(one.passages for one in over),
        plates_read=sum(one.passages for one in over if one.named),
        plates_unread=sum(one.passages for one in over if not one.named),
        frames=count(Frame, framed),
        frames_unmatched=int(connection.scalar(loose) or 0),
        frames_awaited=count(FrameReference, FrameReference.passage_id == Passage.id, ~here),
        frames_damaged=count(Frame, framed, Frame.problem != ""),
        manoeuvres=manoeuvre_counts(connection, of_day),
        findings=count(Finding, found),
        cases=count(Finding, found, number=func.count(distinct(Finding.case_id))),
        leads=_leads(connection, of_day),
        leads_revived=_revived(connection, of_day),
        lookups=lookups,
        lookups_waiting=lookups_waiting,
        quarantined_open=int(connection.scalar(held) or 0),
    )


def _judged(connection: Connection, of_day: ColumnElement[bool]) -> tuple[int, Sequence[Any]]:
    """Return how many passages a day has, and those judged, counted by all that the summary tells apart."""
    bounds = select(func.count(), func.min(Passage.id), func.max(Passage.id)).where(of_day)
    passages, first, last = connection.execute(bounds).one()
    heavy, named = (Judgement.excess_kg > 0).label("heavy"), (Judgement.plate != "").label("named")
    apart = (Judgement.codes, Judgement.severity, Passage.axle_count, heavy, named)
    query = (
        select(*apart, func.count().label("passages"))
        .join(Judgement, Judgement.passage_id == Passage.id)
        # A day's records come together: PostgreSQL reads this range instead of all judgements.
        .where(of_day, Judgement.passage_id.between(first, last))
        .group_by(*apart[:3], "heavy", "named")
    )
    return passages, connection.execute(query).all()


def _sums(rows: Sequence[Any], name: str) -> Counter[Any]:
    sums: Counter[Any] = Counter()
    for row in rows:
        sums[getattr(row, name)] += row.passages
    return sums


def _leads(connection: Connection, of_day: ColumnElement[bool]) -> list[dict[str, Any]]:
    by_word = DecisionRow.override_id.is_not(None)
    # By its label: bound values would make the two expressions differ for PostgreSQL.
    decided = case((by_word, "override"), else_=func.coalesce(LaneDayRow.decided_kind, "")).label("decided")
    by = (Passage.lane, DecisionRow.standing, decided, DecisionRow.obstacles)
    rows = connection.execute(
        select(*by, func.count(distinct(Passage.id)))
        .join(Finding, Finding.passage_id == Passage.id)
        .join(DecisionRow, holding())
        .outerjoin(LaneDayRow, LaneDayRow.id == DecisionRow.lane_day_id)
        .where(of_day, Finding.case_id.is_(None), DecisionRow.outcome == Outcome.LEAD)
        .group_by(*by[:2], "decided", by[3])
        .order_by(*by[:2], "decided", by[3])
    )
    return [
        {
            "lane": lane,
            "standing": standing,
            "decided_kind": kind,
            "obstacles": obstacles.split(),
            "passages": number,
        }
        for lane, standing, kind, obstacles, number in rows
    ]


def _revived(connection: Connection, of_day: ColumnElement[bool]) -> int:
    been = aliased(DecisionRow)
    revived = (
        select(func.count(distinct(Passage.id)))
        .join(DecisionRow, DecisionRow.passage_id == Passage.id)
        .join(been, (been.passage_id == Passage.id) & (been.number < DecisionRow.number))
        .where(of_day, DecisionRow.outcome == Outcome.CASE, been.outcome == Outcome.LEAD)
    )
    return connection.scalar(revived) or 0


def night_summary(connection: Connection, stations: Sequence[Station], day: date) -> list[StationNight]:
    """Count a day of several stations."""
    return [station_night(connection, station, day) for station in stations]
