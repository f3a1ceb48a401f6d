"""One station's night in a folder of its own, with a reader that needs no weights."""

from datetime import date
from pathlib import Path
from typing import Protocol

from fake_reader import fake_reader, frame_bytes
from hs_file import hs_row, write_hs

from models.database import Database
from models.files import FileStore
from models.leases import this_process
from models.values.states import Standing
from pipeline.executor import Executor, InlineExecutor
from pipeline.export import case_rows
from pipeline.gate.state import Override
from pipeline.lane_rows import add_override
from pipeline.nightly import NightlyRun
from pipeline.summary import StationNight, night_summary
from stations.intake import Intake
from stations.quarantine import QuarantineFolder
from stations.station import Station

DAY = date(2026, 6, 18)


class Silent:
    """Shows no progress."""

    def stage(self, label: str, total: int) -> None:
        pass

    def step(self) -> None:
        pass


class Night:
    """One station's night in a folder of its own."""

    def __init__(
        self,
        folder: Path,
        station: Station,
        url: str,
        executor: Executor | None = None,
        chunk_size: int = 3,
        lease_ms: int = 600_000,
    ) -> None:
        self.folder, self.station = folder, station
        self.inbox = folder / "inbox" / station.id
        self.inbox.mkdir(parents=True, exist_ok=True)
        self.database = Database(url)
        store = FileStore(folder / "originals")
        taking = Intake(
            database=self.database,
            store=store,
            quarantine=QuarantineFolder(root=folder / "quarantine"),
            holder=this_process(lease_ms),
        )
        self.run_all = NightlyRun(
            database=self.database,
            store=store,
            intake=taking,
            executor=executor or InlineExecutor(fake_reader),
            inbox=folder / "inbox",
            chunk_size=chunk_size,
            plate_threshold=0.8,
            progress=Silent(),
        )

    def run(self, day: date = DAY) -> StationNight:
        """Run the night of a day and count it."""
        self.report = self.run_all.run([self.station], day)
        with self.database.read() as connection:
            (night,) = night_summary(connection, [self.station], day)
        return night

    def say(self, standing: Standing | None, lane: int = 2, *, first: date = DAY, last: date = DAY) -> None:
        """Override the standing of a lane."""
        word = Override(
            standing=standing, actor="张三(虚构)", reason="检衡车复核", first_day=first, last_day=last
        )
        with self.database.write("override.added") as connection:
            add_override(connection, self.station.id, lane, word)

    def cases(self, day: date | None = DAY) -> list[dict[str, object]]:
        with self.database.read() as connection:
            return case_rows(connection, self.station, day)

    def frame(self, clock: str, number: int, kind: str = "front", lane: int = 1) -> None:
        (self.inbox / f"20260618T{clock}_L{lane}_{kind}.png").write_bytes(frame_bytes(number))


class MakeNight(Protocol):
    """Makes nights, each with a folder and a database of its own."""

    def __call__(
        self, executor: Executor | None = None, chunk_size: int = 3, /, **station: object
    ) -> Night: ...


def fill(night: Night) -> None:
    """Write a night: heavy and light trucks, frames with and without plate, a frame of nobody, bad input."""
    rows = [
        hs_row("2026-06-18 01:00:00.000", 49_000),
        hs_row("2026-06-18 01:01:00.000", 62_000),  # over, plate 11
        hs_row("2026-06-18 01:01:30.000", 62_500),  # over, plate 11 again within the minute
        hs_row("2026-06-18 01:05:00.000", 51_500),  # within the tolerance
        hs_row("2026-06-18 01:06:00.000", 55_000),  # over, plate not readable
        hs_row("2026-06-18 01:07:00.000", 56_000),  # over, no frame
        hs_row("2026-06-18 01:08:00.000", 57_000, speed=140),  # over, but beyond the certificate
        hs_row("2026-06-18 01:09:00.000", 58_000).replace("58000", "5800O"),
        hs_row("2026-06-17 23:59:59.000", 62_000),  # the day before
    ]
    write_hs(night.inbox / "night.csv", rows)
    for clock, number in [("010100.400", 11), ("010130.400", 11), ("010600.400", 0), ("030000.000", 9)]:
        night.frame(clock, number)
    (night.inbox / "torn.jpg").write_bytes(b"\xff\xd8 no picture")
