"""The night in numbers, asked of the database, so that a second run says the same."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Connection, distinct, func, select

from models.tables import Finding, Frame, Judgement, Passage, Quarantine
from models.values.quality import QualityCode, Severity
from models.values.timeline import day_bounds_ms
from stations.station import Station


@dataclass(frozen=True, slots=True, kw_only=True)
class StationNight:
    """One station's day; counters are keyed by the words of the enums, axle classes by axle count."""

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
    findings: int
    cases: int
    quarantined_open: int

    def as_json(self) -> dict[str, Any]:
        """Return the fields as JSON values."""
        return asdict(self)


@dataclass(slots=True)
class _Codes:
    rejects: Counter[str] = field(default_factory=Counter)
    doubts: Counter[str] = field(default_factory=Counter)

    def add(self, codes: str, count: int) -> None:
        for word in codes.split():
            code = QualityCode(word)
            if code.severity is Severity.REJECT:
                self.rejects[word] += count
            elif code.severity is Severity.DOUBT:
                self.doubts[word] += count


def station_night(connection: Connection, station: Station, day: date) -> StationNight:
    """Count one station's day."""
    start_ms, end_ms = day_bounds_ms(day, station.zone)
    of_day = (
        (Passage.station_id == station.id) & (Passage.passed_at >= start_ms) & (Passage.passed_at < end_ms)
    )
    judged = select(Judgement).join(Passage, Passage.id == Judgement.passage_id).where(of_day).subquery()
    over = (judged.c.excess_kg > 0) & (judged.c.severity != Severity.REJECT)

    def count(query: Any) -> int:  # noqa: ANN401 (any SELECT of one number)
        return int(connection.scalar(query) or 0)

    def grouped(column: Any, source: Any) -> list[tuple[Any, int]]:  # noqa: ANN401 (SQL expressions)
        rows = connection.execute(
            select(column, func.count()).select_from(source).group_by(column).order_by(column)
        )
        return [(key, number) for key, number in rows]

    codes = _Codes()
    for text, number in grouped(judged.c.codes, judged):
        codes.add(text, number)
    passages = count(select(func.count()).select_from(Passage).where(of_day))
    severity = dict(grouped(judged.c.severity, judged))
    axles = connection.execute(
        select(Passage.axle_count, func.count())
        .join(judged, judged.c.passage_id == Passage.id)
        .where(over)
        .group_by(Passage.axle_count)
        .order_by(Passage.axle_count)
    )
    frames = select(func.count()).select_from(Frame)
    matched = frames.join(Passage, Passage.id == Frame.passage_id).where(of_day)
    findings = (
        select(func.count())
        .select_from(Finding)
        .join(Passage, Passage.id == Finding.passage_id)
        .where(of_day)
    )
    cases = (
        select(func.count(distinct(Finding.case_id)))
        .select_from(Finding)
        .join(Passage, Passage.id == Finding.passage_id)
        .where(of_day)
    )
    return StationNight(
        station_id=station.id,
        day=str(day),
        passages=passages,
        unjudged=passages - sum(severity.values()),
        severity={word.value: severity.get(word.value, 0) for word in Severity},
        rejects=dict(sorted(codes.rejects.items())),
        doubts=dict(sorted(codes.doubts.items())),
        over_limit={str(axle_count): number for axle_count, number in axles},
        over_limit_rejected=count(
            select(func.count())
            .select_from(judged)
            .where(judged.c.excess_kg > 0, judged.c.severity == Severity.REJECT)
        ),
        plates_read=count(select(func.count()).select_from(judged).where(over, judged.c.plate != "")),
        plates_unread=count(select(func.count()).select_from(judged).where(over, judged.c.plate == "")),
        frames=count(matched),
        frames_unmatched=count(frames.where(Frame.station_id == station.id, Frame.passage_id.is_(None))),
        frames_damaged=count(matched.where(Frame.problem != "")),
        findings=count(findings),
        cases=count(cases),
        quarantined_open=count(
            select(func.count())
            .select_from(Quarantine)
            .where(Quarantine.station_id == station.id, Quarantine.state == "open")
        ),
    )


def night_summary(connection: Connection, stations: Sequence[Station], day: date) -> list[StationNight]:
    """Count a day of several stations."""
    return [station_night(connection, station, day) for station in stations]
