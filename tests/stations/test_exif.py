"""The camera's clock inside a picture file: read where it is told to a fraction, never a reason to stop."""

import io
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from PIL import Image
from sqlalchemy import select

from models.tables import Frame
from models.values.timeline import to_ms
from stations.exif import taken_at_ms
from stations.intake import Intake
from stations.station import Station

ZONE = ZoneInfo("Asia/Shanghai")
LOCAL = "2026:06:18 01:02:03"


def jpeg(taken: str = "", fraction: str = "", offset: str = "") -> bytes:
    """Return a picture that tells its time as cameras do."""
    exif = Image.Exif()
    told = {0x9003: taken, 0x9291: fraction, 0x9011: offset}
    exif.get_ifd(0x8769).update({tag: text for tag, text in told.items() if text})
    sink = io.BytesIO()
    Image.new("RGB", (64, 48), (9, 9, 9)).save(sink, "JPEG", exif=exif)
    return sink.getvalue()


@pytest.mark.parametrize(
    ("content", "expected", "word"),
    [
        (jpeg(LOCAL, "48"), "2026-06-18T01:02:03.480+08:00", ""),
        (jpeg(LOCAL, "048"), "2026-06-18T01:02:03.048+08:00", ""),
        (jpeg(LOCAL, "5", "+00:00"), "2026-06-18T01:02:03.500+00:00", ""),
        (jpeg(LOCAL), None, ""),
        (jpeg(), None, ""),
        (jpeg("0000:00:00 00:00:00", "0"), None, "frame.exif_ignored"),
        (jpeg(LOCAL, "0", "noon"), None, "frame.exif_ignored"),
        (jpeg("x" * 60_000, "0"), None, "frame.exif_ignored"),
        (jpeg(LOCAL, "48").replace(b"Exif\0\0", b"Exif\0\0\xff"), None, ""),
    ],
)
def test_the_cameras_clock_is_read_or_ignored_with_a_word(
    content: bytes, expected: str | None, word: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "a.jpg").write_bytes(content)
    told = taken_at_ms(tmp_path / "a.jpg", ZONE)
    assert told == (None if expected is None else to_ms(datetime.fromisoformat(expected)))
    assert [one.message for one in caplog.records] == [word] * bool(word)


def test_a_time_in_the_name_stands_over_the_one_inside(
    taking: Intake, inbox: Path, make_station: Callable[..., Station]
) -> None:
    station = make_station(frame_pattern=r"(?P<time>[\dT.]+)_L(?P<lane>\w+)_(?P<kind>\w+)")
    named = "20260618T010500.000_L1_front.jpg"
    for name, fraction in ((named, "48"), ("named-by-a-record.jpg", "49")):
        (inbox / name).write_bytes(jpeg(LOCAL, fraction))
    taking.take(station, sorted(inbox.iterdir()), remove=True)
    with taking.database.read() as connection:
        taken = dict(connection.execute(select(Frame.name, Frame.taken_at)).all())
    times = {named: "2026-06-18T01:05:00+08:00", "named-by-a-record.jpg": "2026-06-18T01:02:03.490+08:00"}
    assert taken == {name: to_ms(datetime.fromisoformat(time)) for name, time in times.items()}
