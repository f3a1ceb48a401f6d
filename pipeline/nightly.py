"""The nightly run: a day of stations from intake to cases; running it twice changes nothing."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Protocol

from models import leases
from models.database import Database, DatabaseUnavailableError
from models.files import FileStore
from models.values.timeline import day_bounds_ms
from pipeline.cases import open_cases
from pipeline.decisions import days_to_judge_again
from pipeline.evasion.unread import unread_evaders
from pipeline.evasion.watch import watch_driving
from pipeline.evasion.words import days_let_stand
from pipeline.executor import Executor
from pipeline.judge import ChunkResult, ChunkWork
from pipeline.lanes import measure_lanes
from pipeline.ledger import (
    claim_chunk,
    count_undone,
    fail_chunk,
    free_chunks,
    lease_name,
    load_chunk,
    others_at_work,
    plan_again,
    plan_chunks,
    save_chunk,
    unplanned_days,
)
from pipeline.look_again import SecondLook
from pipeline.match import match_frames
from pipeline.obscured_rows import judge_obscured_day
from pipeline.others_seen import OtherVehicles
from pipeline.registries.look_up import LookupReport, Registries
from pipeline.reidentify.named import Fleets
from pipeline.reidentify.night import reidentify_day
from pipeline.reidentify.search import roads_of
from stations.drop_folder import drop_folder_files
from stations.intake import Intake
from stations.intake_report import IntakeReport
from stations.station import Station

# Evaders are few: 4 of 20,515 trucks in a real fortnight. So many are a device's fault that no rule excuses,
# and at two frames each take five minutes.
MOST_EVADERS = 500


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
    """What one run did; what the night holds is asked of the database.

    `waiting` counts passages that are in no chunk, by station and day: those of other days, which a run of
    that day will judge. `leads_revived` counts leads of any day that became cases, also by station and day.
    """

    day: date
    intake: dict[str, IntakeReport] = field(default_factory=dict)
    frames_matched: int = 0
    chunks: int = 0
    manoeuvres: int = 0
    searched: int = 0
    plate_conflicts: int = 0
    clock_troubles: list[str] = field(default_factory=list)
    lanes_measured: int = 0
    plates_obscured: int = 0
    cases_opened: int = 0
    leads_opened: int = 0
    leads_revived: dict[tuple[str, date], int] = field(default_factory=dict)
    registries: LookupReport | None = None
    failures: list[str] = field(default_factory=list)
    waiting: dict[str, int] = field(default_factory=dict)
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
    """Everything a night needs. Several may run the same night at once: each chunk is judged by one."""

    database: Database
    store: FileStore
    intake: Intake
    executor: Executor
    inbox: Path
    chunk_size: int
    plate_threshold: float
    progress: Progress
    registries: Registries | None = None
    others: OtherVehicles | None = None
    second_look: SecondLook | None = None

    def run(self, stations: Sequence[Station], day: date) -> NightReport:
        """Take what lies in the drop folders and judge the day's passages of these stations."""
        report, claimed = NightReport(day=day), set[int]()
        with report.timed("intake"):
            self._intake(stations, report)
        with report.timed("match"):
            self._match(stations, report)
        with report.timed("judge"):
            self._judge(stations, report, claimed)
        with report.timed("driving"):
            self._watch_driving(stations, report)
        with report.timed("judge"):
            self._read_evaders(stations, report, claimed)
        with report.timed("gate"):
            self._measure(stations, report)
        with report.timed("obscured"):
            self._judge_obscured(stations, report)
        with report.timed("cases"):
            self._open_cases(stations, report)
        with report.timed("reidentify"):
            self._reidentify(stations, report)
        with report.timed("registries"):
            self._look_up(stations, report)
        with self.database.read() as connection:
            for station in stations:
                report.waiting |= {
                    f"{station.id} {one}": n for one, n in unplanned_days(connection, station).items()
                }
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
            with self.intake.alone(station), self.database.write("night.planned") as connection:
                report.frames_matched += match_frames(connection, station, start_ms, end_ms)
                plan_chunks(connection, station, report.day, self.chunk_size)
            self.progress.step()

    def _judge(self, stations: Sequence[Station], report: NightReport, claimed: set[int]) -> None:
        with self.database.read() as connection:
            self.progress.stage("研判识别 judge and read", count_undone(connection, stations, report.day))
        while True:
            self.judge_free(stations, report, claimed)
            with self.database.write("lease.dead") as connection:
                if not others_at_work(connection, stations, report.day):
                    return
            # What another runner holds may still fall to us, and cases are opened when all is judged.
            time.sleep(leases.POLL_S)

    def judge_free(self, stations: Sequence[Station], report: NightReport, claimed: set[int]) -> None:
        """Judge what is planned of the report's day and nobody else judges; `claimed` is not tried again."""
        under_way: set[int] = set()
        try:
            for work, result in self.executor.run(self._claims(stations, report.day, claimed, under_way)):
                self._save(work, result, report)
                under_way.discard(work.chunk_id)
                self.progress.step()
        finally:
            if under_way:
                self._give_back(under_way)

    def _give_back(self, chunks: set[int]) -> None:
        """Give back the leases of chunks that nobody judges any more, or the next run waits for their end."""
        # Without a database they end by themselves.
        with suppress(DatabaseUnavailableError), self.database.write("chunk.given_back") as connection:
            for chunk_id in sorted(chunks):
                leases.release(connection, lease_name(chunk_id), self.intake.holder)

    def _claims(
        self, stations: Sequence[Station], day: date, claimed: set[int], under_way: set[int]
    ) -> Iterator[ChunkWork]:
        by_id = {station.id: station for station in stations}
        free: Iterator[tuple[int, str]] = iter(())
        while True:
            with self.database.write("chunk.claimed") as connection:
                chunk = claim_chunk(connection, free, self.intake.holder)
                if chunk is None:
                    # Listed again only at the end of a list: a night has thousands of chunks.
                    listed = free_chunks(connection, stations, day)
                    free = iter([one for one in listed if one[0] not in claimed])
                    chunk = claim_chunk(connection, free, self.intake.holder)
            if chunk is None:
                return
            chunk_id, station_id = chunk
            claimed.add(chunk_id)
            under_way.add(chunk_id)
            with self.database.read() as connection:
                station = by_id[station_id]
                work = load_chunk(connection, chunk_id, station, self.store, self.plate_threshold)
            # Outside the transaction: nothing may be held open while plates are read.
            yield work

    def _save(self, work: ChunkWork, result: ChunkResult | Exception, report: NightReport) -> None:
        """Keep a result if the chunk is still ours; if not, another runner has it and comes to the same."""
        holder, lease = self.intake.holder, lease_name(work.chunk_id)
        with self.database.write("chunk.saved") as connection:
            if not leases.is_held(connection, lease, holder):
                return
            report.chunks += 1
            if isinstance(result, Exception):
                reason = f"{type(result).__name__}: {result}"
                fail_chunk(connection, work.chunk_id, reason)
                report.failures.append(f"{work.station.id}: chunk {work.chunk_id}: {reason}")
            else:
                save_chunk(connection, work, result)
            leases.release(connection, lease, holder)
            leases.renew(connection, holder)

    def _watch_driving(self, stations: Sequence[Station], report: NightReport) -> None:
        for station in stations:
            with self.intake.alone(station), self.database.write("driving.watched") as connection:
                report.manoeuvres += watch_driving(connection, station, report.day)

    def _read_evaders(self, stations: Sequence[Station], report: NightReport, claimed: set[int]) -> None:
        """Judge again, now with their frames read, the passages that are seen to evade."""
        for station in stations:
            with self.intake.alone(station), self.database.write("evaders.planned") as connection:
                unread = unread_evaders(connection, station, report.day)
                plan_again(connection, station, report.day, unread[:MOST_EVADERS], self.chunk_size)
            if left := len(unread[MOST_EVADERS:]):
                report.failures.append(
                    f"{station.id}: {left} vehicles that evade are left without their frames read; "
                    "a further run goes on"
                )
        with self.database.read() as connection:
            # Another runner may have planned them, and have ended.
            undone = count_undone(connection, stations, report.day)
        if undone:
            self._judge(stations, report, claimed)

    def _measure(self, stations: Sequence[Station], report: NightReport) -> None:
        for station in stations:
            with self.intake.alone(station), self.database.write("lanes.measured") as connection:
                report.lanes_measured += measure_lanes(connection, station, report.day)

    def _judge_obscured(self, stations: Sequence[Station], report: NightReport) -> None:
        self.progress.stage("细看号牌 look closer", len(stations))
        for station in stations:
            # One runner looks, and nobody waits for what it looks at: what is kept twice is kept once.
            with leases.hold(self.database, f"look:{station.id}", self.intake.holder):
                self._look_closer(station, report)
            with self.intake.alone(station), self.database.write("plates.obscured") as connection:
                report.plates_obscured += judge_obscured_day(connection, station, report.day)
            self.progress.step()

    def _look_closer(self, station: Station, report: NightReport) -> None:
        holder = self.intake.holder
        if self.others is not None:
            with _told(station, "looking beside", report):
                left = self.others.look(station, report.day, holder)
                if left:
                    report.failures.append(
                        f"{station.id}: looking beside: {left} vehicles without a readable plate are left "
                        "without others to compare with; a further run goes on"
                    )
        if self.second_look is not None:
            with _told(station, "second look", report):
                self.second_look.look(station, report.day, holder)

    def _open_cases(self, stations: Sequence[Station], report: NightReport) -> None:
        for station in stations:
            with self.intake.alone(station):
                self._open_day(station, report.day, report)
                with self.database.read() as connection:
                    again = {*days_to_judge_again(connection, station), *days_let_stand(connection, station)}
                for day in sorted(again):
                    self._open_day(station, day, report)

    def _open_day(self, station: Station, day: date, report: NightReport) -> None:
        with self.database.write("cases.opened") as connection:
            opened = open_cases(connection, station, day)
        report.cases_opened += opened.cases
        report.leads_opened += opened.leads
        if opened.revived:
            report.leads_revived[station.id, day] = opened.revived

    def _reidentify(self, stations: Sequence[Station], report: NightReport) -> None:
        fleets: dict[int, Fleets] = {}
        roads = roads_of(stations)
        for station in stations:
            _, end_ms = day_bounds_ms(report.day, station.zone)
            try:
                with self.intake.alone(station), self.database.write("reidentified") as connection:
                    if end_ms not in fleets:
                        # What stations have in common is read once a night, not once a station.
                        fleets[end_ms] = Fleets(connection, end_ms, roads)
                    fleet = fleets[end_ms].of(connection, station.id)
                    found = reidentify_day(connection, station, report.day, roads, fleet)
            except Exception as error:  # noqa: BLE001 (who it was is a hint: the other stations and the night go on)
                report.failures.append(f"{station.id}: reidentify: {type(error).__name__}: {error}")
                continue
            report.searched += found.searched
            report.plate_conflicts += found.conflicts
            report.clock_troubles += found.troubles

    def _look_up(self, stations: Sequence[Station], report: NightReport) -> None:
        if self.registries is None:
            return
        self.progress.stage("查询登记 registries", 0)
        try:
            report.registries = self.registries.look_up(stations, report.day)
        except Exception as error:  # noqa: BLE001 (what fails there leaves its cases waiting, and the night going)
            report.failures.append(f"registries: {type(error).__name__}: {error}")


@contextmanager
def _told(station: Station, what: str, report: NightReport) -> Iterator[None]:
    """Tell what fails: what was seen so far still counts, and the night goes on."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 (see above)
        report.failures.append(f"{station.id}: {what}: {type(error).__name__}: {error}")
