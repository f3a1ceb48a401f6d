"""A time without seconds names no vehicle: such passages open no case and take no frame."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from foreign_lines import POUND_KG, TENTH_FOOT_MM, Truck, mon_line, w_line
from nights import Night

from stations.formats import tells_seconds
from stations.station import Lane, LengthColumn, MappedCsv, MassColumn, Station

OVER_KG = (6000, 14_000, 14_000, 14_000, 14_000, 14_000)
SPACINGS_MM = (3300, 1350, 6500, 1310, 1310)
ON_THE_HOUR = datetime(2026, 6, 18, 1)  # noqa: DTZ001 (local, as the record has it)


@pytest.mark.parametrize(
    ("record_format", "rejects", "cases", "frames_unmatched"),
    [("mon", {}, 1, 0), ("fhwa_w", {"time_inexact": 1}, 0, 1)],
)
def test_one_truck_on_the_hour_by_two_formats(
    tmp_path: Path,
    make_station: Callable[..., Station],
    new_database: Callable[[], str],
    record_format: str,
    rejects: dict[str, int],
    cases: int,
    frames_unmatched: int,
) -> None:
    truck = Truck(time=ON_THE_HOUR, axles=OVER_KG, spacings=SPACINGS_MM, length=20_000)
    pounds = Truck(
        time=ON_THE_HOUR,
        axles=tuple(round(kg / POUND_KG) for kg in OVER_KG),
        spacings=tuple(round(mm / TENTH_FOOT_MM) for mm in SPACINGS_MM),
    )
    line = {"mon": mon_line(truck), "fhwa_w": w_line(pounds)}[record_format]
    night = Night(tmp_path, make_station(format=record_format, lanes=(Lane(number=1),)), new_database())
    (night.inbox / "a.txt").write_text(line + "\n", encoding="utf-8")
    night.frame("010000.200", 11)
    found = night.run()
    night.database.close()
    assert (found.passages, found.rejects) == (1, rejects)
    assert (found.cases, found.frames_unmatched) == (cases, frames_unmatched)
    assert found.findings == cases


@pytest.mark.parametrize(
    ("time_format", "exact"),
    [
        ("%Y-%m-%d %H:%M:%S", True),
        ("%Y-%m-%dT%T%.f", True),
        ("%Y-%m-%d %H:%M", False),
        ("%d.%m.%Y %R", False),
    ],
)
def test_a_mapped_time_tells_seconds_or_not(
    make_station: Callable[..., Station], time_format: str, exact: bool
) -> None:
    mapping = MappedCsv(
        time_format=time_format,
        time="t",
        lane="l",
        gross=MassColumn(column="g"),
        axles=(MassColumn(column="a"), MassColumn(column="b")),
        spacings=(LengthColumn(column="s"),),
    )
    assert tells_seconds(make_station(format="mapped_csv", mapped_csv=mapping)) == exact
