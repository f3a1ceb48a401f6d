"""MON: fixed-width records of bridge-load research, in kg, mm, km/h and ms.

Columns as the documentation of the bridge traffic load simulator BTLS gives them. Lanes are numbered in each
direction for itself: 1, 2 in direction 0 stay 1, 2, and in direction 1 become 11, 12.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from models.values.passages import PassageBatch, no_text
from stations.formats.base import Block
from stations.formats.fixed_width import Layout, Rows, cutter
from stations.formats.part import read_parts
from stations.formats.times import UNKNOWN_TIME, calendar_ms

# As many axles as a passage can have.
AXLES = 20
HEAD = (
    *(("Head", 9), ("Day", 2), ("Month", 2), ("Year", 4), ("Hour", 2), ("Min", 2), ("Sec/1000", 5)),
    *(("nAxles", 2), ("nAxleGroups", 2), ("GVW", 6), ("Speed", 3), ("Length", 5), ("Lane", 1)),
    *(("Direction", 1), ("Transverse", 4)),
)
LOADS = tuple(f"W{axle}" for axle in range(1, AXLES + 1))
SPACINGS = tuple(f"S{axle}" for axle in range(1, AXLES + 1))
AXLE_FIELDS = [pair for names in zip(LOADS, SPACINGS, strict=True) for pair in ((names[0], 5), (names[1], 5))]
LAYOUT = Layout(*HEAD, *AXLE_FIELDS, required=len(HEAD))


@dataclass(frozen=True, slots=True, kw_only=True)
class Mon:
    """Reads MON records with local times of one zone."""

    zone: ZoneInfo
    suffixes: ClassVar[frozenset[str]] = frozenset({".txt", ".mon"})
    resolution_ms: ClassVar[int] = 1

    def read(self, path: Path) -> Iterator[Block]:
        """Yield the file's blocks; see `read_parts` for what is refused."""
        yield from read_parts(path, cutter(LAYOUT), self._block, "a MON record")

    def _block(self, rows: Rows) -> Block:
        stated = rows.columns
        date = (stated["Year"], stated["Month"], stated["Day"])
        instants = calendar_ms(date, (stated["Hour"], stated["Min"], stated["Sec/1000"]), self.zone)
        known = instants != UNKNOWN_TIME
        rows.expect(known, "Day", "bad_time", f"a local time of {self.zone}", last="Sec/1000")
        rows.expect_axles("nAxles", LOADS, SPACINGS)
        return Block(batch=_passages(rows, instants), problems=rows.problems)


def _passages(rows: Rows, instants: NDArray[np.int64]) -> PassageBatch:
    axles = max(2, int(rows.column("nAxles").max(initial=2)))
    axle_kg = rows.axle_columns(LOADS[:axles])
    length_mm = rows.column("Length")
    none = no_text(len(axle_kg))
    return PassageBatch(
        row=rows.row[rows.kept],
        passed_at_ms=instants[rows.kept],
        lane=(10 * rows.column("Direction") + rows.column("Lane")).astype(np.int16),
        axle_count=rows.column("nAxles").astype(np.int16),
        gross_kg=rows.column("GVW"),
        axle_kg=axle_kg,
        left_kg=np.full_like(axle_kg, -1),
        spacing_mm=rows.axle_columns(SPACINGS[: axles - 1]),
        speed_kmh=rows.column("Speed").astype(np.float64),
        length_mm=np.where(length_mm == 0, -1, length_mm),
        serial=np.array(list(map(str, rows.column("Head").tolist())), dtype=object),
        plate_front=none,
        plate_rear=none,
        plate_colour=none,
    )
