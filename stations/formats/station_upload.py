"""Station upload JSON: 过车检测数据 of 公路货运车辆不停车超限超载检测系统, appendix B.1.

One object, or a list of objects. All values are text except `isEscape`. The fields after `isEscape`
are ours: the published list breaks off where the image fields begin, and it has no axle spacings.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, ClassVar
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    ValidationInfo,
)
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails, PydanticCustomError

from models.values.driving import UNKNOWN_BITS, UNKNOWN_NUMBER, UNSTATED_BIT, Driving, stated_driving
from models.values.passages import FrameKind, PassageBatch
from models.values.timeline import to_ms
from stations.formats.base import RAW_CHARACTERS, YEARS, Block, FileRefusedError, Problem, Reference
from stations.formats.text import encoding_of
from stations.names import is_plain_name, is_url

FILE_BYTES = 64 << 20
AXLES = 6
BLOCK_ROWS = 10_000
DIGITS = 18
TIME_FORMAT = "%Y-%m-%d %H:%M:%S"


def _station(info: ValidationInfo) -> "StationUpload":
    if not isinstance(info.context, StationUpload):
        raise TypeError(f"expected a StationUpload as context, got {info.context!r}")
    return info.context


def _local_time(text: object, info: ValidationInfo) -> datetime:
    """Read a local time of the station's zone that names one instant."""
    if not isinstance(text, str):
        raise PydanticCustomError("string_type", "expected a local time as text")
    try:
        local = datetime.strptime(text.strip(), TIME_FORMAT)  # noqa: DTZ007 (zoned in the next line)
    except ValueError as error:
        raise PydanticCustomError("bad_time", "expected a local time like 2026-06-18 01:02:03") from error
    zoned = local.replace(tzinfo=_station(info).zone)
    if not YEARS[0] <= zoned.year <= YEARS[1]:
        raise PydanticCustomError("no_such_time", "expected a year from 1990 to 2099")
    if zoned.utcoffset() != zoned.replace(fold=1).utcoffset():
        raise PydanticCustomError("no_such_time", "local time falls into a change of clocks")
    return zoned


def _own_code(code: str, info: ValidationInfo) -> str:
    own = _station(info).code
    if own and code != own:
        raise PydanticCustomError("wrong_station", "expected this station's code {own}", {"own": own})
    return code


def _frame_name(name: str) -> str:
    if name and not is_url(name) and not is_plain_name(name):
        raise PydanticCustomError("unsafe_name", "expected a plain file name or a URL, without folders")
    return name


Whole = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[0-9]{1,9}$")]
OptionalWhole = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[0-9]{0,9}$")]
Decimal = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^([0-9]{1,6}(\.[0-9]{1,6})?)?$")]
Signed = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^(-?[0-9]{1,6}(\.[0-9]{1,6})?)?$")]
OptionalSmall = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[0-9]{0,2}$")]
Small = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[0-9]{1,2}$")]
# No database holds NUL, and no person sees the other control characters.
SEEN = r"[^\x00-\x1f\x7f-\x9f]"
Short = Annotated[str, StringConstraints(strip_whitespace=True, max_length=64, pattern=f"^{SEEN}*$")]
Serial = Annotated[str, StringConstraints(strip_whitespace=True, max_length=64, pattern=f"^{SEEN}+$")]
Name = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1024), AfterValidator(_frame_name)]


