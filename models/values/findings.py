"""Findings: the flags a passage may carry, and the doubts an officer must settle."""

from collections.abc import Container

from models.values.labelled import Labelled


class FindingKind(Labelled):
    """What is suspected of a passage; the value is the word in database, export and log."""

    OVERLOAD = "overload", "涉嫌超限"
    PLATE_UNREAD = "plate_unread", "超限车辆号牌无法识别"
    EVASION = "evasion", "涉嫌规避检测"
    PLATE_OBSCURED = "plate_obscured", "涉嫌遮挡号牌（移送公安机关）"


class Doubt(Labelled):
    """What is uncertain about a finding beyond its record's quality codes."""

    LAYOUT_OPEN = "layout_open", "轴距不足以判定车型布局，按同轴数最高限值计算"
    DRIVE_AXLES_UNKNOWN = "drive_axles_unknown", "驱动轴数未知，从宽计算"
    TYRES_UNKNOWN = "tyres_unknown", "单双胎未知，从宽计算"
    SUSPENSION_UNKNOWN = "suspension_unknown", "空气悬架未知，未计其加成"
    LICENCE_UNKNOWN = "licence_unknown", "行驶证总质量未知"
    FACTS_DISAGREE = "facts_disagree", "登记的单胎轴数多于实测轴数所能有，未采用"
    NO_LIMIT = "no_limit", "该车型与轴数没有适用的限值，由人工认定"
    LENGTH_OVER = "length_over", "车长超过外廓尺寸限值；检测数据不是法定测量，需人工测量"
    NO_FRAME = "no_frame", "没有可用于识别号牌的抓拍图片"
    FRAME_DAMAGED = "frame_damaged", "抓拍图片不完整或无法打开"
    PLATE_DISAGREES = "plate_disagrees", "识别的号牌与站点上传的号牌不一致"
    LANE_WATCHED = "lane_watched", "车道处于关注状态"
    LANE_BARRED_SINCE = "lane_barred_since", "立案后该车道当日改为停用"
    WEIGHING_LET_STAND = "weighing_let_stand", "过车时有影响称重的驾驶行为，经人工认定称重有效"
    PLATE_IN_DOUBT = "plate_in_doubt", "号牌疑被遮挡而仍有识别结果，识别的号牌可能不完整或属于邻车"
    FRAMES_DISAGREE = "frames_disagree", "各抓拍图片识别的号牌不一致"

    @property
    def is_routine(self) -> bool:
        """Tell whether it only names a fact that is unknown and was reckoned in the driver's favour."""
        return self in {
            Doubt.DRIVE_AXLES_UNKNOWN,
            Doubt.TYRES_UNKNOWN,
            Doubt.SUSPENSION_UNKNOWN,
            Doubt.LICENCE_UNKNOWN,
        }


def doubts_on_plate(kinds: Container[FindingKind], plate: str) -> tuple[Doubt, ...]:
    """Return the doubt on a plate, "" where none was read, of a passage that is thought to hide it."""
    return (Doubt.PLATE_IN_DOUBT,) if plate and FindingKind.PLATE_OBSCURED in kinds else ()
