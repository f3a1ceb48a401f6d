"""Passages in columns: N vehicles crossing one station, as numpy arrays."""

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.values.driving import Driving

# Multipliers of splitmix64 (Steele, Lea, Flood 2014): cheap, and every input bit reaches every output bit.
_STEP, _FIRST, _SECOND = 0x9E3779B97F4A7C15, np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


class FrameKind(StrEnum):
    """What a frame shows of the vehicle; the value is the word in database, file name and log."""

    FRONT = "front"
    SIDE = "side"
    REAR = "rear"
    PANORAMA = "panorama"
    VIDEO = "video"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class PassageBatch:
    """N passages of one station, at most A axles each.

    Numbers are what the record states; nothing is corrected here. Unknown is -1 (`left_kg`,
    `length_mm`), 0 (`spacing_mm`, axles beyond the last) or NaN (`speed_kmh`); unknown text is "".

    Attributes:
        row: (N,) int64, data row in its file, 1 for the first.
        passed_at_ms: (N,) int64, milliseconds since 1970-01-01 UTC.
        lane: (N,) int16.
        axle_count: (N,) int16, as stated.
        gross_kg: (N,) int64, as stated.
        axle_kg: (N, A) int64.
        left_kg: (N, A) int64, left wheels of each axle; the right ones are `axle_kg - left_kg`.
        spacing_mm: (N, A - 1) int64, between one axle and the next.
        speed_kmh: (N,) float64.
        length_mm: (N,) int64.
        serial: (N,) object, the device's own number of the record.
        plate_front, plate_rear, plate_colour: (N,) object, the station's own reading.
        driving: how the vehicles were driven, None where the device states nothing.

    """

    row: NDArray[np.int64]
    passed_at_ms: NDArray[np.int64]
    lane: NDArray[np.int16]
    axle_count: NDArray[np.int16]
    gross_kg: NDArray[np.int64]
    axle_kg: NDArray[np.int64]
    left_kg: NDArray[np.int64]
    spacing_mm: NDArray[np.int64]
    speed_kmh: NDArray[np.float64]
    length_mm: NDArray[np.int64]
    serial: NDArray[np.object_]
    plate_front: NDArray[np.object_]
    plate_rear: NDArray[np.object_]
    plate_colour: NDArray[np.object_]
    driving: Driving | None = None

    def __len__(self) -> int:
        return len(self.row)

    def take(self, index: NDArray[np.intp] | NDArray[np.bool_]) -> "PassageBatch":
        """Return the passages at `index` (positions or mask), in that order."""
        columns = [field.name for field in fields(self) if field.name != "driving"]
        return PassageBatch(
            **{name: getattr(self, name)[index] for name in columns},
            driving=self.driving.take(index) if self.driving else None,
        )


def no_text(count: int) -> NDArray[np.object_]:
    """Return `count` empty strings, shape (count,)."""
    return np.full(count, "", dtype=object)


def content_key(batch: PassageBatch) -> NDArray[np.uint64]:
    """Return a 64-bit digest of what was measured, shape (N,).

    It covers time, lane, loads, left wheels, spacings and speed, so a record sent twice has one key and
    two vehicles that cross one lane in the same second have two. It depends on nothing else: not on the
    file, the row, or what else the file holds.
    """
    speed_mmh = np.round(np.nan_to_num(batch.speed_kmh, nan=-1.0) * 1e3).astype(np.int64)
    scalars: tuple[NDArray[Any], ...] = (
        batch.passed_at_ms,
        batch.lane,
        batch.axle_count,
        batch.gross_kg,
        speed_mmh,
    )
    key = np.zeros(len(batch), dtype=np.uint64)
    for number, column in enumerate(scalars):
        key = _mix(key, column, number)
    # Unused places are skipped, so that the key does not depend on how wide the format's table is.
    for number, (table, unused) in enumerate(
        ((batch.axle_kg, 0), (batch.left_kg, -1), (batch.spacing_mm, 0))
    ):
        for axle in range(table.shape[1]):
            used = table[:, axle] != unused
            if used.any():
                np.copyto(key, _mix(key, table[:, axle], 16 * (number + 1) + axle), where=used)
    return key


def _mix(key: NDArray[np.uint64], column: NDArray[Any], number: int) -> NDArray[np.uint64]:
    mixed = column.astype(np.int64, copy=False).view(np.uint64) + np.uint64((number + 1) * _STEP % 2**64)
    mixed ^= key
    mixed *= _FIRST
    mixed ^= mixed >> np.uint64(29)
    mixed *= _SECOND
    mixed ^= mixed >> np.uint64(32)
    return mixed