class Upload(BaseModel):
    """One record as the station sends it; masses in kg, speed in km/h, spacings and length in mm."""

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel)

    preview_code: Serial
    preview_date: Annotated[datetime, BeforeValidator(_local_time)]
    preview_station_code: Annotated[Short, AfterValidator(_own_code)]
    license_code_front: Short = ""
    license_code_back: Short = ""
    license_plate_color: Short = ""
    vehicle_type: Short = ""
    axis_num: Small
    speed: Decimal
    lane_no: Small
    total_weight: Whole
    over_limit_weight: Short = ""
    axle1_weight: OptionalWhole = ""
    axle2_weight: OptionalWhole = ""
    axle3_weight: OptionalWhole = ""
    axle4_weight: OptionalWhole = ""
    axle5_weight: OptionalWhole = ""
    axle6_weight: OptionalWhole = ""
    snapshot_time: Short = ""
    measure_type: Short = ""
    over_limit_rate: Short = ""
    is_escape: int = 0
    axle1_spacing: OptionalWhole = ""
    axle2_spacing: OptionalWhole = ""
    axle3_spacing: OptionalWhole = ""
    axle4_spacing: OptionalWhole = ""
    axle5_spacing: OptionalWhole = ""
    vehicle_length: OptionalWhole = ""
    violation_bits: OptionalWhole = ""
    acceleration: Signed = ""
    second_lane: OptionalSmall = ""
    reversed_axles: OptionalSmall = ""
    lane_offset: Signed = ""
    axle_speeds: tuple[Decimal, ...] = Field(default=(), max_length=AXLES)
    axle_offsets: tuple[Signed, ...] = Field(default=(), max_length=AXLES)
    front_image: Name = ""
    side_image: Name = ""
    rear_image: Name = ""
    panorama_image: Name = ""
    video_clip: Name = ""

    def axle_kg(self) -> list[int]:
        """Return the axle loads, 0 where none is given, length 6."""
        return [int(getattr(self, f"axle{axle}_weight") or 0) for axle in range(1, AXLES + 1)]

    def spacing_mm(self) -> list[int]:
        """Return the axle spacings, 0 where none is given, length 5."""
        return [int(getattr(self, f"axle{axle}_spacing") or 0) for axle in range(1, AXLES)]

    def bits(self) -> int:
        """Return the violation byte with our own bit for `isEscape`, -1 where the record states neither."""
        byte = int(self.violation_bits) % UNSTATED_BIT if self.violation_bits else UNKNOWN_BITS
        return max(byte, 0) | UNSTATED_BIT if self.is_escape else byte


FRAME_FIELDS = {
    "front_image": FrameKind.FRONT,
    "side_image": FrameKind.SIDE,
    "rear_image": FrameKind.REAR,
    "panorama_image": FrameKind.PANORAMA,
    "video_clip": FrameKind.VIDEO,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StationUpload:
    """Reads the upload of the station with vendor code `code` ("" accepts any)."""

    zone: ZoneInfo
    code: str
    suffixes: ClassVar[frozenset[str]] = frozenset({".json"})
    resolution_ms: ClassVar[int] = 1000

    def read(self, path: Path) -> Iterator[Block]:
        """Yield the file's blocks; rows count the objects from 1."""
        entries = _load(path)
        for start in range(0, len(entries), BLOCK_ROWS):
            yield self._block(entries[start : start + BLOCK_ROWS], start + 1)

    def _block(self, entries: list[Any], first_row: int) -> Block:
        problems: list[Problem] = []
        uploads: dict[int, Upload] = {}
        for row, entry in enumerate(entries, first_row):
            if isinstance(entry, _RepeatedKey):
                problems.append(
                    Problem(
                        row=row, column=entry.key, code="repeated_key", reason="the key stands twice", raw=""
                    )
                )
                continue
            try:
                uploads[row] = Upload.model_validate(entry, context=self)
            except ValidationError as error:
                problems.append(_problem(row, entry, error.errors(include_url=False)[0]))
        references = [
            Reference(row=row, kind=kind, name=getattr(upload, field))
            for row, upload in uploads.items()
            for field, kind in FRAME_FIELDS.items()
            if getattr(upload, field)
        ]
        return Block(batch=_batch(uploads), problems=problems, references=references)


@dataclass(frozen=True, slots=True)
class _RepeatedKey:
    """Stands for an object with a key twice: which value was meant can't be told."""

    key: str


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any] | _RepeatedKey:
    result = dict(pairs)
    if len(result) == len(pairs):
        return result
    keys = Counter(key for key, _ in pairs)
    return _RepeatedKey(next(key for key, times in keys.items() if times > 1))


def _whole(digits: str) -> int | str:
    """Read a whole number; one of absurd length stays text, which no field takes."""
    return int(digits) if len(digits) <= DIGITS else digits


