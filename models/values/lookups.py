"""Looking a case up in the registries: why, what came of it, what it waits for, what is doubted."""

from models.values.labelled import Labelled


class Purpose(Labelled):
    """Why a registry is asked; the value goes to the registry and into the query log."""

    CASE = "case", "案件车辆查询"
    TRAILER = "trailer", "案件挂车查询"
    NEAR_MISS = "near_miss", "疑似误读号牌核对"
    PERMIT = "permit", "超限运输通行证查询"


class WaitReason(Labelled):
    """Why an answer is missing. `may_pass` says that asking again soon may help."""

    TIMED_OUT = "timed_out", "登记系统应答超时"
    UNREACHABLE = "unreachable", "登记系统无法连接"
    SERVER_ERROR = "server_error", "登记系统内部错误"
    THROTTLED = "throttled", "登记系统限流"
    CUT_SHORT = "cut_short", "应答不完整"
    NOT_JSON = "not_json", "应答不是JSON"
    TOO_LARGE = "too_large", "应答超出大小限制"
    WRONG_SHAPE = "wrong_shape", "应答缺少字段或字段不合约定"
    UNKNOWN_CODE = "unknown_code", "应答含未知代码"
    WRONG_VEHICLE = "wrong_vehicle", "应答不是所查车辆"
    SEVERAL_VEHICLES = "several_vehicles", "同一号牌登记了不同车辆或所有人"
    REFUSED = "refused", "登记系统拒绝该查询"
    UNAUTHORISED = "unauthorised", "登记系统不接受凭据"
    CERTIFICATE = "certificate", "登记系统证书无法验证"
    REDIRECTED = "redirected", "登记系统要求转向其他地址"
    SOURCE_DOWN = "source_down", "登记系统停用，暂停查询"
    NO_SOURCE = "no_source", "该号牌没有已配置的登记系统"

    @property
    def may_pass(self) -> bool:
        """Tell whether the same question may be answered a moment later."""
        return self in {
            WaitReason.TIMED_OUT,
            WaitReason.UNREACHABLE,
            WaitReason.SERVER_ERROR,
            WaitReason.THROTTLED,
            WaitReason.CUT_SHORT,
        }


class LookupState(Labelled):
    """What came of looking a case up; all but `waiting` are settled."""

    IDENTIFIED = "identified", "已查明当事人"
    PERMITTED = "permitted", "持有有效超限运输车辆通行证"
    CONTRADICTED = "contradicted", "登记车辆与过车车辆不符"
    UNREGISTERED = "unregistered", "查无登记"
    ELSEWHERE = "elsewhere", "不经登记系统，另行查询"
    NO_PLATE = "no_plate", "没有可查询的号牌"
    WAITING = "waiting", "待查询"


class LookupDoubt(Labelled):
    """What an officer must settle about the vehicle that the registry named."""

    CLASS_DIFFERS = "class_differs", "登记车型与过车车辆不符"
    AXLES_DIFFER = "axles_differ", "登记轴数与过车轴数不符"
    WHEELBASE_DIFFERS = "wheelbase_differs", "登记轴距与实测轴距不符"
    COLOUR_DIFFERS = "colour_differs", "登记号牌颜色与识别颜色不符"
    MASS_IMPLAUSIBLE = "mass_implausible", "实测质量与登记质量相差过大"
    STATUS_NOT_NORMAL = "status_not_normal", "登记状态不正常"
    MAY_BE_MISREAD = "may_be_misread", "号牌可能误读"
    MAY_BE_CLONED = "may_be_cloned", "可能套牌"
    MAY_BE_RETROFITTED = "may_be_retrofitted", "可能改装"
    FIT_WEAK = "fit_weak", "登记资料不足以确认车辆"
    PLATE_FROM_REGISTRY = "plate_from_registry", "识别号牌与登记不符，唯一相符的近似号牌待人工确认"
    NEAR_MISSES_TIED = "near_misses_tied", "多个近似号牌均可能相符，未作更正"
    TRAILER_UNKNOWN = "trailer_unknown", "挂车未查明"
    PARTY_PARTIAL = "party_partial", "当事人资料不全"
    PERMIT_DOES_NOT_FIT = "permit_does_not_fit", "持有通行证，但不适用于本次过车"
    PERMITS_UNKNOWN = "permits_unknown", "通行证未查明"
