"""FHWA weight record "W": fixed width, pounds and tenths of a foot, one line a truck, known to the hour.

Columns as the Traffic Monitoring Guide of 2013 and 2016 gives them: behind column 34 come nine for each axle,
five of its load and four of the spacing to the next. (At least one public reader takes a stride of ten.) The
guide of 2001 has a shorter, metric record under the same letter; one that passes here fails the sum of its
loads.

1 lb is 0.45359237 kg and 0.1 ft is 30.48 mm exactly (NIST SP 811); each figure is rounded by itself to the
nearest kg or mm, so loads may miss the gross mass by half a kilogram an axle.

Lanes are numbered in each direction for itself: lane 1 of direction 3 is 31. In place of a class, m says that
the hour is missing and d that no truck came in it: neither is a passage. Two trucks
of one hour and lane with the same loads and spacings can't be told from one sent twice, and count once.
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

AXLES = 13
KG, MM = 0.45359237, 30.48
CLASSES = frozenset(range(1, 14))
EMPTY_HOURS = frozenset({b"m", b"d"})
TEXTS = frozenset({"Record", "State", "Station", "Class", "Open"})
PLACE = (("Record", 1), ("State", 2), ("Station", 6), ("Direction", 1), ("Lane", 1))
DATE = (("Year", 4), ("Month", 2), ("Day", 2))
TRUCK = (("Hour", 2), ("Class", 2), ("Open", 3), ("GVW", 6), ("Axles", 2))
LOADS = tuple(f"W{axle}" for axle in range(1, AXLES + 1))
SPACINGS = tuple(f"S{axle}" for axle in range(1, AXLES))
AXLE_FIELDS = [pair for axle in range(1, AXLES + 1) for pair in ((f"W{axle}", 5), (f"S{axle}", 4))][:-1]
LAYOUT = Layout(*PLACE, *DATE, *TRUCK, *AXLE_FIELDS, texts=TEXTS, required=len(PLACE + DATE))


@dataclass(frozen=True, slots=True, kw_only=True)
class FhwaW:
    """Reads W records of the station with FIPS state and station number `code` ("" accepts any)."""

    zone: ZoneInfo
    code: str
    suffixes: ClassVar[frozenset[str]] = frozenset({".wgt", ".txt"})
    resolution_ms: ClassVar[int] = 3_600_000

    def read(self, path: Path) -> Iterator[Block]:
        """Yield the file's blocks; see `read_parts` for what is refused."""
        yield from read_parts(path, cutter(LAYOUT), self._block, "a W record")

    def _block(self, rows: Rows) -> Block:
        stated = rows.columns
        rows.expect(stated["Record"] == b"W", "Record", "other_record", "the letter W")
        if self.code:
            place = np.char.add(stated["State"], stated["Station"])
            rows.expect(place == self.code.encode(), "State", "wrong_station", self.code, last="Station")
        truck, empty = _classes(stated["Class"])
        rows.expect(truck | empty, "Class", "bad_class", "a vehicle class 1 to 13, m or d")
        rows.leave_out(empty)
        midnight = np.zeros(len(rows), dtype=np.int64)
        date = (stated["Year"], stated["Month"], stated["Day"])
        instants = calendar_ms(date, (stated["Hour"], midnight, midnight), self.zone)
        known = instants != UNKNOWN_TIME
        rows.expect(known, "Year", "bad_time", f"a local hour of {self.zone}", last="Hour")
        for name in ("GVW", "Axles"):
            rows.expect(stated[name] >= 0, name, "missing_value", "a whole number")
        rows.expect_axles("Axles", LOADS, SPACINGS)
        return Block(batch=_passages(rows, instants), problems=rows.problems)


def _classes(texts: NDArray[np.bytes_]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Tell which rows bear the class of a truck and which stand for an hour without one, each (N,)."""
    words, which = np.unique(texts, return_inverse=True)
    plain = [word.strip() for word in words.tolist()]
    truck = np.array([word.isdigit() and int(word) in CLASSES for word in plain], dtype=bool)
    empty = np.array([word in EMPTY_HOURS for word in plain], dtype=bool)
    return truck[which], empty[which]


def _passages(rows: Rows, instants: NDArray[np.int64]) -> PassageBatch:
    axles = max(2, int(rows.column("Axles").max(initial=2)))
    axle_kg = np.rint(rows.axle_columns(LOADS[:axles]) * KG).astype(np.int64)
    none = no_text(len(axle_kg))
    return PassageBatch(
        row=rows.row[rows.kept],
        passed_at_ms=instants[rows.kept],
        lane=(10 * rows.column("Direction") + rows.column("Lane")).astype(np.int16),
        axle_count=rows.column("Axles").astype(np.int16),
        gross_kg=np.rint(rows.column("GVW") * KG).astype(np.int64),
        axle_kg=axle_kg,
        left_kg=np.full_like(axle_kg, -1),
        spacing_mm=np.rint(rows.axle_columns(SPACINGS[: axles - 1]) * MM).astype(np.int64),
        speed_kmh=np.full(len(axle_kg), np.nan),
        length_mm=np.full(len(axle_kg), -1, dtype=np.int64),
        serial=none,
        plate_front=none,
        plate_rear=none,
        plate_colour=none,
    )
