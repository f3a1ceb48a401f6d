import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import pytest
from fake_reader import FakeReader, fake_reader, frame_bytes
from hs_file import hs_row, write_hs
from nights import Night, fill
from snapshot import snapshot
from sqlalchemy import select

from models.tables import Case, Chunk, Finding, Frame, Judgement, Passage, PlateReadingRow
from pipeline.executor import Executor, InlineExecutor, PoolExecutor
from pipeline.export import write_exports
from stations.station import Station


class MakeNight(Protocol):
    def __call__(
        self, executor: Executor | None = None, chunk_size: int = 3, /, **station: object
    ) -> Night: ...


@pytest.fixture
def make_night(
    tmp_path: Path, make_station: Callable[..., Station], new_database: Callable[[], str]
) -> Iterator[MakeNight]:
    """Return a maker of nights, each with a folder and a database of its own."""
    made: list[Night] = []

    def make(executor: Executor | None = None, chunk_size: int = 3, /, **station: object) -> Night:
        folder = tmp_path / f"night-{len(made)}"
        made.append(Night(folder, make_station(**station), new_database(), executor, chunk_size))
        return made[-1]

    yield make
    for night in made:
        night.database.close()


def test_a_night_from_drop_folder_to_cases(make_night: MakeNight) -> None:
    night = make_night(clock_offset_ms=400)
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


def test_a_reading_keeps_its_frame_box_and_versions(make_night: MakeNight) -> None:
    night = make_night(clock_offset_ms=400)
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


def test_the_same_night_twice_is_the_same_database(tmp_path: Path, make_night: MakeNight) -> None:
    night = make_night(clock_offset_ms=400)
    fill(night)
    first = night.run()
    before = snapshot(night.database)
    exported = [path.read_bytes() for path in write_exports(night.cases(), tmp_path / "out")]
    fill(night)
    assert night.run() == first
    assert snapshot(night.database) == before
    assert [path.read_bytes() for path in write_exports(night.cases(), tmp_path / "out")] == exported


@pytest.mark.parametrize("chunk_size", [1, 2, 100])
def test_neither_chunks_nor_processes_change_the_result(make_night: MakeNight, chunk_size: int) -> None:
    results = []
    for executor, size in ((InlineExecutor(fake_reader), 3), (PoolExecutor(fake_reader, 2), chunk_size)):
        night = make_night(executor, size, clock_offset_ms=400)
        fill(night)
        night.run()
        rows = snapshot(night.database)
        rows.pop("chunk")
        rows["passage"] = [row[:-1] for row in rows["passage"]]
        results.append(rows)
    assert results[0] == results[1]


def test_frames_that_come_late_are_read_late(make_night: MakeNight) -> None:
    night = make_night(clock_offset_ms=400)
    write_hs(night.inbox / "night.csv", [hs_row("2026-06-18 01:01:00.000", 62_000)])
    night.frame("010100.400", 0)
    assert (night.run().plates_unread, len(night.cases())) == (1, 1)
    night.frame("010100.500", 12)
    late = night.run()
    assert (late.plates_read, late.plates_unread, late.cases) == (1, 0, 1)
    (case,) = night.cases()
    assert (case["plate"], case["findings"]) == ("浙Z00012", ["overload"])


def test_frames_by_reference(make_night: MakeNight) -> None:
    night = make_night(format="station_upload", code="S")
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


def test_a_chunk_that_fails_is_named_and_offered_again(make_night: MakeNight) -> None:
    night = make_night(InlineExecutor(Stumbling), 1, clock_offset_ms=400)
    times = ["2026-06-18 01:01:00.000", "2026-06-18 01:05:00.000"]
    write_hs(night.inbox / "night.csv", [hs_row(time, 62_000) for time in times])
    night.frame("010100.400", 13)
    night.frame("010500.400", 14)
    found = night.run()
    assert (found.unjudged, found.cases) == (1, 1)
    assert night.report.troubled
    assert "RuntimeError: the reader stumbled" in night.report.failures[0]
    healthy = make_night()
    healthy.run_all = type(night.run_all)(
        **{name: getattr(night.run_all, name) for name in night.run_all.__slots__}
        | {"executor": InlineExecutor(fake_reader)}
    )
    healthy.database.close()
    healthy.database = night.database
    assert (healthy.run().unjudged, len(night.cases())) == (0, 2)


def test_every_finding_has_a_case_and_every_case_a_finding(make_night: MakeNight) -> None:
    night = make_night(clock_offset_ms=400)
    fill(night)
    night.run()
    with night.database.read() as connection:
        owners = set(connection.scalars(select(Finding.case_id)))
        assert owners == set(connection.scalars(select(Case.id)))
        assert set(connection.scalars(select(Chunk.state))) == {"done"}
        judged = set(connection.scalars(select(Judgement.passage_id)))
        assert judged == set(connection.scalars(select(Passage.id).where(Passage.chunk_id.is_not(None))))


def test_a_cell_that_would_run_as_a_formula_is_defused(tmp_path: Path, make_night: MakeNight) -> None:
    night = make_night(format="station_upload", code="")
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
