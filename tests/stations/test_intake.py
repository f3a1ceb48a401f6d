import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from fake_reader import frame_bytes
from hs_file import hs_row, write_hs
from snapshot import snapshot
from sqlalchemy import select
from taken import TIME, UPLOAD, count, open_reasons

from models import edges
from models.tables import Frame, FrameReference, SourceFile
from stations import passages
from stations.drop_folder import drop_folder_files
from stations.intake import Intake
from stations.station import Station


def test_a_file_is_stored_taken_and_gone_from_the_drop_folder(
    taking: Intake, inbox: Path, make_station: Callable[..., Station]
) -> None:
    path = write_hs(inbox / "a.csv", [hs_row(TIME, 49_000), hs_row(TIME, 20_000)])
    original = path.read_bytes()
    report = taking.take(make_station(), [path], remove=True)
    assert (report.rows, report.rows_new, report.quarantined) == (2, 2, 0)
    assert not path.exists()
    with taking.database.read() as connection:
        sha256 = connection.scalar(select(SourceFile.sha256))
    assert sha256 is not None
    assert taking.store.path(sha256).read_bytes() == original


def test_a_second_arrival_changes_nothing(
    taking: Intake, inbox: Path, make_station: Callable[..., Station]
) -> None:
    rows = [hs_row(TIME, 49_000), hs_row(TIME, 49_000), hs_row(TIME, 20_000)]
    first = taking.take(make_station(), [write_hs(inbox / "a.csv", rows)], remove=False)
    assert (first.rows_new, first.rows_known) == (2, 1)  # one lane, one second, the same loads: sent twice
    before = snapshot(taking.database)
    again = taking.take(make_station(), [inbox / "a.csv"], remove=True)
    assert (again.files_known, again.rows) == (1, 0)
    assert snapshot(taking.database) == before
    overlapping = write_hs(inbox / "b.csv", [rows[2], hs_row(TIME, 30_000)])
    report = taking.take(make_station(), [overlapping], remove=True)
    assert (report.rows_new, report.rows_known) == (1, 1)


def test_nothing_in_a_text_stops_the_records_beside_it(
    taking: Intake, inbox: Path, make_station: Callable[..., Station]
) -> None:
    station = make_station(format="station_upload", code="S")
    good = UPLOAD | {"previewCode": "S1"}
    texts = ("licenseCodeFront", "licenseCodeBack", "licensePlateColor", "vehicleType", "measureType")
    marred = [good | {"previewCode": f"S{n}", name: "a\0b"} for n, name in enumerate(texts, 2)]
    records = [good, *marred, good | {"previewCode": "S\0S"}]
    (inbox / "a.json").write_text(json.dumps(records), encoding="utf-8")
    report = taking.take(station, [inbox / "a.json"], remove=True)
    assert (report.rows, report.rows_new + report.quarantined) == (len(records), len(records))
    assert ("a.json", len(records), "previewCode", "string_pattern_mismatch") in open_reasons(taking.database)


def test_one_serial_with_two_contents_is_a_conflict(
    taking: Intake, inbox: Path, make_station: Callable[..., Station]
) -> None:
    station = make_station(format="station_upload", code="S")
    one = UPLOAD | {"previewCode": "S1"}
    other = one | {"totalWeight": "18510", "axle2Weight": "12010"}
    (inbox / "a.json").write_text(json.dumps([one, one, other]), encoding="utf-8")
    report = taking.take(station, [inbox / "a.json"], remove=True)
    assert (report.rows, report.rows_new, report.rows_known, report.quarantined) == (3, 1, 1, 1)
    assert open_reasons(taking.database) == [("a.json", 3, "serial", "conflict")]


def test_a_station_that_still_writes_loses_nothing(
    taking: Intake, inbox: Path, make_station: Callable[..., Station], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_hs(inbox / "a.csv", [hs_row(TIME, 30_000)])

    def append(edge: str) -> None:
        if edge == "intake: stored":
            monkeypatch.setattr(edges, "listener", None)
            with path.open("a", encoding="utf-8") as sink:
                sink.write(hs_row(TIME, 40_000) + "\n")

    monkeypatch.setattr(edges, "listener", append)
    assert taking.take(make_station(), [path], remove=True).rows_new == 1
    again = taking.take(make_station(), [path], remove=True)
    assert (again.rows_new, again.rows_known) == (1, 1)
    assert not path.exists()


def test_a_file_that_another_runner_took_is_no_trouble(
    taking: Intake, inbox: Path, make_station: Callable[..., Station]
) -> None:
    report = taking.take(make_station(), [inbox / "gone.csv"], remove=True)
    assert (report.files, report.troubled) == (0, False)


def test_frames_named_later_by_the_same_record(
    taking: Intake, inbox: Path, make_station: Callable[..., Station]
) -> None:
    station = make_station(format="station_upload", code="S")
    for name, content in (("a", {}), ("b", {"frontImage": "f.png"})):
        (inbox / f"{name}.json").write_text(
            json.dumps(UPLOAD | {"previewCode": "S1"} | content), encoding="utf-8"
        )
    for name in ("a", "b", "b"):
        taking.take(station, [inbox / f"{name}.json"], remove=False)
    assert count(taking.database, FrameReference) == 1


def test_a_wild_clock_does_not_hide_known_records(
    taking: Intake, inbox: Path, make_station: Callable[..., Station], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passages, "LOOKUP", 5)
    rows = [hs_row(f"2026-06-18 01:{n:02d}:00.000", 30_000) for n in range(40)]
    taking.take(make_station(), [write_hs(inbox / "a.csv", rows)], remove=True)
    wild = [
        hs_row("1990-01-01 00:00:00.000", 30_000),
        rows[7],
        rows[33],
        hs_row("2026-12-31 00:00:00.000", 30_000),
    ]
    report = taking.take(make_station(), [write_hs(inbox / "b.csv", wild)], remove=True)
    assert (report.rows_new, report.rows_known) == (2, 2)


def test_links_and_odd_names_are_left_where_they_are(
    taking: Intake, inbox: Path, make_station: Callable[..., Station], tmp_path: Path
) -> None:
    secret = tmp_path / "secret.png"
    secret.write_bytes(frame_bytes(3))
    (inbox / "link.png").symlink_to(secret)
    (inbox / "line\nbreak.png").write_bytes(frame_bytes(3))
    (inbox / "fifo.png").parent.mkdir(exist_ok=True)
    os.mkfifo(inbox / "fifo.png")
    (inbox / "half.csv.part").write_bytes(b"x")
    report = taking.take(make_station(), drop_folder_files(inbox), remove=True)
    assert report.files_left == 3
    assert all("left in place" in message for message in report.messages)
    assert sorted(path.name for path in inbox.iterdir()) == [
        "fifo.png",
        "half.csv.part",
        "line\nbreak.png",
        "link.png",
    ]
    assert count(taking.database, Frame) == 0


def test_a_full_disk_leaves_the_file_in_the_drop_folder(
    taking: Intake, inbox: Path, make_station: Callable[..., Station], tmp_path: Path
) -> None:
    path = write_hs(inbox / "a.csv", [hs_row(TIME, 49_000)])
    (tmp_path / "originals").write_bytes(b"")  # a file where the folder must be: nothing can be stored
    report = taking.take(make_station(), [path], remove=True)
    assert report.files_left == 1
    assert "not stored: " in report.messages[0]
    assert "left in place" in report.messages[0]
    assert path.exists()
    (tmp_path / "originals").unlink()
    assert taking.take(make_station(), [path], remove=True).rows_new == 1
