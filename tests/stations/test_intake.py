import csv
import gzip
import io
import json
import os
import shutil
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from fake_reader import frame_bytes
from hs_file import hs_row, write_hs
from PIL import Image
from snapshot import snapshot
from sqlalchemy import func, select

from models import edges
from models.database import Database
from models.files import FileStore
from models.leases import this_process
from models.tables import Frame, FrameReference, Passage, Quarantine, SourceFile
from models.values.timeline import to_ms
from stations import download, passages
from stations import intake as intake_module
from stations.formats.base import Block
from stations.formats.hs_data import HsData
from stations.frames import frame_name_parts
from stations.intake import Intake, drop_folder_files
from stations.quarantine import QuarantineFolder
from stations.station import Station

TIME = "2026-06-18 01:02:03.000"
UPLOAD = {
    "previewDate": "2026-06-18 01:02:03",
    "previewStationCode": "S",
    "axisNum": "2",
    "speed": "55",
    "laneNo": "1",
    "totalWeight": "18500",
    "axle1Weight": "6500",
    "axle2Weight": "12000",
}


@pytest.fixture
def taking(database: Database, tmp_path: Path) -> Intake:
    return Intake(
        database=database,
        store=FileStore(tmp_path / "originals"),
        quarantine=QuarantineFolder(root=tmp_path / "quarantine"),
        holder=this_process(600_000),
        now_ms=lambda: 1_800_000_000_000,
    )


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


def count(database: Database, table: type) -> int:
    with database.read() as connection:
        return connection.scalar(select(func.count()).select_from(table)) or 0


def open_reasons(database: Database) -> list[tuple[str, int, str, str]]:
    columns = (Quarantine.name, Quarantine.row, Quarantine.field, Quarantine.code)
    with database.read() as connection:
        rows = connection.execute(select(*columns).where(Quarantine.state == "open").order_by(*columns))
        return [(name, row, field, code) for name, row, field, code in rows]


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


def test_a_bad_row_waits_in_quarantine_until_it_is_mended(
    taking: Intake, inbox: Path, make_station: Callable[..., Station], tmp_path: Path
) -> None:
    good, bad = hs_row(TIME, 20_000), hs_row(TIME, 49_000).replace("49000", "49ooo")
    report = taking.take(make_station(), [write_hs(inbox / "a.csv", [good, bad])], remove=True)
    assert (report.rows, report.rows_new, report.quarantined) == (2, 1, 1)
    assert report.messages == ["test-1/a.csv, row 2, field Gross_Load: expected a whole number, got '49ooo'"]
    assert open_reasons(taking.database) == [("a.csv", 2, "Gross_Load", "bad_integer")]
    (copy,) = (tmp_path / "quarantine").rglob("a.csv")
    reasons = list(
        csv.reader((copy.parent.parent / "reasons.csv").read_text(encoding="utf-8-sig").splitlines())
    )
    assert reasons[1][:4] == ["a.csv", "2", "Gross_Load", "bad_integer"]

    before = snapshot(taking.database)
    unmended = taking.retry(make_station())
    assert unmended.quarantined == 1
    assert copy.exists()
    assert snapshot(taking.database) == before

    copy.write_text(copy.read_text(encoding="utf-8").replace("49ooo", "49000"), encoding="utf-8")
    mended = taking.retry(make_station())
    assert (mended.rows_new, mended.quarantined) == (1, 0)
    assert open_reasons(taking.database) == []
    assert not copy.exists()
    assert count(taking.database, Passage) == 2


def test_half_mended_leaves_the_rest_open(
    taking: Intake, inbox: Path, make_station: Callable[..., Station], tmp_path: Path
) -> None:
    rows = [hs_row(TIME, kg).replace(str(kg), f"{kg}x") for kg in (30_000, 40_000)]
    taking.take(make_station(), [write_hs(inbox / "a.csv", rows)], remove=True)
    (copy,) = (tmp_path / "quarantine").rglob("a.csv")
    copy.write_text(copy.read_text(encoding="utf-8").replace("30000x", "30000"), encoding="utf-8")
    report = taking.retry(make_station())
    assert (report.rows_new, report.quarantined) == (1, 1)
    assert open_reasons(taking.database) == [("a.csv", 2, "Gross_Load", "bad_integer")]
    (new_copy,) = (tmp_path / "quarantine").rglob("a.csv")
    assert "30000," in new_copy.read_text(encoding="utf-8")


