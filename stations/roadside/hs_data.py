"""Files of a station that keeps the vendor table HS_Data: one CSV a night, and loose frames."""

from collections.abc import Iterable, Sequence

from stations.roadside.scale import times_written, weigh
from stations.roadside.shot import Shot
from stations.roadside.vehicle import TrueVehicle

_AXLE_PLACES = 8
_SPACING_PLACES = 7

HEADER = (
    "HSData_DT",
    "Lane_Id",
    "Axle_Num",
    "Gross_Load",
    *(f"LWheel_{axle}_W" for axle in range(1, _AXLE_PLACES + 1)),
    *(f"RWheel_{axle}_W" for axle in range(1, _AXLE_PLACES + 1)),
    *(f"AxleDis{gap}" for gap in range(1, _SPACING_PLACES + 1)),
    "Speed",
    "Violation_Id",
    "Acceleration",
)
_GROSS_COLUMN = HEADER.index("Gross_Load")


def frame_name(shot: Shot) -> str:
    """Return the name the camera gives a frame: its own clock, the lane and the side."""
    milliseconds = shot.taken_at.microsecond // 1000
    return f"{shot.taken_at:%Y%m%dT%H%M%S}.{milliseconds:03d}_L{shot.vehicle.lane}_{shot.side}.jpg"


def record_files(vehicles: Sequence[TrueVehicle], broken: TrueVehicle) -> dict[str, bytes]:
    """Return the night's CSV by its name; a copy of the row of `broken` with text for its mass follows it."""
    lines = [HEADER]
    for vehicle in vehicles:
        lines += [_row(vehicle)] * times_written(vehicle)
        if vehicle is broken:
            lines.append(_broken(_row(vehicle)))
    text = "".join(f"{','.join(line)}\n" for line in lines)
    return {f"HS_Data_{vehicles[0].passed_at:%Y%m%d}.csv": text.encode()}


def _row(vehicle: TrueVehicle) -> tuple[str, ...]:
    """Return the fields of one passage: local time, kg, mm, km/h, m/s², 0 where there is no axle."""
    record = weigh(vehicle)
    return (
        vehicle.passed_at.replace(tzinfo=None).isoformat(" ", "milliseconds"),
        str(vehicle.lane),
        str(vehicle.axle_count),
        str(record.gross_kg),
        *_padded(record.left_kg, _AXLE_PLACES),
        *_padded(record.right_kg, _AXLE_PLACES),
        *_padded(record.spacings_mm, _SPACING_PLACES),
        str(vehicle.speed_kmh),
        *((str(told.bits), str(told.acceleration_ms2)) if (told := vehicle.driving) else ("", "")),
    )


def _padded(values: Iterable[int], places: int) -> list[str]:
    texts = [str(value) for value in values]
    return texts + ["0"] * (places - len(texts))


def _broken(row: tuple[str, ...]) -> tuple[str, ...]:
    return (*row[:_GROSS_COLUMN], "ERR", *row[_GROSS_COLUMN + 1 :])
