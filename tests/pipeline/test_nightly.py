import json
from datetime import date
from pathlib import Path

import cv2
import numpy as np
import pytest
from fake_reader import Dying, FakeReader, fake_reader, frame_bytes
from hs_file import hs_row, write_hs
from nights import MakeNight, Night, fill
from numpy.typing import NDArray
from snapshot import snapshot
from sqlalchemy import select

from models.tables import Case, Chunk, Finding, Frame, Judgement, Passage, PlateReadingRow
from models.values.plates import PlateReading
from pipeline.executor import InlineExecutor, PoolExecutor
from pipeline.export import write_exports

# What only a registry can tell of a six-axle vehicle.
UNKNOWN = ["layout_open", "drive_axles_unknown", "tyres_unknown"]
WATCHED = [*UNKNOWN, "lane_watched"]


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
        ("test-1-20260618-010100-1", "浙Z00011", ["overload"], WATCHED),
        ("test-1-20260618-010100-1", "浙Z00011", ["overload"], WATCHED),
        ("test-1-20260618-010600-1", "", ["overload", "plate_unread"], WATCHED),
        ("test-1-20260618-010700-1", "", ["overload"], ["no_frame", *WATCHED]),
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


def upload(
    serial: str, clock: str, plate: str = "", image: str = "", gross_kg: int = 28_500
) -> dict[str, object]:
    return {
        "previewCode": serial,
        "previewDate": f"2026-06-{clock}",
        "previewStationCode": "S",
        "licenseCodeFront": plate,
        "axisNum": "2",
        "speed": "55",
        "laneNo": "1",
        "totalWeight": str(gross_kg),
        "axle1Weight": "9500",
        "axle2Weight": str(gross_kg - 9500),
        "frontImage": image,
    }


def drop(night: Night, name: str, *records: dict[str, object]) -> None:
    (night.inbox / name).write_text(json.dumps(records), encoding="utf-8")


UPLOADS = {"format": "station_upload", "code": "S"}


def test_a_picture_that_is_named_and_never_comes_is_counted(make_night: MakeNight) -> None:
    night = make_night(**UPLOADS)
    drop(
        night,
        "a.json",
        upload("S1", "18 01:00:00", image="late.png"),
        upload("S2", "18 01:05:00", image="b.png"),
    )
    (night.inbox / "b.png").write_bytes(frame_bytes(11))
    assert night.run().frames_awaited == 1


def test_a_picture_name_used_on_two_days_shows_nobody(make_night: MakeNight) -> None:
    night = make_night(**UPLOADS)
    drop(night, "a.json", upload("S1", "17 01:00:00", image="cam1.png"))
    drop(night, "b.json", upload("S2", "18 01:00:00", image="cam1.png"))
    (night.inbox / "cam1.png").write_bytes(frame_bytes(11))
    night.run(date(2026, 6, 17))
    found = night.run()
    assert (found.frames, found.frames_unmatched, found.plates_read) == (0, 1, 0)


@pytest.mark.parametrize("order", ["AB", "BA"])
def test_a_record_sent_again_under_another_serial_opens_one_case(make_night: MakeNight, order: str) -> None:
    night = make_night(**UPLOADS)
    for serial in order:
        drop(night, "a.json", upload(serial, "18 01:00:00"))
        found = night.run()
    assert (found.rejects, found.cases) == ({"repeated": 1}, 1)


def test_words_where_a_plate_should_stand_name_nobody(make_night: MakeNight) -> None:
    night = make_night(**UPLOADS)
    for minute, plate in enumerate(("无车牌", "浙Z00001")):
        records = [upload(f"{plate}{n}", f"18 01:0{minute}:{n}0", plate) for n in (1, 2)]
        drop(night, f"{plate}.json", *records)
    assert night.run().cases == 3


@pytest.mark.parametrize("days", [(17, 18), (18, 17)])
def test_a_minute_over_midnight_is_one_case_in_either_order(
    make_night: MakeNight, days: tuple[int, int]
) -> None:
    night = make_night(**UPLOADS)
    drop(night, "a.json", upload("S1", "17 23:59:40", "浙Z00001"), upload("S2", "18 00:00:10", "浙Z00001"))
    assert sum(night.run(date(2026, 6, day)).cases for day in days) == 2
    assert len(night.cases(None)) == 2
    assert len({case["case"] for case in night.cases(None)}) == 1


def test_passages_of_other_days_are_said_to_wait(make_night: MakeNight) -> None:
    night = make_night()
    fill(night)
    night.run()
    assert night.report.waiting == {"test-1 2026-06-17": 1}
    night.run(date(2026, 6, 17))
    assert night.report.waiting == {}


def test_a_worker_that_dies_costs_one_chunk(make_night: MakeNight) -> None:
    night = make_night(PoolExecutor(Dying, 2), 1, clock_offset_ms=400)
    clocks = [f"01:{minute:02d}:00" for minute in range(8)]
    write_hs(night.inbox / "night.csv", [hs_row(f"2026-06-18 {clock}.000", 62_000) for clock in clocks])
    for number, clock in enumerate(clocks):
        night.frame(f"{clock.replace(':', '')}.400", 10 + number)
    found = night.run()
    assert (found.unjudged, found.plates_read, found.cases) == (1, 7, 7)
    assert len(night.report.failures) == 1


class Stumbling(FakeReader):
    """Fails on plate 13."""

    def read(self, image: NDArray[np.uint8]) -> list[PlateReading]:
        if round(float(image.mean())) == 13:
            raise RuntimeError("the reader stumbled")
        return super().read(image)


class Balking(FakeReader):
    """Balks at plate 13 as OpenCV does."""

    def read(self, image: NDArray[np.uint8]) -> list[PlateReading]:
        if round(float(image.mean())) == 13:
            raise cv2.error("a size of nought")
        return super().read(image)


def test_a_frame_that_the_reader_balks_at_is_told_and_holds_up_no_other(make_night: MakeNight) -> None:
    night = make_night(InlineExecutor(Balking), 3, clock_offset_ms=400)
    times = ["2026-06-18 01:01:00.000", "2026-06-18 01:05:00.000"]
    write_hs(night.inbox / "night.csv", [hs_row(time, 62_000) for time in times])
    night.frame("010100.400", 13)
    night.frame("010500.400", 14)
    found = night.run()
    assert (found.unjudged, found.plates_read, found.cases, night.report.failures) == (0, 1, 2, [])
    with night.database.read() as connection:
        problem, whole = connection.scalars(select(Frame.problem).order_by(Frame.taken_at))
    assert "a size of nought" in problem
    assert whole == ""
    assert sum("frame_damaged" in str(case["doubts"]) for case in night.cases()) == 1


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
