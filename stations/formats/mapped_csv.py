"""A CSV of any layout, its columns and units mapped in the station's declaration."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from models.values.driving import stated_driving
from models.values.passages import PassageBatch, no_text
from stations.formats.base import Block
from stations.formats.delimited import Column, Dialect, Table, read_tables
from stations.station import LengthColumn, MappedColumn, MappedCsv, MassColumn, SpeedColumn

# Factors to kg, mm and km/h. NIST SP 811: 1 lb = 0.45359237 kg; g_n = 9.80665 m/s2.
TO_KG = {
    "": 1.0,
    "kg": 1.0,
    "t": 1000.0,
    "100kg": 100.0,
    "N": 1 / 9.80665,
    "kN": 1000 / 9.80665,
    "lb": 0.45359237,
}
TO_MM = {"mm": 1.0, "cm": 10.0, "dm": 100.0, "m": 1000.0, "ft": 304.8, "0.1ft": 30.48}
# What stands for seconds in a strptime format, alone or in a whole.
SECONDS = re.compile(r"%[-_0^#]?[STXscr+]")
TO_KMH = {"km/h": 1.0, "m/s": 3.6, "mph": 1.609344}


@dataclass(frozen=True, slots=True, kw_only=True)
class MappedCsvFormat:
    """Reads the CSV that `mapping` describes, with local times of one zone."""

    mapping: MappedCsv
    zone: ZoneInfo
    suffixes: ClassVar[frozenset[str]] = frozenset({".csv", ".txt", ".tsv"})

    @property
    def resolution_ms(self) -> int:
        """Return a second or less where the mapped time has seconds, or else a minute."""
        return 1 if SECONDS.search(self.mapping.time_format) else 60_000

    def read(self, path: Path) -> Iterator[Block]:
        """Yield the file's blocks; see `read_tables` for what is refused."""
        mapping = self.mapping
        dialect = Dialect(
            columns=_columns(mapping),
            ignored=mapping.ignore,
            delimiter=mapping.delimiter,
            time_format=mapping.time_format,
            zone=self.zone,
        )
        for table in read_tables(path, dialect):
            yield Block(batch=_batch(table, mapping), problems=table.problems)


def _columns(mapping: MappedCsv) -> list[Column]:
    optional: list[MappedColumn] = [*mapping.axles, *mapping.left_wheels, *mapping.spacings]
    optional += [column for column in (mapping.speed, mapping.length, *mapping.axle_speeds) if column]
    texts = (mapping.serial, mapping.plate_front, mapping.plate_rear, mapping.plate_colour)
    count = [Column(name=mapping.axle_count, kind="integer", maximum=99)] if mapping.axle_count else []
    return [
        Column(name=mapping.time, kind="time"),
        Column(name=mapping.lane, kind="integer", maximum=99),
        Column(name=mapping.gross.column, kind="number"),
        *(Column(name=column.column, kind="number", required=False) for column in optional),
        *count,
        *_driving_columns(mapping),
        *(Column(name=name, kind="text", required=False) for name in texts if name),
    ]


def _driving_columns(mapping: MappedCsv) -> Iterator[Column]:
    if mapping.violation:
        yield Column(name=mapping.violation, kind="integer", required=False, maximum=255)
    if mapping.acceleration:
        yield Column(name=mapping.acceleration, kind="number", required=False, minimum=-100, maximum=100)


def _batch(table: Table, mapping: MappedCsv) -> PassageBatch:
    columns, count = table.columns, len(table.row)

    def scaled(
        source: MassColumn | LengthColumn | SpeedColumn | None, factors: dict[str, float], unknown: float
    ) -> NDArray[np.float64]:
        if source is None or source.column not in columns:
            return np.full(count, unknown)
        values = columns[source.column] * factors[source.unit]
        return np.where(np.isnan(values), unknown, values)

    def stack(
        sources: tuple[MassColumn, ...] | tuple[LengthColumn, ...], factors: dict[str, float], unknown: float
    ) -> NDArray[np.int64]:
        values = [scaled(source, factors, unknown) for source in sources]
        return np.round(np.stack(values, axis=1)).astype(np.int64)

    def text(name: str) -> NDArray[np.object_]:
        return columns.get(name, no_text(count))

    axle_kg = stack(mapping.axles, TO_KG, 0)
    left_kg = stack(mapping.left_wheels, TO_KG, -1) if mapping.left_wheels else np.full_like(axle_kg, -1)
    spacing_mm = stack(mapping.spacings, TO_MM, 0) if mapping.spacings else np.zeros_like(axle_kg[:, 1:])
    counted = (axle_kg > 0).sum(axis=1)
    speeds = [scaled(source, TO_KMH, float("nan")) for source in mapping.axle_speeds]
    return PassageBatch(
        row=table.row,
        passed_at_ms=columns.get(mapping.time, np.zeros(count, dtype=np.int64)),
        lane=columns.get(mapping.lane, np.zeros(count)).astype(np.int16),
        axle_count=columns.get(mapping.axle_count, counted).astype(np.int16),
        gross_kg=np.round(scaled(mapping.gross, TO_KG, 0)).astype(np.int64),
        axle_kg=axle_kg,
        left_kg=left_kg,
        spacing_mm=spacing_mm,
        speed_kmh=scaled(mapping.speed, TO_KMH, float("nan")),
        length_mm=np.round(scaled(mapping.length, TO_MM, -1)).astype(np.int64),
        serial=text(mapping.serial),
        plate_front=text(mapping.plate_front),
        plate_rear=text(mapping.plate_rear),
        plate_colour=text(mapping.plate_colour),
        driving=stated_driving(
            count,
            bits=columns.get(mapping.violation),
            acceleration_ms2=columns.get(mapping.acceleration),
            axle_speed_kmh=np.stack(speeds, axis=1) if speeds else None,
        ),
    )
