"""What a person reads of a statistic."""

from typing import assert_never

from pipeline.gate.values import Kind, Measure


def sentence(
    measure: Measure, ground: float, watch: float | None, bar: float | None, watch_score: float
) -> str:
    """Return one Chinese sentence: value, records, what it is held against, thresholds.

    `ground` is what the value's distance is taken from; `watch_score` the fraction of the watch line.
    """
    at = _off(measure, ground)
    limits = "，".join(
        f"{name}{at} {limit:g}{_unit(measure.kind)}"
        for name, limit in (("关注线", watch), ("停用线", bar))
        if limit is not None
    )
    return f"{_said(measure, watch_score)}（{measure.n:,} 条；{limits}）"


def _said(measure: Measure, watch_score: float) -> str:
    kind, value, own = measure.kind, measure.value, measure.reference
    beside = "" if own is None else f"，基准 {own:.1f}{_unit(kind, level=True)}"
    match kind:
        case Kind.SIDES_REPEAT:
            return f"左右轮重逐轴完全相同的货车占 {value:.1f}%"
        case Kind.SYMMETRY:
            return f"左侧轮重占比中位数 {value:.1f}%{beside}"
        case Kind.GROSS_MASS | Kind.FIRST_AXLE:
            same, what = ("载重状态", "总质量") if kind is Kind.GROSS_MASS else ("轴重比例", "首轴轴重")
            return f"同车型同{same}，{what}较基准偏移 {value:+.1f}%，累积达关注线的 {watch_score:.0%}"
        case Kind.TANDEM_SPACING:
            return f"驱动联轴轴距中位数 {value:.0f} mm{beside}"
        case Kind.HEAVY_SHARE:
            return f"三轴及以上货车中超过限值两倍的占 {value:.1f}%"
        case Kind.PLATE_UNREAD:
            return f"号牌未识别的占 {value:.1f}%"
        case Kind.RECORD_GAP:
            return f"最长记录中断期间通常应有 {value:.0f} 辆车"
        case Kind.CLOCK_DRIFT:
            return f"时钟偏差中位数 {value:+.1f} 秒"
    assert_never(kind)


def _off(measure: Measure, ground: float) -> str:
    """Say what the distance is taken from, where that is not zero."""
    match measure.kind:
        case Kind.SYMMETRY | Kind.TANDEM_SPACING:
            own = measure.reference is not None and ground == measure.reference
            return "偏离基准" if own else f"偏离 {ground:g}{_unit(measure.kind, level=True)} 达"
        case _:
            return ""


def _unit(kind: Kind, *, level: bool = False) -> str:
    match kind:
        case Kind.SYMMETRY:
            return "%" if level else " 个百分点"
        case Kind.TANDEM_SPACING:
            return " mm"
        case Kind.RECORD_GAP:
            return " 辆"
        case Kind.CLOCK_DRIFT:
            return " 秒"
        case _:
            return "%"