def _load(path: Path) -> list[Any]:
    if path.stat().st_size > FILE_BYTES:
        raise FileRefusedError("too_large", f"the file is larger than {FILE_BYTES >> 20} MiB")
    try:
        text = path.read_text(encoding="utf-8-sig" if encoding_of(path) == "utf-8" else "gb18030")
        content = json.loads(text, object_pairs_hook=_object, parse_int=_whole)
    except json.JSONDecodeError as error:
        reason = f"no JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        raise FileRefusedError("bad_json", reason) from error
    except UnicodeDecodeError as error:
        raise FileRefusedError("encoding", f"neither UTF-8 nor GBK text: {error.reason}") from error
    except RecursionError as error:
        raise FileRefusedError("bad_json", "the JSON is nested too deeply") from error
    entries = content if isinstance(content, list) else [content]
    if not entries:
        raise FileRefusedError("empty", "the JSON list is empty; expected records")
    return entries


def _problem(row: int, entry: object, error: ErrorDetails) -> Problem:
    column = str(error["loc"][0]) if error["loc"] else ""
    got = f", got {str(error['input'])[:60]!r}" if column and error["type"] != "missing" else ""
    raw = json.dumps(entry, ensure_ascii=False, default=str)[:RAW_CHARACTERS]
    return Problem(row=row, column=column, code=error["type"], reason=f"{error['msg']}{got}", raw=raw)


def _batch(uploads: dict[int, Upload]) -> PassageBatch:
    records = list(uploads.values())

    def whole(values: list[int]) -> NDArray[np.int64]:
        return np.array(values, dtype=np.int64)

    def text(values: list[str]) -> NDArray[np.object_]:
        return np.array(values, dtype=object)

    axle_kg = whole([kg for record in records for kg in record.axle_kg()]).reshape(-1, AXLES)
    return PassageBatch(
        row=whole(list(uploads)),
        passed_at_ms=whole([to_ms(record.preview_date) for record in records]),
        lane=whole([int(record.lane_no) for record in records]).astype(np.int16),
        axle_count=whole([int(record.axis_num) for record in records]).astype(np.int16),
        gross_kg=whole([int(record.total_weight) for record in records]),
        axle_kg=axle_kg,
        left_kg=np.full_like(axle_kg, -1),
        spacing_mm=whole([mm for record in records for mm in record.spacing_mm()]).reshape(-1, AXLES - 1),
        speed_kmh=np.array([float(record.speed or "nan") for record in records]),
        length_mm=whole([int(record.vehicle_length or -1) for record in records]),
        serial=text([record.preview_code for record in records]),
        plate_front=text([record.license_code_front for record in records]),
        plate_rear=text([record.license_code_back for record in records]),
        plate_colour=text([record.license_plate_color for record in records]),
        driving=_driving(records),
    )


DRIVING_FIELDS = {
    "violation_bits",
    "is_escape",
    "acceleration",
    "second_lane",
    "reversed_axles",
    "lane_offset",
    "axle_speeds",
    "axle_offsets",
}


def _driving(records: list[Upload]) -> Driving | None:
    if not any(DRIVING_FIELDS & record.model_fields_set for record in records):
        return None

    def numbers(texts: Iterable[str], unknown: float) -> NDArray[np.float64]:
        return np.array([float(text) if text else unknown for text in texts], dtype=np.float64)

    def by_axle(rows: list[tuple[str, ...]]) -> NDArray[np.float64]:
        padded = [text for row in rows for text in (*row, *("",) * (AXLES - len(row)))]
        return numbers(padded, np.nan).reshape(-1, AXLES)

    return stated_driving(
        len(records),
        bits=np.array([record.bits() for record in records], dtype=np.int64),
        acceleration_ms2=numbers((record.acceleration for record in records), np.nan),
        second_lane=numbers((record.second_lane for record in records), UNKNOWN_NUMBER),
        reversed_axles=numbers((record.reversed_axles for record in records), UNKNOWN_NUMBER),
        offset_mm=numbers((record.lane_offset for record in records), np.nan),
        axle_speed_kmh=by_axle([record.axle_speeds for record in records]),
        axle_offset_mm=by_axle([record.axle_offsets for record in records]),
    )