def test_a_file_refused_as_a_whole_is_taken_once_the_declaration_is_mended(
    taking: Intake, inbox: Path, make_station: Callable[..., Station]
) -> None:
    mapping = {
        "time": "t",
        "lane": "l",
        "gross": {"column": "g"},
        "axles": [{"column": "a1"}, {"column": "a2"}],
    }
    station = make_station(format="mapped_csv", mapped_csv=mapping)
    (inbox / "a.csv").write_text(
        "t,l,g,a1,a2,extra\n2026-06-18 01:02:03,1,9000,4000,5000,x\n", encoding="utf-8"
    )
    report = taking.take(station, [inbox / "a.csv"], remove=True)
    assert report.messages == ["test-1/a.csv, field extra: unknown column: extra"]
    assert count(taking.database, Passage) == 0
    mended = make_station(format="mapped_csv", mapped_csv=mapping | {"ignore": ["extra"]})
    assert taking.retry(mended).rows_new == 1
    assert open_reasons(taking.database) == []


def test_the_same_bad_bytes_under_two_names_wait_apart(
    taking: Intake, inbox: Path, make_station: Callable[..., Station], tmp_path: Path
) -> None:
    bad = [hs_row(TIME, 30_000).replace("30000", "3oooo")]
    paths = [write_hs(inbox / name, bad) for name in ("a.csv", "b.csv", "reasons.csv")]
    taking.take(make_station(), paths, remove=True)
    (copy,) = (tmp_path / "quarantine").rglob("file/a.csv")
    write_hs(copy, [hs_row(TIME, 30_000)])
    assert taking.retry(make_station()).rows_new == 1
    assert [name for name, *_ in open_reasons(taking.database)] == ["b.csv", "reasons.csv"]
    assert len(list((tmp_path / "quarantine").rglob("file/*.csv"))) == 2


def test_a_copy_split_in_two_is_taken_whole(
    taking: Intake, inbox: Path, make_station: Callable[..., Station], tmp_path: Path
) -> None:
    bad = [hs_row(TIME, kg).replace(str(kg), f"{kg}x") for kg in (30_000, 40_000)]
    taking.take(make_station(), [write_hs(inbox / "a.csv", bad)], remove=True)
    (copy,) = (tmp_path / "quarantine").rglob("file/a.csv")
    for number, kg in enumerate((30_000, 40_000)):
        write_hs(copy.with_name(f"a{number}.csv"), [hs_row(TIME, kg)])
    copy.unlink()
    assert taking.retry(make_station()).rows_new == 2
    assert open_reasons(taking.database) == []


def test_a_copy_that_was_deleted_comes_back(
    taking: Intake, inbox: Path, make_station: Callable[..., Station], tmp_path: Path
) -> None:
    taking.take(make_station(), [write_hs(inbox / "a.csv", ["x"])], remove=True)
    (copy,) = (tmp_path / "quarantine").rglob("file/a.csv")
    shutil.rmtree(copy.parent.parent)
    (tmp_path / "quarantine" / "test-1" / "stray").write_text("", encoding="utf-8")
    assert taking.retry(make_station()).quarantined == 1
    assert copy.exists()


def test_a_file_in_quarantine_that_is_dropped_again_is_read_again(
    taking: Intake, inbox: Path, make_station: Callable[..., Station]
) -> None:
    odd = write_hs(inbox / "a.csv", [hs_row(TIME, 30_000).replace("30000", "30000x")])
    content = odd.read_bytes()
    taking.take(make_station(), [odd], remove=True)
    odd.write_bytes(content)
    assert taking.take(make_station(), [odd], remove=True).quarantined == 1


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


@pytest.mark.parametrize(
    ("name", "lane", "local"),
    [
        ("20260618T010203.480_L1_front.jpg", 1, "2026-06-18T01:02:03.480+08:00"),
        ("20260618T010203_L2_rear.jpg", 2, "2026-06-18T01:02:03+08:00"),
        ("20260618010203_L1_front.jpg", 1, "2026-06-18T01:02:03+08:00"),
        ("20260618010245_L1_front.jpg", 1, "2026-06-18T01:02:45+08:00"),
        ("20260618010203480_L1_front.jpg", 1, "2026-06-18T01:02:03.480+08:00"),
        ("20260618T010203_L99999999999999999999_front.jpg", None, "2026-06-18T01:02:03+08:00"),
        ("20269918T010203_L1_front.jpg", 1, None),
        ("holiday.jpg", None, None),
    ],
)
def test_what_a_frame_name_tells(
    name: str, lane: int | None, local: str | None, make_station: Callable[..., Station]
) -> None:
    station = make_station(frame_pattern=r"(?P<time>[\dT.]+)_L(?P<lane>\w+)_(?P<kind>\w+)")
    found_lane, taken_at, kind = frame_name_parts(station, name)
    expected = None if local is None else to_ms(datetime.fromisoformat(local))
    assert (found_lane, taken_at) == (lane, expected)
    assert kind in {"front", "rear", "unknown"}
    assert frame_name_parts(station, name.replace("front", "F"))[2] in {"unknown", "rear"}
    assert frame_name_parts(station, name.replace(".jpg", ".mp4"))[2] == "video"


