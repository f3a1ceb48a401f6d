"""Which way the party of a plate is found: by a registry, or by an office that no registry answers for."""

from models.values.labelled import Labelled
from models.values.plates import PlateColour
from models.values.registry import Plate
from pipeline.plates.grammar import pattern_of

# Services and former regions on plates of the armed forces, and the armed police.
MILITARY_STARTS = ("WJ", *"军空海北沈兰济南广成")


class PlatePath(Labelled):
    """Where the party of a plate is asked for; `what` says what the officer does."""

    REGISTRY = "registry", "按号牌所属省份查询车辆登记系统"
    TRAILER = "trailer", "挂车号牌，不代表牵引车，须先确认牵引车号牌"
    POLICE = "police", "警用车辆，移送公安交管部门内部核查"
    MILITARY = "military", "军队、武警车辆，移送军车监理部门"
    EMBASSY = "embassy", "使领馆车辆，享有外交豁免，报外事部门，不向登记系统查询"
    HONG_KONG_MACAO = "hong_kong_macao", "港澳入出境车辆，按广东登记经全国交换平台查询"
    UNKNOWN = "unknown", "号牌式样不符合GA 36，不查询，由人工核对图片"

    @property
    def asks(self) -> bool:
        """Tell whether a registry is asked."""
        return self in {PlatePath.REGISTRY, PlatePath.HONG_KONG_MACAO}


def plate_path(plate: Plate) -> PlatePath:
    """Return the way for a plate, by its text (GA 36) and, where the text says nothing, its colour."""
    text = plate.text
    if pattern_of(text) is None:
        return PlatePath.MILITARY if text.startswith(MILITARY_STARTS) else PlatePath.UNKNOWN
    if text.endswith("警") or plate.colour is PlateColour.WHITE:
        return PlatePath.POLICE
    if text.endswith(("使", "领")) or text.startswith("使"):
        return PlatePath.EMBASSY
    if text.endswith(("港", "澳")):
        return PlatePath.HONG_KONG_MACAO
    if text.endswith("挂"):
        return PlatePath.TRAILER
    return PlatePath.REGISTRY
