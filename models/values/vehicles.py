"""What a registry knows of a vehicle that the wheels on a scale don't tell."""

from dataclasses import dataclass

from models.values.labelled import Labelled


class Layout(Labelled):
    """How a vehicle is put together (the columns of 公路货运车辆超限超载认定标准)."""

    RIGID = "rigid", "载货汽车"
    CENTRE_AXLE = "centre_axle", "中置轴挂车列车"
    ARTICULATED = "articulated", "铰接列车"
    FULL_TRAILER = "full_trailer", "全挂列车"


class VehicleKind(Labelled):
    """What a vehicle is registered as, as far as the limits ask (62号令 art. 3 para. 2)."""

    TRUCK = "truck", "货车"
    AGRICULTURAL = "agricultural", "拖拉机、农用车"
    LOW_SPEED = "low_speed", "低速货车"
    SPECIAL_PURPOSE = "special_purpose", "专用作业车"


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleFacts:
    """What is known of one passing vehicle with its trailer; None is unknown, and then leniency decides.

    Attributes:
        layout: how tractor and trailer are put together.
        drive_axles: number of driven axles.
        single_tyre_axles: axles with one tyre a side among axle groups, semitrailer and full trailer;
            steered and driven axles aside.
        wide_tyres: any tyre of a wide kind: 425 mm and above, or 445 mm on a driven axle.
        air_suspension: the driven axles have dual tyres and air suspension.
        registered_gross_kg: highest gross mass by the vehicle licence (行驶证).
        kind: what it is registered as.
        container: whether it carries a container.

    """

    layout: Layout | None = None
    drive_axles: int | None = None
    single_tyre_axles: int | None = None
    wide_tyres: bool | None = None
    air_suspension: bool | None = None
    registered_gross_kg: int | None = None
    kind: VehicleKind | None = None
    container: bool | None = None

    def __post_init__(self) -> None:
        least = {"drive_axles": 1, "single_tyre_axles": 0, "registered_gross_kg": 1}
        for name, smallest in least.items():
            value = getattr(self, name)
            if value is not None and value < smallest:
                message = f"{name}: expected at least {smallest}, or None for unknown, got {value}"
                raise ValueError(message)


NOTHING_KNOWN = VehicleFacts()
