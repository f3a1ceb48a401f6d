"""What vehicle registries know: the vehicle and its party. Unknown is None or empty."""

from dataclasses import dataclass, field
from datetime import date

from models.values.labelled import Labelled
from models.values.plates import PlateColour


class VehicleClass(Labelled):
    """What a vehicle is registered as (GA 802, the classes that matter on a scale)."""

    LIGHT_TRUCK = "light_truck", "轻型、微型货车"
    RIGID_TRUCK = "rigid_truck", "重型、中型货车"
    TRACTOR = "tractor", "半挂牵引车"
    SEMITRAILER = "semitrailer", "半挂车"
    CENTRE_AXLE_TRAILER = "centre_axle_trailer", "中置轴挂车"
    FULL_TRAILER = "full_trailer", "全挂车"
    SPECIAL = "special", "专项作业车"
    PASSENGER = "passenger", "载客汽车"
    OTHER = "other", "其他"

    @property
    def is_trailer(self) -> bool:
        """Tell whether it is drawn and never draws."""
        return self in {
            VehicleClass.SEMITRAILER,
            VehicleClass.CENTRE_AXLE_TRAILER,
            VehicleClass.FULL_TRAILER,
        }


class VehicleStatus(Labelled):
    """How a registration stands."""

    NORMAL = "normal", "正常"
    OVERDUE = "overdue", "逾期未检验"
    LOCKED = "locked", "锁定"
    STOLEN = "stolen", "盗抢"
    CANCELLED = "cancelled", "注销"
    SCRAPPED = "scrapped", "达到报废标准"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plate:
    """A number plate as a registry is asked for it."""

    text: str
    colour: PlateColour = PlateColour.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Who answers for a vehicle. Personal: kept encrypted, and never part of a log or an error's text."""

    owner: str = field(repr=False)
    address: str = field(default="", repr=False)
    contact: str = field(default="", repr=False)
    company: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredVehicle:
    """One vehicle as its registry has it.

    `axle_count`, `drive_axles`, `tyre_count` and `wheelbase_mm` (between its own axles, front to rear) are of
    this vehicle alone, without what it draws. `registered_mass_kg` is 行驶证总质量; `train_mass_kg` is
    the mass of a tractor with what it may draw. `operating_permit` is the number of the 道路运输证.
    """

    plate: Plate
    source: str
    answered_at_ms: int
    vehicle_class: VehicleClass
    status: VehicleStatus = VehicleStatus.NORMAL
    axle_count: int | None = None
    drive_axles: int | None = None
    tyre_count: int | None = None
    wide_tyres: bool | None = None
    air_suspension: bool | None = None
    wheelbase_mm: tuple[int, ...] = ()
    length_mm: int | None = None
    curb_mass_kg: int | None = None
    registered_mass_kg: int | None = None
    train_mass_kg: int | None = None
    operating_permit: str = ""
    operating_permit_until: date | None = None
    party: Party | None = None
