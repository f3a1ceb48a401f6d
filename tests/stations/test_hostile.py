"""Inputs that a fuzzer came upon: each is read to its end or refused with a word, and breaks nothing."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pushing import Pushing

from models.database import Database
from stations.formats import record_format
from stations.formats.base import FileRefusedError
from stations.images import image_damage, image_problem
from stations.station import MappedCsv, MassColumn, Station

SEEDS = sorted((Path(__file__).parent / "hostile").iterdir())
OF_FORMATS = [seed for seed in SEEDS if seed.name.split("-")[0] not in {"api", "image"}]
OF_API = [seed for seed in SEEDS if seed.name.startswith("api-")]
# The first byte of an input of the API says where it goes.
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


@pytest.mark.parametrize("seed", OF_FORMATS, ids=lambda seed: seed.name)
def test_a_record_file_is_read_or_refused(seed: Path, make_station: Callable[..., Station]) -> None:
    name = seed.name.rpartition("-")[0]
    mapping = {"mapped_csv": MAPPING} if name == "mapped_csv" else {}
    rows: list[int] = []
    try:
        for block in record_format(make_station(format=name, code="0108", **mapping)).read(seed):
            rows += [*block.batch.row.tolist(), *(one.row for one in block.problems)]
            assert (block.batch.gross_kg >= 0).all()
    except FileRefusedError:
        rows = []
    assert len(rows) == len(set(rows))


def test_pictures_are_told_of_or_looked_at() -> None:
    pictures = [seed for seed in SEEDS if seed.name.startswith("image-")]
    assert len([image_problem(seed) or image_damage(seed) for seed in pictures]) == 3


def test_the_listener_answers_each(tmp_path: Path, make_station: Callable[..., Station]) -> None:
    database = Database(f"sqlite:///{tmp_path / 'push.sqlite'}")
    pushing = Pushing(tmp_path, database, make_station(format="station_upload", code="330482A01"))
    for seed in OF_API:
        first, body = seed.read_bytes()[0], seed.read_bytes()[1:]
        place, kind = PLACES[first % len(PLACES)]
        answer = pushing.ask("POST", f"/v1/{place}", content=body, headers={"Content-Type": kind})
        assert answer.status_code in KNOWN, seed
        assert answer.json()
    database.close()
