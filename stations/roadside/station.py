"""A simulated station, and the seeded random streams its night is drawn from."""

from dataclasses import dataclass
from typing import Literal
from zlib import crc32

import numpy as np

StationFormat = Literal["hs_data", "station_upload"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RoadsideStation:
    """What the simulation must know of a station.

    `station_code` is the code the station writes into its own records; `camera_offset_ms` is how far
    the camera's clock runs ahead of the scale's.
    """

    station_id: str
    station_code: str
    format: StationFormat
    lanes: int = 2
    camera_offset_ms: int = 1500


def random_stream(seed: int, *keys: str | int) -> np.random.Generator:
    """Return the stream that belongs to `keys`, the same for the same seed and independent of all others."""
    return np.random.default_rng([seed, *(crc32(str(key).encode()) for key in keys)])
