import io
import zlib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from fake_reader import frame_bytes
from PIL import Image
from sqlalchemy import select
from taken import open_reasons

from models.tables import Frame
from models.values.timeline import to_ms
from stations.drop_folder import drop_folder_files
from stations.frames import frame_name_parts
from stations.intake import Intake
from stations.station import Station


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