def test_a_reader_that_fails_on_one_file_stops_no_other(
    taking: Intake, inbox: Path, make_station: Callable[..., Station], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = HsData.read

    def stumble(reader: HsData, path: Path) -> Iterator[Block]:
        blocks = list(whole(reader, path))
        if len(blocks[0].batch) == 2:
            raise ArithmeticError("never thought of")
        yield from blocks

    monkeypatch.setattr(HsData, "read", stumble)
    odd = write_hs(inbox / "a.csv", [hs_row(TIME, 30_000), hs_row(TIME, 40_000)])
    good = write_hs(inbox / "b.csv", [hs_row(TIME, 20_000)])
    report = taking.take(make_station(), [odd, good], remove=True)
    assert (report.rows_new, report.quarantined) == (1, 1)
    assert open_reasons(taking.database) == [("a.csv", 0, "", "unreadable")]
    assert "ArithmeticError: never thought of" in report.messages[0]


def test_too_many_bad_rows_refuse_the_file(
    taking: Intake, inbox: Path, make_station: Callable[..., Station], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake_module, "PROBLEMS_MAX", 5)
    path = write_hs(inbox / "a.csv", [hs_row(TIME, 30_000), *["x"] * 6])
    report = taking.take(make_station(), [path], remove=True)
    assert report.quarantined == 1
    assert open_reasons(taking.database) == [("a.csv", 0, "", "too_many_problems")]
    assert count(taking.database, Passage) == 0


def _bomb() -> bytes:
    """Return a PNG of a few bytes that claims 30,000 x 30,000 pixels."""
    header = bytearray(frame_bytes(1))
    header[16:24] = (30_000).to_bytes(4, "big") * 2
    header[29:33] = zlib.crc32(bytes(header[12:29])).to_bytes(4, "big")
    return bytes(header)


@pytest.mark.parametrize(
    ("name", "content", "code", "reason"),
    [
        ("a.jpg", b"no image at all", "no_image", "no image; expected one of"),
        ("a.jpg", b"", "no_image", "the file is empty"),
        ("a.png", frame_bytes(7)[:20], "no_image", "header is damaged"),
        ("a.png", _bomb(), "no_image", "more than 64000000 pixels"),
        ("a.exe", b"MZ", "unknown_kind", "files ending in .exe are neither records nor frames here"),
        ("noend", b"x", "unknown_kind", "files ending in nothing are neither"),
    ],
)
def test_what_is_no_frame_goes_to_quarantine(
    name: str,
    content: bytes,
    code: str,
    reason: str,
    taking: Intake,
    inbox: Path,
    make_station: Callable[..., Station],
) -> None:
    (inbox / name).write_bytes(content)
    (inbox / "good.png").write_bytes(frame_bytes(7))
    report = taking.take(make_station(), drop_folder_files(inbox), remove=True)
    assert (report.frames, report.quarantined) == (1, 1)
    assert open_reasons(taking.database) == [(name, 0, "", code)]
    assert reason in report.messages[0]


def test_a_picture_cut_off_is_kept_with_its_damage(
    taking: Intake, inbox: Path, make_station: Callable[..., Station]
) -> None:
    whole = io.BytesIO()
    Image.new("RGB", (64, 48), (9, 9, 9)).save(whole, "JPEG")
    (inbox / "whole.jpg").write_bytes(whole.getvalue())
    (inbox / "torn.jpg").write_bytes(whole.getvalue()[:-12])
    report = taking.take(make_station(), drop_folder_files(inbox), remove=True)
    assert (report.frames, report.frames_damaged, report.quarantined) == (2, 1, 0)
    assert report.messages == [
        "test-1/torn.jpg: the image breaks off before its end; kept, and read with a doubt"
    ]
    with taking.database.read() as connection:
        damaged = connection.execute(select(Frame.name).where(Frame.problem != "")).scalars().all()
    assert damaged == ["torn.jpg"]


def test_a_mended_frame_takes_the_place_of_the_broken_one(
    taking: Intake, inbox: Path, make_station: Callable[..., Station], tmp_path: Path
) -> None:
    (inbox / "a.png").write_bytes(b"")
    taking.take(make_station(), [inbox / "a.png"], remove=True)
    (copy,) = (tmp_path / "quarantine").rglob("a.png")
    copy.write_bytes(frame_bytes(9))
    assert taking.retry(make_station()).frames == 1
    assert open_reasons(taking.database) == []


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


class Pictures(BaseHTTPRequestHandler):
    """Answers for a few paths, counting what it was asked."""

    asked: list[str] = []  # noqa: RUF012 (shared on purpose)

    def do_GET(self) -> None:
        self.asked.append(self.path)
        if self.path == "/moved.png":
            self.send_response(302)
            self.send_header("Location", "/a.png")
            self.end_headers()
            return
        body = {"/a.png": frame_bytes(9), "/text.png": b"hello"}.get(self.path)
        if self.path == "/bomb.png":
            self.send_response(200)
            self.send_header("Content-Encoding", "gzip")
            self.end_headers()
            self.wfile.write(gzip.compress(bytes(1 << 20)))
            return
        if self.path == "/slow.png":
            try:
                for _ in range(100):
                    self.wfile.write(b"HTTP/1.0 200 OK\r\n" if _ == 0 else b"X-Drip: 1\r\n")
                    time.sleep(0.1)
            except ConnectionError:
                return
            return
        if self.path == "/endless.png":
            self.send_response(200)
            self.end_headers()
            try:
                for _ in range(2000):
                    self.wfile.write(bytes(1 << 20))
            except ConnectionError:
                return
            return
        self.send_response(200 if body else 404)
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class's name)
        pass


@pytest.fixture
def pictures() -> Iterator[str]:
    Pictures.asked.clear()
    server = HTTPServer(("127.0.0.1", 0), Pictures)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def _with_image(inbox: Path, url: str) -> Path:
    path = inbox / "a.json"
    path.write_text(json.dumps(UPLOAD | {"previewCode": "S1", "frontImage": url}), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "url", ["http://[", "http://127.0.0.1:1/a\x7f.png", "https://user:pass@127.0.0.1/a.png"]
)
def test_an_address_that_is_none_stops_nothing(
    url: str, taking: Intake, inbox: Path, make_station: Callable[..., Station]
) -> None:
    station = make_station(format="station_upload", code="S", image_hosts=("127.0.0.1:1",))
    report = taking.take(station, [_with_image(inbox, url)], remove=True)
    assert (report.rows_new, report.frames_awaited) == (1, 1)


def test_a_host_that_fails_is_left_alone_for_a_while(
    taking: Intake, inbox: Path, make_station: Callable[..., Station], pictures: str
) -> None:
    station = make_station(format="station_upload", code="S", image_hosts=(pictures,))
    records = [
        UPLOAD | {"previewCode": f"S{n}", "frontImage": f"http://{pictures}/gone-{n}.png"} for n in range(9)
    ]
    (inbox / "a.json").write_text(json.dumps(records), encoding="utf-8")
    assert taking.take(station, [inbox / "a.json"], remove=True).frames_awaited == 9
    assert len(Pictures.asked) == 3


def test_a_frame_is_fetched_from_an_allowed_host(
    taking: Intake, inbox: Path, make_station: Callable[..., Station], pictures: str
) -> None:
    station = make_station(format="station_upload", code="S", image_hosts=(pictures,))
    path = _with_image(inbox, f"http://{pictures}/a.png")
    report = taking.take(station, [path], remove=True)
    assert report.messages == []
    assert count(taking.database, Frame) == 1
    taking.retry(station)
    assert Pictures.asked == ["/a.png"]


@pytest.mark.parametrize(
    ("path", "allowed", "reason"),
    [
        ("/a.png", False, "is not among the station's image_hosts"),
        ("/moved.png", True, "expected status 200, got 302"),
        ("/gone.png", True, "expected status 200, got 404"),
        ("/text.png", True, "no image"),
        ("/endless.png", True, "larger than 64 MiB"),
        ("/bomb.png", True, "expected bytes as they are, got 'gzip'"),
        ("/slow.png", True, "took longer than 1 s"),
    ],
)
def test_a_frame_that_may_not_or_cannot_be_fetched_is_told_and_tried_again(
    path: str,
    allowed: bool,
    reason: str,
    taking: Intake,
    inbox: Path,
    make_station: Callable[..., Station],
    pictures: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(download, "TIMEOUT_S", 1.0 if path == "/slow.png" else 10.0)
    station = make_station(format="station_upload", code="S", image_hosts=(pictures,) if allowed else ())
    report = taking.take(station, [_with_image(inbox, f"http://{pictures}{path}")], remove=True)
    assert report.frames_awaited == 1
    assert reason in report.messages[0]
    assert report.rows_new == 1
    assert Pictures.asked == ([path] if allowed else [])
    assert taking.retry(station).frames_awaited == 1
