"""HS_Data: the vendor table of real Chinese sites as CSV (kg, mm, km/h, left and right wheels).

Columns as the vendor's data model names them; a site's extract may leave out those not required.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from models.values.driving import stated_driving
from models.values.passages import PassageBatch, no_text
from stations.formats.base import Block
from stations.formats.delimited import Column, Dialect, Table, read_tables
from stations.station import HsDriving

AXLES = 8
LEFT = tuple(f"LWheel_{axle}_W" for axle in range(1, AXLES + 1))
RIGHT = tuple(f"RWheel_{axle}_W" for axle in range(1, AXLES + 1))
SPACINGS = tuple(f"AxleDis{axle}" for axle in range(1, AXLES))
IGNORED = (
    *("Oper_Direc", "AxleGrp_Num", "Veh_Type", "OverLoad_Sign", "Veh_Length", "QAT", "F7Code", "ExternInfo"),
    "Temp",
)
# What they mean at a site is declared; where it is not, they are passed over.
VIOLATION = Column(name="Violation_Id", kind="integer", required=False, in_header=False, maximum=255)
ACCELERATION = Column(
    name="Acceleration", kind="number", required=False, in_header=False, minimum=-100, maximum=100
)
COLUMNS = (
    Column(name="HSData_DT", kind="time"),
    Column(name="Lane_Id", kind="integer", maximum=99),
    Column(name="Axle_Num", kind="integer", maximum=99),
    *(Column(name=name, kind="integer") for name in ("Gross_Load", *LEFT, *RIGHT, *SPACINGS)),
    Column(name="Speed", kind="number", maximum=1000),
    Column(name="HSData_Id", kind="text", required=False, in_header=False),
    Column(name="License_Plate", kind="text", required=False, in_header=False),
    Column(name="License_Plate_Color", kind="text", required=False, in_header=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HsData:
    """Reads HS_Data CSV with local times of one zone."""

    zone: ZoneInfo
    driving: HsDriving = field(default_factory=HsDriving)
    suffixes: ClassVar[frozenset[str]] = frozenset({".csv"})
    resolution_ms: ClassVar[int] = 1

    def read(self, path: Path) -> Iterator[Block]:
        """Yield the file's blocks; see `read_tables` for what is refused."""
        meant = {VIOLATION: self.driving.violation_byte, ACCELERATION: self.driving.acceleration_ms2}
        dialect = Dialect(
            columns=(*COLUMNS, *(column for column, known in meant.items() if known)),
            ignored=(*IGNORED, *(column.name for column, known in meant.items() if not known)),
            zone=self.zone,
        )
        for table in read_tables(path, dialect):
            yield Block(batch=_batch(table), problems=table.problems)


def _most_axles(columns: dict[str, NDArray[Any]]) -> int:
    """Return how many axles the longest vehicle of a block has, so that places never used take no time."""
    loads = [axle for axle, names in enumerate(zip(LEFT, RIGHT, strict=True), 1) if _any(columns, names)]
    spacings = [axle for axle, name in enumerate(SPACINGS, 2) if _any(columns, [name])]
    return max([2, *loads, *spacings])


def _any(columns: dict[str, NDArray[Any]], names: Iterable[str]) -> bool:
    return any(columns[name].any() for name in names if name in columns)


def _batch(table: Table) -> PassageBatch:
    columns, count = table.columns, len(table.row)
    axles = _most_axles(columns)

    def stack(names: tuple[str, ...]) -> NDArray[np.int64]:
        if not count:
            return np.zeros((0, len(names)), dtype=np.int64)
        # Each axle's column lies in one piece, which is how the judging goes through it.
        return np.stack([columns[name] for name in names]).T

    left, right = stack(LEFT[:axles]), stack(RIGHT[:axles])
    axle_kg = left + right
    none = no_text(count)
    numbers = {
        name: columns.get(name, np.zeros(count)) for name in ("Lane_Id", "Axle_Num", "Gross_Load", "Speed")
    }
    return PassageBatch(
        row=table.row,
        passed_at_ms=columns.get("HSData_DT", np.zeros(count, dtype=np.int64)),
        lane=numbers["Lane_Id"].astype(np.int16),
        axle_count=numbers["Axle_Num"].astype(np.int16),
        gross_kg=numbers["Gross_Load"].astype(np.int64),
        axle_kg=axle_kg,
        left_kg=np.where(axle_kg == 0, -1, left),
        spacing_mm=stack(SPACINGS[: axles - 1]),
        speed_kmh=numbers["Speed"].astype(np.float64),
        length_mm=np.full(count, -1, dtype=np.int64),
        serial=columns.get("HSData_Id", none),
        plate_front=columns.get("License_Plate", none),
        plate_rear=none,
        plate_colour=columns.get("License_Plate_Color", none),
        driving=stated_driving(
            count, bits=columns.get(VIOLATION.name), acceleration_ms2=columns.get(ACCELERATION.name)
        ),
    )
