"""What strangers' bytes reach: record files, pictures, the listener. Each is read or refused with a word."""

from collections.abc import Callable
from pathlib import Path

from invented import invented_station
from PIL import Image
from pushing import Pushing

from models.database import Database
from pipeline.frame_files import UnreadableFrameError, load_frame
from stations.formats import record_format
from stations.formats.base import FileRefusedError
from stations.images import image_damage, image_problem
from stations.station import MappedCsv, MassColumn

FORMATS = ("hs_data", "station_upload", "mapped_csv", "mon", "fhwa_w", "rsa")
TARGETS = (*FORMATS, "image", "api")
# The first byte of an input of the listener says where it goes.
PLACES = (
    ("records", "application/json"),
    ("heartbeat", "application/json"),
    ("frames", "multipart/form-data; boundary=XX"),
    ("frames", "multipart/form-data; boundary=YY"),
)
KNOWN = {200, 400, 401, 403, 404, 405, 413, 415, 429}
MAPPING = MappedCsv(
    time="t", lane="l", gross=MassColumn(column="g"), axles=(MassColumn(column="a"), MassColumn(column="b"))
)
# Larger pictures are allowed, and slow to decode.
LOOKED_AT_PX = 4_000_000
Target = Callable[[bytes], None]


def target(name: str, folder: Path) -> Target:
    """Return what takes the bytes of one input, and raises where they break something."""
    if name == "image":
        return lambda content: look_at(content, folder)
    if name == "api":
        return Listener(folder).answer
    return lambda content: read(name, content, folder)


def read(name: str, content: bytes, folder: Path) -> None:
    """Read a file of records: no row twice, no mass below nothing."""
    station = invented_station(format=name, code="0108", mapped_csv=MAPPING if name == "mapped_csv" else None)
    path = folder / "records"
    path.write_bytes(content)
    rows: list[int] = []
    try:
        for block in record_format(station).read(path):
            rows += [*block.batch.row.tolist(), *(one.row for one in block.problems)]
            assert len(block.batch.axle_kg) == len(block.batch)
            assert (block.batch.gross_kg >= 0).all()
    except FileRefusedError:
        return
    assert len(rows) == len(set(rows))


def look_at(content: bytes, folder: Path) -> None:
    """Look at a picture as the intake does, and at what it lets in as the reader does."""
    path = folder / "picture.jpg"
    path.write_bytes(content)
    if image_problem(path):
        return
    image_damage(path)
    with Image.open(path) as picture:
        size = sorted(picture.size)
    if size[0] * size[1] > LOOKED_AT_PX:
        return
    try:
        assert sorted(load_frame(path).shape[:2]) == size
    except UnreadableFrameError:
        return


class Listener:
    """A listener in this process that knows one station and sets it no pace."""

    def __init__(self, folder: Path) -> None:
        self._database = Database(f"sqlite:///{folder / 'push.sqlite'}")
        station = invented_station(format="station_upload", code="330482A01")
        self._pushing = Pushing(
            folder, self._database, station, per_second=1e9, burst=10**9, quarantine=10**9
        )

    def answer(self, content: bytes) -> None:
        """Have one message answered."""
        place, kind = PLACES[content[0] % len(PLACES) if content else 0]
        answer = self._pushing.ask(
            "POST", f"/v1/{place}", content=content[1:], headers={"Content-Type": kind}
        )
        assert answer.status_code in KNOWN, answer.text
        assert answer.json()

    def close(self) -> None:
        self._database.close()
