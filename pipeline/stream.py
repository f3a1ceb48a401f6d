"""The stream: what stations push, through the stages of the night in small portions, as it comes.

A round looks at what came, then matches, plans, judges and opens cases with the night's own functions and
ledger. What a lane may open is what its last night said; the coming night measures the day and goes on from
there. A round that is killed is taken up by the next, or by the night.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import Connection, func, select

from models.gate_tables import DecisionRow
from models.tables import Finding, Frame, FrameReference, Passage
from models.values.timeline import from_ms
from pipeline.cases import open_cases
from pipeline.ledger import QUARTER_HOUR_MS, plan_chunks
from pipeline.match import match_frames
from pipeline.nightly import NightlyRun, NightReport
from pipeline.patience import Patience
from stations.station import Station

# On starting, frames that came this long before are looked at again.
START_MS = 3_600_000
Window = tuple[int, int]


@dataclass(slots=True, kw_only=True)
class StreamReport:
    """What one round did; `held` counts passages that wait to become cases."""

    chunks: int = 0
    frames_matched: int = 0
    cases_opened: int = 0
    leads_opened: int = 0
    held: int = 0
    failures: list[str] = field(default_factory=list)

    @property
    def idle(self) -> bool:
        """Tell whether there was nothing to do."""
        return not (self.chunks or self.frames_matched or self.cases_opened)


@dataclass(slots=True, kw_only=True)
class StreamRun:
    """Judges as records come. Several may run at once: each portion is judged by one."""

    night: NightlyRun
    settle_ms: int
    patience_ms: int
    _seen_ms: int = 0
    _waiting: dict[str, set[date]] | None = None
    _for_the_night: dict[tuple[str, date], set[int]] = field(default_factory=dict)

    def round(self, stations: Sequence[Station]) -> StreamReport:
        """Take up what came since the last round."""
        report = StreamReport()
        now_ms = self.night.intake.now_ms()
        settled_ms = now_ms - self.settle_ms
        with self.night.database.read() as connection:
            since_ms = (self._seen_ms or now_ms - START_MS) - self.settle_ms
            due = {station.id: _due(connection, station, since_ms, settled_ms) for station in stations}
            if self._waiting is None:
                self._waiting = {station.id: _undecided_days(connection, station) for station in stations}
        for station in stations:
            for day, window in sorted(due[station.id].items()):
                self._judge(station, day, window, settled_ms, report)
                self._waiting[station.id].add(day)
            for day in sorted(self._waiting[station.id]):
                self._open(station, day, report)
        self._seen_ms = now_ms
        return report

    def _judge(
        self, station: Station, day: date, window: Window, settled_ms: int, report: StreamReport
    ) -> None:
        night = NightReport(day=day)
        with self.night.intake.alone(station), self.night.database.write("stream.planned") as connection:
            report.frames_matched += match_frames(connection, station, *window, settled_ms)
            plan_chunks(connection, station, day, self.night.chunk_size)
        self.night.judge_free([station], night, set())
        report.chunks += night.chunks
        report.failures += night.failures

    def _open(self, station: Station, day: date, report: StreamReport) -> None:
        patience = Patience(
            now_ms=self.night.intake.now_ms(),
            named_ms=self.patience_ms,
            loose_ms=2 * self.settle_ms,
            for_the_night=self._for_the_night.setdefault((station.id, day), set()),
        )
        with self.night.intake.alone(station), self.night.database.write("stream.opened") as connection:
            opened = open_cases(connection, station, day, patience)
        report.cases_opened += opened.cases
        report.leads_opened += opened.leads
        report.held += opened.held
        if not opened.held and self._waiting is not None:
            self._waiting[station.id].discard(day)


def _due(connection: Connection, station: Station, since_ms: int, settled_ms: int) -> dict[date, Window]:
    """Return the days with passages that are in no chunk, or with frames that came for some, and when."""
    quarters = set(_free_quarters(connection, station))
    came = (Frame.station_id == station.id) & Frame.passage_id.is_(None) & (Frame.received_at >= since_ms)
    named = (
        select(Passage.passed_at)
        .join(FrameReference, FrameReference.passage_id == Passage.id)
        .join(Frame, Frame.name == FrameReference.name)
        .where(came, Passage.station_id == station.id)
    )
    loose = select(func.coalesce(Frame.taken_at, 0) - station.clock_offset_ms).where(
        came, Frame.taken_at.is_not(None), Frame.received_at <= settled_ms
    )
    for query in (named, loose):
        quarters.update(instant_ms // QUARTER_HOUR_MS for instant_ms in connection.scalars(query))
    windows: defaultdict[date, list[int]] = defaultdict(list)
    for quarter in quarters:
        windows[from_ms(quarter * QUARTER_HOUR_MS, station.zone).date()].append(quarter)
    return {
        day: (min(some) * QUARTER_HOUR_MS, (max(some) + 1) * QUARTER_HOUR_MS) for day, some in windows.items()
    }


def _free_quarters(connection: Connection, station: Station) -> Sequence[int]:
    quarter = Passage.passed_at.op("/")(QUARTER_HOUR_MS)
    free = select(quarter).where(Passage.station_id == station.id, Passage.chunk_id.is_(None)).distinct()
    return connection.scalars(free).all()


def _undecided_days(connection: Connection, station: Station) -> set[date]:
    """Return the days with findings that no gate has decided on: a round before this one was cut short."""
    decided = select(DecisionRow.passage_id).where(DecisionRow.passage_id == Finding.passage_id)
    quarter = func.min(Passage.passed_at.op("/")(QUARTER_HOUR_MS))
    undecided = (
        select(quarter)
        .join(Finding, Finding.passage_id == Passage.id)
        .where(Passage.station_id == station.id, Finding.case_id.is_(None), ~decided.exists())
        .group_by(Passage.passed_at.op("/")(QUARTER_HOUR_MS))
    )
    return {
        from_ms(number * QUARTER_HOUR_MS, station.zone).date() for number in connection.scalars(undecided)
    }
