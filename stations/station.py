"""What a station is: place, lanes, cameras, certificates, publication; declared in TOML."""

import re
import tomllib
from datetime import date, time, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from models.values.passages import FrameKind
from stations.names import is_plain_name


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"expected a time zone such as Asia/Shanghai, got {name!r}") from error
    return name


def _folder_name(name: str) -> str:
    if not is_plain_name(name):
        raise ValueError(f"expected a plain name that can be a folder, got {name!r}")
    return name


def _delimiter(mark: str) -> str:
    if mark in "\"'\r\n" or not mark.isascii():
        raise ValueError(f"expected an ASCII mark such as , or ;, got {mark!r}")
    return mark


def _time_format(text: str) -> str:
    if "%z" in text.lower():
        raise ValueError(
            f"expected the format of a local time, got {text!r} with a zone; set timezone instead"
        )
    return text


def _frame_pattern(pattern: str) -> str:
    try:
        groups = re.compile(pattern).groupindex
    except re.error as error:
        raise ValueError(f"expected a regular expression, got {pattern!r}: {error}") from error
    missing = {"time", "lane", "kind"} - set(groups)
    if missing:
        message = f"expected the named groups time, lane and kind, missing {', '.join(sorted(missing))}"
        raise ValueError(message)
    return pattern


class Declared(BaseModel):
    """Base of what is declared in TOML: an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Lane(Declared):
    """One lane as the device numbers it."""

    number: int = Field(ge=0, description="lane number in the records")
    name: str = Field(default="", description="name for people")


class Camera(Declared):
    """One camera."""

    id: str = Field(description="camera's id")
    lane: int = Field(description="lane it looks at")
    kind: FrameKind = Field(description="what its frames show")


# Maximum permissible error of the gross mass in service, % of mass, by class (OIML R 134, JJG 907).
IN_SERVICE_PERCENT = {"0.2": 0.2, "0.5": 0.5, "1": 1.0, "2": 2.0, "5": 5.0, "10": 10.0}


def _of_class(data: dict[str, Any]) -> float:
    """Return the error of a certificate's class; an unknown class is told by its own field."""
    return IN_SERVICE_PERCENT.get(data.get("accuracy_class", ""), 0.0)


class Certificate(Declared):
    """Verification certificate of the weighing device (JJG 907, GB/T 21296)."""

    number: str = Field(description="certificate number")
    regulation: str = Field(description="regulation and edition it was verified by")
    accuracy_class: Literal["0.2", "0.5", "1", "2", "5", "10"] = Field(description="gross-mass class")
    mpe_percent: float = Field(
        default_factory=_of_class, gt=0, le=20, description="in-service maximum permissible error, % of mass"
    )
    verified_by: str = Field(description="verifying body")
    valid_from: date = Field(description="first valid day")
    valid_until: date = Field(description="last valid day")
    speed_min_kmh: float = Field(default=0.5, ge=0, description="lowest speed it holds for")
    speed_max_kmh: float = Field(default=100, gt=0, description="highest speed it holds for")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.valid_until < self.valid_from:
            message = f"valid_until {self.valid_until} lies before valid_from {self.valid_from}"
            raise ValueError(message)
        least = IN_SERVICE_PERCENT[self.accuracy_class]
        if self.mpe_percent < least:
            message = (
                f"mpe_percent {self.mpe_percent:g} lies below the {least:g} of class {self.accuracy_class}"
            )
            raise ValueError(message)
        if self.speed_max_kmh <= self.speed_min_kmh:
            message = f"speed_max_kmh {self.speed_max_kmh} is not above speed_min_kmh {self.speed_min_kmh}"
            raise ValueError(message)
        return self


class MappedColumn(Declared):
    """Where one field of a mapped CSV comes from."""

    column: str = Field(min_length=1, description="column name in the file")


class MassColumn(MappedColumn):
    """A mass, or the force of it."""

    unit: Literal["kg", "t", "100kg", "N", "kN", "lb"] = Field(default="kg", description="unit in the file")


class LengthColumn(MappedColumn):
    """A length."""

    unit: Literal["mm", "cm", "dm", "m", "ft", "0.1ft"] = Field(default="mm", description="unit in the file")


class SpeedColumn(MappedColumn):
    """A speed."""

    unit: Literal["km/h", "m/s", "mph"] = Field(default="km/h", description="unit in the file")


