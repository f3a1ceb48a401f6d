"""Lines of MON, FHWA W and RSA type 10, written from the formats' tables and not from their readers."""

from dataclasses import dataclass
from datetime import datetime

POUND_KG, TENTH_FOOT_MM = 0.45359237, 30.48
W_COLUMNS = 147


@dataclass(frozen=True, slots=True, kw_only=True)
class Truck:
    """One passage in the units of the record; the gross mass is the sum of its axles unless told."""

    time: datetime
    axles: tuple[int, ...] = (6000, 9000)
    spacings: tuple[int, ...] = (5000,)
    lane: int = 1
    direction: int = 0
    speed: int = 80
    length: int = 9000
    number: int = 1
    gross: int | None = None

    @property
    def total(self) -> int:
        """Return the gross mass."""
        return sum(self.axles) if self.gross is None else self.gross


def mon_line(truck: Truck, slots: int = 9) -> str:
    """Return one MON record (kg, mm) with room for `slots` axles."""
    time = truck.time
    milliseconds = time.second * 1000 + time.microsecond // 1000
    head = f"{truck.number:9d}{time.day:2d}{time.month:2d}{time.year:4d}{time.hour:2d}{time.minute:2d}"
    head += f"{milliseconds:5d}{len(truck.axles):2d}{1:2d}{truck.total:6d}{truck.speed:3d}{truck.length:5d}"
    head += f"{truck.lane:1d}{truck.direction:1d}{1800:4d}"
    loads = [*truck.axles, *[0] * (slots - len(truck.axles))]
    spacings = [*truck.spacings, *[0] * (slots - len(truck.spacings))]
    return head + "".join(f"{load:5d}{spacing:5d}" for load, spacing in zip(loads, spacings, strict=True))


def w_line(truck: Truck, vehicle_class: str = "09", place: str = "17018115") -> str:
    """Return one W record; loads in pounds, spacings in tenths of a foot."""
    line = f"W{place}{truck.direction:1d}{truck.lane:1d}{truck.time:%Y%m%d%H}{vehicle_class:>2}   "
    line += f"{truck.total:06d}{len(truck.axles):02d}"
    for load, spacing in zip(truck.axles, [*truck.spacings, None], strict=True):
        line += f"{load:05d}" + ("" if spacing is None else f"{spacing:04d}")
    return line.ljust(W_COLUMNS)


def rsa_line(truck: Truck, *blocks: str) -> str:
    """Return one type 10 line of 18 basic fields (length in cm) and blocks such as `S0,1,500`."""
    time = truck.time
    tenths = time.microsecond // 100_000
    basic = [10, 18, 1, 0, f"{time:%Y%m%d}", f"{time:%H%M%S}{tenths}", truck.lane, truck.lane, 1, 12, 9, 4]
    basic += [truck.speed, truck.length, "", 3, 2, "", 0, len(truck.axles)]
    return ",".join([*map(str, basic), *blocks])


def block(code: str, *values: int, between: tuple[int, ...] = ()) -> str:
    """Return one block of an RSA line."""
    return ",".join(map(str, [code, len(values), *between, *values]))
