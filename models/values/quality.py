"""Quality codes: what may be wrong with one record, and how much it matters."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Self

from models.values.labelled import Labelled


class Severity(Labelled):
    """What a quality code does to a record, mildest first."""

    ACCEPTED = "accepted", "正常"
    NOTE = "note", "提示"
    DOUBT = "doubt", "存疑"
    REJECT = "reject", "剔除"

    @property
    def rank(self) -> int:
        """Return 0 for the mildest."""
        return list(Severity).index(self)


class QualityCode(StrEnum):
    """One check of a record: word, severity, and a label, the sentence that an officer reads.

    The word is the same in database, export and log. REJECT: the record can open no case. DOUBT: a
    person must look. NOTE: kept with the record.
    """

    severity: Severity
    label: str

    def __new__(cls, value: str, severity: Severity = Severity.REJECT, label: str = "") -> Self:
        """Attach severity and label to the member."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.severity = severity
        member.label = label
        return member

    AXLES_IMPOSSIBLE = "axles_impossible", Severity.REJECT, "轴数不在2至20之间"
    AXLES_DISAGREE = "axles_disagree", Severity.REJECT, "轴数与轴重个数不一致"
    SPACINGS_DISAGREE = "spacings_disagree", Severity.REJECT, "轴数与轴距个数不一致"
    GROSS_NOT_SUM = "gross_not_sum", Severity.REJECT, "总质量与各轴轴重之和不一致"
    GROSS_IMPOSSIBLE = "gross_impossible", Severity.REJECT, "总质量为零、为负或超出设备可能范围"
    SPEED_OUT_OF_CERTIFICATE = "speed_out_of_certificate", Severity.REJECT, "车速超出检定证书的速度范围"
    CERTIFICATE_NOT_VALID = "certificate_not_valid", Severity.REJECT, "过车时检定证书未生效或已失效"
    NOT_ANNOUNCED = "not_announced", Severity.REJECT, "过车时该检测点公告未满规定天数"
    REPEATED = "repeated", Severity.REJECT, "与另一条记录的时间、车道和各项测量值完全相同"
    CLOCK_AHEAD = "clock_ahead", Severity.REJECT, "记录时间晚于接收时间，设备时钟有误"
    TIME_INEXACT = "time_inexact", Severity.REJECT, "记录的时间不精确到秒，仅供统计，不得立案"
    NO_RULE = "no_rule", Severity.REJECT, "过车日期没有适用的限值规则"
    LANE_UNKNOWN = "lane_unknown", Severity.REJECT, "车道不在该检测点登记的车道之内"
    GROSS_DOUBTFUL = "gross_doubtful", Severity.DOUBT, "总质量达100吨以上，数值可疑"
    AXLE_OVERWEIGHT = "axle_overweight", Severity.DOUBT, "单轴轴重超过25吨，数值可疑"
    SPACING_IMPOSSIBLE = "spacing_impossible", Severity.REJECT, "轴距小于0.5米或大于25米，不可能存在"
    SPACING_DOUBTFUL = "spacing_doubtful", Severity.DOUBT, "轴距小于1米或大于18米，数值可疑"
    SPACING_UNKNOWN = "spacing_unknown", Severity.NOTE, "记录不含轴距，车型布局无法判定"
    SPEED_UNKNOWN = "speed_unknown", Severity.DOUBT, "记录不含车速，无法核对检定证书的速度范围"
    LENGTH_DISAGREES = "length_disagrees", Severity.DOUBT, "轴距之和大于车长"
    ONE_SIDED = "one_sided", Severity.DOUBT, "左侧轮重占比不在30%至70%之间"
    SIDES_REPEAT = "sides_repeat", Severity.DOUBT, "每一轴左右轮重完全相同，疑为单侧称重加倍"


def worst(codes: Iterable[QualityCode]) -> Severity:
    """Return the gravest severity among `codes`; ACCEPTED when there is none."""
    return max(
        (code.severity for code in codes), key=lambda severity: severity.rank, default=Severity.ACCEPTED
    )