class MappedCsv(Declared):
    """Columns and units of a station whose CSV has a layout of its own."""

    delimiter: Annotated[str, AfterValidator(_delimiter)] = Field(
        default=",", min_length=1, max_length=1, description="field delimiter"
    )
    time_format: Annotated[str, AfterValidator(_time_format)] = Field(
        default="%Y-%m-%d %H:%M:%S", description="strptime format of the local time"
    )
    time: str = Field(description="column of the time")
    lane: str = Field(description="column of the lane")
    serial: str = Field(default="", description="column of the device's record number, if any")
    gross: MassColumn = Field(description="gross mass")
    axles: tuple[MassColumn, ...] = Field(min_length=2, description="axle loads, first axle first")
    left_wheels: tuple[MassColumn, ...] = Field(default=(), description="left wheel loads, if any")
    spacings: tuple[LengthColumn, ...] = Field(default=(), description="axle spacings, first first")
    speed: SpeedColumn | None = Field(default=None, description="speed")
    length: LengthColumn | None = Field(default=None, description="vehicle length")
    axle_count: str = Field(default="", description="column of the axle count; counted from loads if absent")
    plate_front: str = Field(default="", description="column of the station's own reading, front")
    plate_rear: str = Field(default="", description="column of the station's own reading, rear")
    plate_colour: str = Field(default="", description="column of the plate colour")
    violation: str = Field(default="", description="column of the controllers' violation byte")
    acceleration: str = Field(default="", description="column of the acceleration, m/s²")
    axle_speeds: tuple[SpeedColumn, ...] = Field(default=(), description="speed of each axle, first first")
    ignore: tuple[str, ...] = Field(default=(), description="columns known and not used")


class HsDriving(Declared):
    """What two columns of HS_Data mean at a site; the vendor's table does not say it."""

    violation_byte: bool = Field(default=False, description="Violation_Id is the controllers' violation byte")
    acceleration_ms2: bool = Field(default=False, description="Acceleration is in m/s²")


class Station(Declared):
    """A published WIM site (检测点)."""

    id: Annotated[str, AfterValidator(_folder_name)] = Field(description="id, also the drop folder's name")
    name: str = Field(description="name for people")
    province: Literal["浙江", "上海"] = Field(description="province whose rules judge the passage")
    county: str = Field(default="", description="county or district, for factors that hold there")
    place: Literal["road", "expressway_entrance"] = Field(default="road", description="where it weighs")
    road: str = Field(description="road number and name")
    chainage: str = Field(description="place on the road, such as K12+300")
    direction: str = Field(description="direction of travel")
    timezone: Annotated[str, AfterValidator(_zone)] = Field(default="Asia/Shanghai", description="local time")
    nightly_at: time | None = Field(
        default=None, description="local time at which its day before is judged; default: the schedule's"
    )
    format: Literal["hs_data", "station_upload", "mapped_csv", "mon", "fhwa_w", "rsa"] = Field(
        description="record format"
    )
    code: str = Field(default="", description="the vendor's station code; checked where records carry one")
    lanes: tuple[Lane, ...] = Field(min_length=1, description="lanes")
    cameras: tuple[Camera, ...] = Field(default=(), description="cameras")
    certificates: tuple[Certificate, ...] = Field(min_length=1, description="certificates, any order")
    announced_on: date = Field(description="day the site was published (行政处罚法 art. 41)")
    legal_review_on: date | None = Field(default=None, description="day of the device's legal review")
    technical_review_on: date | None = Field(default=None, description="day of its technical review")
    signs: tuple[str, ...] = Field(default=(), description="roadside signs: where, and what they say")
    clock_offset_ms: int = Field(default=0, description="camera clock minus scale clock")
    frame_tolerance_ms: int = Field(default=1500, ge=0, description="largest gap of a frame matched by time")
    frame_pattern: Annotated[str, AfterValidator(_frame_pattern)] = Field(
        default=r"(?P<time>\d{8}T\d{6}(\.\d{3})?)_L(?P<lane>\d+)_(?P<kind>front|side|rear|panorama|video)",
        description="how a loose frame's file name tells camera time, lane and kind",
    )
    image_hosts: tuple[str, ...] = Field(default=(), description="hosts that frames may be fetched from")
    mapped_csv: MappedCsv | None = Field(default=None, description="columns, for format mapped_csv")
    hs_driving: HsDriving = Field(default=HsDriving(), description="columns of driving, for format hs_data")
    lane_width_mm: int = Field(default=3750, gt=2000, lt=6000, description="width of a lane (JTG B01)")
    roads_km: dict[str, float] = Field(default={}, description="shortest road to other stations, km, by id")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.format == "mapped_csv" and self.mapped_csv is None:
            message = "format mapped_csv needs the table mapped_csv"
            raise ValueError(message)
        return self

    @property
    def zone(self) -> ZoneInfo:
        """Return the time zone of the station's clocks."""
        return ZoneInfo(self.timezone)

    def announced_for(self, day: date, days: int) -> bool:
        """Tell whether the site had been published for `days` days on that local day."""
        return day >= self.announced_on + timedelta(days=days)

    def verified_on(self, day: date) -> Certificate | None:
        """Return the certificate of the last verification up to that local day, expired or not."""
        begun = [one for one in self.certificates if one.valid_from <= day]
        return max(begun, key=lambda certificate: certificate.valid_from, default=None)

    def certificate_on(self, day: date) -> Certificate | None:
        """Return the certificate valid on that local day, the newest where two overlap."""
        valid = [c for c in self.certificates if c.valid_from <= day <= c.valid_until]
        return max(valid, key=lambda certificate: certificate.valid_from, default=None)


def load_station(path: Path) -> Station:
    """Read a station file: one station's table at the top level of a TOML file."""
    return Station.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
