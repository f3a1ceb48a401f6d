import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from fake_reader import FakeReader, fake_reader, frame_bytes
from hs_file import hs_row, write_hs
from snapshot import snapshot
from sqlalchemy import select

from models.database import Database
from models.files import FileStore
from models.tables import Case, Chunk, Finding, Frame, Judgement, Passage, PlateReadingRow
from pipeline.executor import Executor, InlineExecutor, PoolExecutor
from pipeline.export import case_rows, write_exports
from pipeline.nightly import NightlyRun
from pipeline.summary import StationNight, night_summary
from stations.intake import Intake
from stations.quarantine import QuarantineFolder
from stations.station import Station

DAY = date(2026, 6, 18)


class Silent:
    def stage(self, label: str, total: int) -> None:
        pass

    def step(self) -> None:
        pass


class Night:
    """One station's night in a folder of its own."""

    def __init__(
        self, folder: Path, station: Station, executor: Executor | None = None, chunk_size: int = 3
    ) -> None:
        self.folder, self.station = folder, station
        self.inbox = folder / "inbox" / station.id
        self.inbox.mkdir(parents=True)
        self.database = Database(f"sqlite:///{folder / 'zhichao.sqlite'}")
        store = FileStore(folder / "originals")
        taking = Intake(
            database=self.database, store=store, quarantine=QuarantineFolder(root=folder / "quarantine")
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

    def run(self) -> StationNight:
        self.report = self.run_all.run([self.station], DAY)
        with self.database.read() as connection:
            (night,) = night_summary(connection, [self.station], DAY)
        return night

    def cases(self) -> list[dict[str, object]]:
        with self.database.read() as connection:
            return case_rows(connection, self.station, DAY)

    def frame(self, clock: str, number: int, kind: str = "front", lane: int = 1) -> None:
        (self.inbox / f"20260618T{clock}_L{lane}_{kind}.png").write_bytes(frame_bytes(number))


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


def test_a_night_from_drop_folder_to_cases(tmp_path: Path, make_station: Callable[..., Station]) -> None:
    night = Night(tmp_path, make_station(clock_offset_ms=400))
    fill(night)
    found = night.run()
    assert not list(night.inbox.iterdir())
    assert (found.passages, found.unjudged) == (7, 0)
    assert found.severity == {"accepted": 6, "note": 0, "doubt": 0, "reject": 1}
    assert found.rejects == {"speed_out_of_certificate": 1}
    assert found.over_limit == {"6": 4}
    assert found.over_limit_rejected == 1
    assert (found.plates_read, found.plates_unread) == (2, 2)
    assert (found.frames, found.frames_unmatched) == (3, 1)
    assert (found.findings, found.cases, found.quarantined_open) == (5, 3, 2)
    assert night.report.troubled
    assert [(row["case"], row["plate"], row["findings"], row["doubts"]) for row in night.cases()] == [
        ("test-1-20260618-010100-1", "浙Z00011", ["overload"], ["layout_open"]),
        ("test-1-20260618-010100-1", "浙Z00011", ["overload"], ["layout_open"]),
        ("test-1-20260618-010600-1", "", ["overload", "plate_unread"], ["layout_open"]),
        ("test-1-20260618-010700-1", "", ["overload"], ["layout_open", "no_frame"]),
    ]


def test_a_reading_keeps_its_frame_box_and_versions(
    tmp_path: Path, make_station: Callable[..., Station]
) -> None:
    night = Night(tmp_path, make_station(clock_offset_ms=400))
    fill(night)
    night.run()
    with night.database.read() as connection:
        query = select(PlateReadingRow, Frame.name).join(Frame, Frame.id == PlateReadingRow.frame_id)
        rows = connection.execute(query).all()
    assert sorted(row.name for row in rows) == [
        "20260618T010100.400_L1_front.png",
        "20260618T010130.400_L1_front.png",
    ]
    assert {(row.text, row.reader, row.box) for row in rows} == {("浙Z00011", "fake", "[1, 2, 30, 12]")}


def test_the_same_night_twice_is_the_same_database(
    tmp_path: Path, make_station: Callable[..., Station]
) -> None:
    night = Night(tmp_path, make_station(clock_offset_ms=400))
    fill(night)
    first = night.run()
    before = snapshot(night.database)
    exported = [path.read_bytes() for path in write_exports(night.cases(), tmp_path / "out")]
    fill(night)
    assert night.run() == first
    assert snapshot(night.database) == before
    assert [path.read_bytes() for path in write_exports(night.cases(), tmp_path / "out")] == exported


@pytest.mark.parametrize("chunk_size", [1, 2, 100])
def test_neither_chunks_nor_processes_change_the_result(
    tmp_path: Path, make_station: Callable[..., Station], chunk_size: int
) -> None:
    results = []
    for name, executor, size in (
        ("inline", InlineExecutor(fake_reader), 3),
        ("pool", PoolExecutor(fake_reader, 2), chunk_size),
    ):
        night = Night(tmp_path / name, make_station(clock_offset_ms=400), executor, size)
        fill(night)
        night.run()
        rows = snapshot(night.database)
        rows.pop("chunk")
        rows["passage"] = [row[:-1] for row in rows["passage"]]
        results.append(rows)
    assert results[0] == results[1]


def test_frames_that_come_late_are_read_late(tmp_path: Path, make_station: Callable[..., Station]) -> None:
    night = Night(tmp_path, make_station(clock_offset_ms=400))
    write_hs(night.inbox / "night.csv", [hs_row("2026-06-18 01:01:00.000", 62_000)])
    night.frame("010100.400", 0)
    assert (night.run().plates_unread, len(night.cases())) == (1, 1)
    night.frame("010100.500", 12)
    late = night.run()
    assert (late.plates_read, late.plates_unread, late.cases) == (1, 0, 1)
    (case,) = night.cases()
    assert (case["plate"], case["findings"]) == ("浙Z00012", ["overload"])


def test_frames_by_reference(tmp_path: Path, make_station: Callable[..., Station]) -> None:
    night = Night(tmp_path, make_station(format="station_upload", code="S"))
    common = {
        "previewStationCode": "S",
        "axisNum": "2",
        "speed": "55",
        "laneNo": "1",
        "totalWeight": "28500",
        "axle1Weight": "9500",
        "axle2Weight": "19000",
    }
    records = [
        common
        | {
            "previewCode": f"S{n}",
            "previewDate": f"2026-06-18 01:0{n}:00",
            "licenseCodeFront": f"浙Z0002{n}",
            "frontImage": "same.png" if n < 3 else "own.png",
        }
        for n in (1, 2, 3)
    ]
    (night.inbox / "a.json").write_text(json.dumps(records), encoding="utf-8")
    (night.inbox / "same.png").write_bytes(frame_bytes(21))
    (night.inbox / "own.png").write_bytes(frame_bytes(23))
    found = night.run()
    # a picture that two records claim is given to neither
    assert (found.frames, found.frames_unmatched) == (1, 1)
    assert [row["plate"] for row in night.cases()] == ["", "", "浙Z00023"]
    assert [row["plate_by_station"] for row in night.cases()] == ["浙Z00021", "浙Z00022", "浙Z00023"]


class Stumbling(FakeReader):
    """Fails on plate 13."""

    def read(self, image):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
        if round(float(image.mean())) == 13:
            raise RuntimeError("the reader stumbled")
        return super().read(image)


def test_a_chunk_that_fails_is_named_and_offered_again(
    tmp_path: Path, make_station: Callable[..., Station]
) -> None:
    night = Night(tmp_path, make_station(clock_offset_ms=400), InlineExecutor(Stumbling), chunk_size=1)
    times = ["2026-06-18 01:01:00.000", "2026-06-18 01:05:00.000"]
    write_hs(night.inbox / "night.csv", [hs_row(time, 62_000) for time in times])
    night.frame("010100.400", 13)
    night.frame("010500.400", 14)
    found = night.run()
    assert (found.unjudged, found.cases) == (1, 1)
    assert night.report.troubled
    assert "RuntimeError: the reader stumbled" in night.report.failures[0]
    healthy = Night(tmp_path / "b", night.station)
    healthy.run_all = type(night.run_all)(
        **{name: getattr(night.run_all, name) for name in night.run_all.__slots__}
        | {"executor": InlineExecutor(fake_reader)}
    )
    healthy.database = night.database
    assert (healthy.run().unjudged, len(night.cases())) == (0, 2)


def test_every_finding_has_a_case_and_every_case_a_finding(
    tmp_path: Path, make_station: Callable[..., Station]
) -> None:
    night = Night(tmp_path, make_station(clock_offset_ms=400))
    fill(night)
    night.run()
    with night.database.read() as connection:
        owners = set(connection.scalars(select(Finding.case_id)))
        assert owners == set(connection.scalars(select(Case.id)))
        assert set(connection.scalars(select(Chunk.state))) == {"done"}
        judged = set(connection.scalars(select(Judgement.passage_id)))
        assert judged == set(connection.scalars(select(Passage.id).where(Passage.chunk_id.is_not(None))))


def test_a_cell_that_would_run_as_a_formula_is_defused(
    tmp_path: Path, make_station: Callable[..., Station]
) -> None:
    night = Night(tmp_path, make_station(format="station_upload", code=""))
    record = {
        "previewCode": "S1",
        "previewDate": "2026-06-18 01:00:00",
        "previewStationCode": "S",
        "licenseCodeFront": "=cmd()",
        "axisNum": "2",
        "speed": "55",
        "laneNo": "1",
        "totalWeight": "28500",
        "axle1Weight": "9500",
        "axle2Weight": "19000",
    }
    (night.inbox / "a.json").write_text(json.dumps(record), encoding="utf-8")
    night.run()
    table, _ = write_exports(night.cases(), tmp_path / "out")
    assert "'=cmd()" in table.read_text(encoding="utf-8-sig")
