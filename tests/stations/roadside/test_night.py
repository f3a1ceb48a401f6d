"""A written night: repeatable to the byte, complete, with exactly the troubles it counts."""

import csv
import json
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from PIL import Image

from stations.roadside.night import RoadsideStation, SimulatedNight, simulate_night
from stations.roadside.truth import read_troubles, read_truth, write_truth
from stations.roadside.vehicle import PlateCondition, TrueVehicle

NIGHT = date(2026, 11, 20)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def write(out_dir: Path, station: RoadsideStation, seed: int) -> SimulatedNight:
    return simulate_night(out_dir, date=NIGHT, seed=seed, passages_per_station=6, stations=[station])


def is_sound_image(path: Path) -> bool:
    try:
        with Image.open(path) as image:
            image.load()
    except OSError:
        return False
    return True


def test_the_same_seed_writes_the_same_bytes(
    tmp_path: Path, table_station: RoadsideStation, upload_station: RoadsideStation
) -> None:
    for station in (table_station, upload_station):
        first, second, other = (tmp_path / station.station_id / name for name in ("first", "second", "other"))
        for folder, seed in ((first, 3), (second, 3), (other, 4)):
            write(folder, station, seed)
        assert contents(first) == contents(second)
        assert contents(first) != contents(other)


def test_truth_is_read_back_as_it_was(night: SimulatedNight) -> None:
    assert read_truth(night.truth_path) == night.vehicles
    assert read_troubles(night.truth_path.parent / "troubles.json") == night.troubles
    assert len(night.vehicles) == 40


def test_truth_keeps_every_field_of_every_kind(
    tmp_path: Path, table_traffic: tuple[TrueVehicle, ...]
) -> None:
    write_truth(tmp_path / "truth.jsonl", table_traffic)
    assert read_truth(tmp_path / "truth.jsonl") == table_traffic


def test_each_passage_leaves_its_frames(night: SimulatedNight) -> None:
    for troubles in night.troubles:
        vehicles = [v for v in night.vehicles if v.station_id == troubles.station_id]
        missing = sum(v.plate_condition is PlateCondition.MISSING_FRAME for v in vehicles)
        frames = list((night.inbox / troubles.station_id).glob("*.jpg"))
        assert len(frames) == 2 * len(vehicles) - missing + len(troubles.orphan_frames)


def test_only_the_counted_images_are_spoiled(night: SimulatedNight) -> None:
    for troubles in night.troubles:
        frames = (night.inbox / troubles.station_id).glob("*.jpg")
        assert tuple(frame.name for frame in frames if not is_sound_image(frame)) == troubles.spoiled_images
        assert len(troubles.spoiled_images) == 1


def test_an_orphan_frame_is_far_from_every_passage(night: SimulatedNight) -> None:
    table, upload = night.troubles
    vehicles = [v for v in night.vehicles if v.station_id == table.station_id]
    [orphan] = table.orphan_frames
    clock = [f"{v.passed_at:%Y%m%dT%H%M%S}" for v in vehicles]
    before, after = next(pair for pair in pairwise(clock) if pair[0] < orphan[:15] < pair[1])
    assert before < orphan[:15] < after
    gaps = [b.passed_at - a.passed_at for a, b in pairwise(vehicles)]
    assert gaps[clock.index(before)] == max(gaps)
    named = [
        passage["frontImage"]
        for path in (night.inbox / upload.station_id).glob("*.json")
        for passage in json.loads(path.read_text("utf-8"))
    ]
    assert named
    assert not set(upload.orphan_frames) & set(named)


def test_unreadable_records_are_counted(night: SimulatedNight) -> None:
    table, upload = night.troubles
    [csv_path] = (night.inbox / table.station_id).glob("*.csv")
    with csv_path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    passages = [
        passage
        for path in (night.inbox / upload.station_id).glob("*.json")
        for passage in json.loads(path.read_text("utf-8"))
    ]
    assert sum(not row["Gross_Load"].isdigit() for row in rows) == table.unreadable_records == 1
    assert sum(not passage["totalWeight"].isdigit() for passage in passages) == upload.unreadable_records == 1
    assert {row["Gross_Load"] for row in rows if row["Gross_Load"].isdigit()} == {
        str(v.measured_gross_kg) for v in night.vehicles if v.station_id == table.station_id
    }


def test_progress_is_told_after_each_passage(tmp_path: Path, table_station: RoadsideStation) -> None:
    told: list[tuple[int, int]] = []
    simulate_night(
        tmp_path,
        date=NIGHT,
        seed=1,
        passages_per_station=2,
        stations=[table_station],
        progress=lambda done, total: told.append((done, total)),
    )
    assert told == [(1, 2), (2, 2)]


def test_a_night_needs_two_passages(tmp_path: Path, table_station: RoadsideStation) -> None:
    with pytest.raises(ValueError, match="at least 2"):
        simulate_night(tmp_path, date=NIGHT, seed=1, passages_per_station=1, stations=[table_station])
