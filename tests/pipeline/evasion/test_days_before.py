"""A sensor that failed on the days before excuses today's few; drivers of the days before excuse nobody."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from driven import scene, trucks
from hs_file import hs_row, write_hs
from nights import DAY, Night
from snapshot import snapshot
from sqlalchemy import select

from models.tables import Finding, Passage
from models.values.driving import Manoeuvre
from models.values.findings import FindingKind
from pipeline.evasion.common import StationDay
from pipeline.evasion.detect import detect, sightings
from pipeline.evasion.rows import manoeuvre_rows
from stations.station import Station

TRUCKS = 50
FAILED = DAY - timedelta(days=2)


@pytest.fixture
def night(
    tmp_path: Path, make_station: Callable[..., Station], new_database: Callable[[], str]
) -> Iterator[Night]:
    made = Night(tmp_path, make_station(), new_database(), chunk_size=100)
    yield made
    made.database.close()


def come(night: Night, day: date, *, leaning: int, first: int = 0, count: int = TRUCKS) -> None:
    """Let light trucks of two axles pass, the first so many of them with all wheels on the left."""
    write_hs(
        night.inbox / f"{day}-{first}.csv",
        [
            hs_row(f"{day} {one // 20:02d}:{one % 20 * 3:02d}:00.001", 5000 + one, axles=2, lean_kg=lean)
            for one in range(first, first + count)
            for lean in [600 if one < first + leaning else 10]
        ],
    )
    night.run(day)


def told(night: Night, day: date = DAY) -> list[str]:
    with night.database.read() as connection:
        return [row["excused"] for row in manoeuvre_rows(connection, night.station, day)]


def accused(night: Night) -> list[int]:
    query = select(Passage.passed_at).join(Finding, Finding.passage_id == Passage.id)
    with night.database.read() as connection:
        return list(connection.scalars(query.where(Finding.kind == FindingKind.EVASION.value)))


def test_a_sensor_that_failed_two_days_before_and_is_nearly_well_accuses_nobody(night: Night) -> None:
    come(night, FAILED, leaning=6)
    come(night, FAILED + timedelta(days=1), leaning=0)
    come(night, DAY, leaning=1)
    assert told(night) == ["该车道此前6日内有一日12%的2轴货车都有此情形，疑为设备或道路所致"]
    assert accused(night) == []
    before = snapshot(night.database)
    night.run(DAY)
    assert snapshot(night.database) == before


def test_records_of_the_days_before_that_come_late_excuse_at_the_next_run(night: Night) -> None:
    come(night, DAY, leaning=1)
    assert (told(night), len(accused(night))) == ([""], 1)
    come(night, FAILED, leaning=4)
    night.run(DAY)
    assert (told(night), len(accused(night))) == ([""], 1)
    come(night, FAILED, first=TRUCKS, count=2, leaning=2)
    night.run(DAY)
    assert (len(told(night)), told(night) == [""], accused(night)) == (1, False, [])


def test_a_sensor_that_failed_a_week_before_excuses_nothing(night: Night) -> None:
    come(night, DAY - timedelta(days=7), leaning=6)
    come(night, DAY, leaning=1)
    assert told(night) == [""]


def day_of(kind: Manoeuvre, shown: int, lane: int = 1, axles: int = 4, trucks: int = 100) -> StationDay:
    return StationDay(
        trucks=Counter({(1, 4): trucks, (1, 2): 900, (2, 4): 900}),
        shown=Counter({(kind, lane, axles): shown}),
    )


@pytest.mark.parametrize(
    ("before", "excused"),
    [
        (day_of(Manoeuvre.STRADDLING, 11), True),
        (day_of(Manoeuvre.STRADDLING, 10), False),
        (day_of(Manoeuvre.STRADDLING, 30, trucks=39), False),
        (day_of(Manoeuvre.LANE_EDGE, 50), False),
        (day_of(Manoeuvre.STRADDLING, 500, lane=2), False),
        (day_of(Manoeuvre.STRADDLING, 90, axles=2), False),
        (day_of(Manoeuvre.STRADDLING, 500, axles=2), True),
    ],
    ids=[
        "so many alike",
        "no more than drivers may be",
        "too few trucks to tell",
        "another manoeuvre",
        "another lane",
        "others' axles",
        "the whole lane",
    ],
)
def test_what_like_trucks_of_the_lane_showed_on_a_day_before_counts(
    before: StationDay, *, excused: bool
) -> None:
    left = np.full((60, 4), 2500)
    left[0] = 4300
    today = scene(trucks([20.0 * one for one in range(60)], left_kg=left))
    (found,) = detect(today, sightings(today), [day_of(Manoeuvre.STRADDLING, 0), before])
    assert bool(found.excused) == excused


def test_a_jam_of_the_days_before_excuses_nobody_who_crawls_alone() -> None:
    speeds = [60.0] * 6
    speeds[2] = 4
    today = scene(trucks([10.0 * one for one in range(6)], speed_kmh=speeds))
    (found,) = detect(today, sightings(today), [day_of(Manoeuvre.CRAWLING, 60)])
    assert (found.position, found.excused) == (2, "")
