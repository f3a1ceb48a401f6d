"""Record files for benchmarks: made HS_Data rows, or a real file repeated with its days moved on."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
from invented import invented_station
from numpy.typing import NDArray

from stations.formats.hs_data import AXLES, LEFT, RIGHT, SPACINGS
from stations.station import Station

PART_ROWS = 200_000
# About as many as a lane of a busy national road carries.
GAP_S = 20
SHARE_OF_AXLES = {2: 0.55, 3: 0.07, 4: 0.22, 5: 0.03, 6: 0.13}
SPACINGS_MM = {
    2: [[3300], [4500], [5600]],
    3: [[3900, 1350], [1900, 5000], [3600, 7000]],
    4: [[1900, 4500, 1350], [3600, 7000, 1310], [3300, 1350, 6000]],
    5: [[3600, 6000, 1310, 1310], [3300, 1350, 7000, 1310]],
    6: [[3300, 1350, 6500, 1310, 1310]],
}
USUAL_KG = {2: 9_000, 3: 17_000, 4: 27_000, 5: 34_000, 6: 42_000}
FIRST_DAY = np.datetime64("2024-01-01T00:00:00", "s")


def bench_station() -> Station:
    """Return a station whose certificate outlives all days of a benchmark."""
    return invented_station(id="bench", valid_until=date(2099, 12, 31))


def record_file(folder: Path, rows: int, source: Path | None = None) -> Path:
    """Write a file of `rows` records, made or repeated from `source`, and return its path."""
    path = folder / f"records-{rows}.csv"
    if source is None:
        _write_made(path, rows)
    else:
        _write_repeated(path, rows, source)
    return path


def _write_made(path: Path, rows: int) -> None:
    random = np.random.default_rng(20210601)
    with path.open("wb") as sink:
        for start in range(0, rows, PART_ROWS):
            frame = made(random, start, min(PART_ROWS, rows - start))
            frame.write_csv(sink, include_header=not start)


def made(random: np.random.Generator, start: int, count: int) -> pl.DataFrame:
    """Return trucks of two to six axles whose wheels sum to the gross mass, in steps of 10 kg."""
    axles = random.choice(list(SHARE_OF_AXLES), p=list(SHARE_OF_AXLES.values()), size=count)
    passed_at = FIRST_DAY + GAP_S * (start + np.arange(count)) + random.integers(0, GAP_S, count)
    usual_kg = np.array([USUAL_KG.get(number, 0) for number in range(AXLES)])[axles]
    wheel_kg = usual_kg / axles / 2 * random.lognormal(0, 0.3, count)
    used = np.arange(AXLES) < axles[:, None]
    left, right = (
        np.where(used, 10 * np.round(wheel_kg[:, None] * random.normal(1, 0.1, (count, AXLES)) / 10), 0)
        for _ in range(2)
    )
    left, right = (np.maximum(wheels, used * 10).astype(np.int64) for wheels in (left, right))
    spacings = _spacings(random, axles)
    numbers = {
        "Lane_Id": random.integers(1, 3, count),
        "Axle_Num": axles,
        "Gross_Load": (left + right).sum(axis=1),
        **dict(zip(LEFT, left.T, strict=True)),
        **dict(zip(RIGHT, right.T, strict=True)),
        **dict(zip(SPACINGS, spacings.T, strict=True)),
        "Speed": random.integers(30, 95, count),
    }
    times = pl.Series(passed_at.astype("datetime64[ms]")).dt.to_string("%Y-%m-%d %H:%M:%S%.3f")
    return pl.DataFrame({"HSData_DT": times, **numbers})


def _spacings(random: np.random.Generator, axles: NDArray[np.int64]) -> NDArray[np.int64]:
    result = np.zeros((len(axles), AXLES - 1), dtype=np.int64)
    for number, layouts in SPACINGS_MM.items():
        index = np.flatnonzero(axles == number)
        chosen = np.array(layouts)[random.integers(0, len(layouts), len(index))]
        result[index, : number - 1] = chosen + random.integers(-40, 41, chosen.shape)
    return result


def _write_repeated(path: Path, rows: int, source: Path) -> None:
    """Repeat a file whose lines begin with the date, each time moved on by the days that it covers."""
    header, *lines = [line for line in source.read_bytes().splitlines() if line]
    days = {line[:10]: date.fromisoformat(line[:10].decode()) for line in lines}
    length = max(days.values()) - min(days.values()) + timedelta(days=1)
    with path.open("wb") as sink:
        sink.write(header + b"\n")
        for repeat in range(-(-rows // len(lines))):
            moved = {text: (day + repeat * length).isoformat().encode() for text, day in days.items()}
            part = lines[: rows - repeat * len(lines)]
            sink.writelines(moved[line[:10]] + line[10:] + b"\n" for line in part)
