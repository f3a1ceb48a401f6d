"""The nightly run: a day of stations from intake to cases; running it twice changes nothing."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Protocol

from models.database import Database
from models.files import FileStore
from models.values.timeline import day_bounds_ms
from pipeline.cases import open_cases
from pipeline.executor import Executor
from pipeline.judge import ChunkWork
from pipeline.ledger import fail_chunk, load_chunk, open_chunks, plan_chunks, save_chunk
from pipeline.match import match_frames
from stations.intake import Intake, IntakeReport, drop_folder_files
from stations.station import Station


class Progress(Protocol):
    """Shows how far a stage has come."""

    def stage(self, label: str, total: int) -> None:
        """Begin a stage of `total` steps; 0 if unknown."""
        ...

    def step(self) -> None:
        """One step is done."""
        ...


@dataclass(slots=True, kw_only=True)
class NightReport:
    """What one run did; what the night holds is asked of the database."""

    day: date
    intake: dict[str, IntakeReport] = field(default_factory=dict)
    frames_matched: int = 0
    chunks: int = 0
    cases_opened: int = 0
    failures: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def troubled(self) -> bool:
        """Tell whether someone should look: something was not taken or not judged."""
        return bool(self.failures) or any(report.troubled for report in self.intake.values())

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Add the time of a stage."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[stage] = self.seconds.get(stage, 0.0) + time.perf_counter() - start


@dataclass(frozen=True, slots=True, kw_only=True)
class NightlyRun:
    """Everything a night needs."""

    database: Database
    store: FileStore
    intake: Intake
    executor: Executor
    inbox: Path
    chunk_size: int
    plate_threshold: float
    progress: Progress

    def run(self, stations: Sequence[Station], day: date) -> NightReport:
        """Take what lies in the drop folders and judge the day's passages of these stations."""
        report = NightReport(day=day)
        with report.timed("intake"):
            self._intake(stations, report)
        with report.timed("match"):
            self._match(stations, report)
        with report.timed("judge"):
            self._judge(stations, report)
        with report.timed("cases"), self.database.write() as connection:
            report.cases_opened = sum(open_cases(connection, station, day) for station in stations)
        return report

    def _intake(self, stations: Sequence[Station], report: NightReport) -> None:
        waiting = {station.id: drop_folder_files(self.inbox / station.id) for station in stations}
        self.progress.stage("接收 intake", sum(map(len, waiting.values())))
        for station in stations:
            taken = self.intake.take(station, waiting[station.id], remove=True, step=self.progress.step)
            report.intake[station.id] = taken

    def _match(self, stations: Sequence[Station], report: NightReport) -> None:
        self.progress.stage("匹配图片 match", len(stations))
        for station in stations:
            start_ms, end_ms = day_bounds_ms(report.day, station.zone)
            with self.database.write() as connection:
                report.frames_matched += match_frames(connection, station, start_ms, end_ms)
                plan_chunks(connection, station, report.day, self.chunk_size)
            self.progress.step()

    def _judge(self, stations: Sequence[Station], report: NightReport) -> None:
        with self.database.read() as connection:
            undone = open_chunks(connection, stations, report.day)
        self.progress.stage("研判识别 judge and read", len(undone))
        report.chunks = len(undone)
        by_id = {station.id: station for station in stations}
        work = (self._load(chunk_id, by_id[station_id]) for chunk_id, station_id in undone)
        for chunk, result in self.executor.run(work):
            with self.database.write() as connection:
                if isinstance(result, Exception):
                    reason = f"{type(result).__name__}: {result}"
                    fail_chunk(connection, chunk.chunk_id, reason)
                    report.failures.append(f"{chunk.station.id}: chunk {chunk.chunk_id}: {reason}")
                else:
                    save_chunk(connection, chunk, result)
            self.progress.step()

    def _load(self, chunk_id: int, station: Station) -> ChunkWork:
        with self.database.read() as connection:
            return load_chunk(connection, chunk_id, station, self.store, self.plate_threshold)
