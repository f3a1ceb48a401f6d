"""An installation for tests of the schedule: a clock that tests turn, jobs that note what they run for."""

from collections.abc import Callable, Sequence
from datetime import datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import select

from models.database import Database
from models.schedule_tables import JobRun
from models.values.timeline import to_ms
from zhichao.schedule.installation import Installation
from zhichao.schedule.job import Done, Job
from zhichao.schedule.keeper import Inline, Keeper
from zhichao.schedule.timing import daily, every
from zhichao.settings import load_settings

ZONE = ZoneInfo("Asia/Shanghai")


def at(text: str) -> int:
    """Return an instant of Beijing's clock, such as 06-18 01:30."""
    return to_ms(datetime.fromisoformat(f"2026-{text}").replace(tzinfo=ZONE))


class Timetable:
    """A keeper of two invented jobs, a night and one of every ten minutes, with a clock that is set."""

    def __init__(self, folder: Path, url: str, config: str = "") -> None:
        self.now_ms = at("06-18 12:00")
        self.config = folder / "config.toml"
        self.config.write_text(f'database_url = "{url}"\n{config}', encoding="utf-8")
        self.ran: list[tuple[str, int]] = []
        self.fails: Callable[[str, int], str] = lambda _name, _slot: ""
        self.database = Database(url)
        self.installation = Installation(
            config=self.config,
            settings=load_settings(self.config),
            database=self.database,
            clock_ms=lambda: self.now_ms,
        )
        self.keeper = self.another()

    def another(self) -> Keeper:
        """Return a keeper, as another process would have it."""
        return Keeper(self.installation, self.jobs, Inline())

    def jobs(self, _installation: Installation) -> Sequence[Job]:
        return (
            Job(
                name="night", label="夜", timing=daily(time(1, 30), ZONE), work=self.work("night"), each=True
            ),
            Job(name="often", label="常", timing=every(10, ZONE), work=self.work("often")),
            Job(
                name="early",
                label="早",
                timing=daily(time(4, 0), ZONE),
                work=self.work("early"),
                misfire_ms=3_600_000,
            ),
        )

    def work(self, name: str) -> Callable[[Installation, int], Done]:
        def work(_installation: Installation, slot_ms: int) -> Done:
            self.ran.append((name, slot_ms))
            if reason := self.fails(name, slot_ms):
                raise RuntimeError(reason)
            return Done(summary=f"ran {name}")

        return work

    def beat_at(self, *clocks: str) -> list[tuple[str, int]]:
        """Beat at each of these times; return what was run since, and forget it."""
        for clock in clocks:
            self.now_ms = at(clock)
            # A beat begins one instant of a job; what else is due follows with the next ones.
            before = -1
            while before != len(self.ran):
                before = len(self.ran)
                self.keeper.beat()
        ran, self.ran = self.ran, []
        return ran

    def states(self, job: str) -> list[tuple[int, str]]:
        with self.database.read() as connection:
            rows = select(JobRun.slot, JobRun.state).where(JobRun.job == job).order_by(JobRun.slot, JobRun.id)
            return [(row.slot, row.state) for row in connection.execute(rows)]
