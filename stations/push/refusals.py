"""Why something that a station sends is not taken, with HTTP status and word (RFC 9110, 9457)."""

from dataclasses import dataclass

from models.values.labelled import Labelled


class Reason(Labelled):
    """What is wrong; the value ends the problem's `type`."""

    NO_CREDENTIAL = "no_credential", "没有凭据"
    UNKNOWN_CREDENTIAL = "unknown_credential", "凭据不符"
    REVOKED_CREDENTIAL = "revoked_credential", "凭据已吊销"
    NO_SUCH_STATION = "no_such_station", "凭据所属检测点已不在登记之列"
    OTHER_STATION = "other_station", "不是本凭据的检测点"
    MALFORMED = "malformed", "格式不符"
    NO_SUCH_PLACE = "no_such_place", "没有这个地址"
    WRONG_METHOD = "wrong_method", "方法不符"
    WRONG_TYPE = "wrong_type", "内容类型不符"
    TOO_LARGE = "too_large", "过大"
    TOO_SLOW = "too_slow", "接收超时"
    TOO_MANY = "too_many", "过于频繁"
    QUARANTINE_FULL = "quarantine_full", "隔离区已满，须有人处理"
    BUSY = "busy", "系统繁忙"
    NOT_NOW = "not_now", "暂时无法保存"

    @property
    def status(self) -> int:
        """Return the HTTP status of the answer."""
        return _STATUS[self]

    @property
    def passes(self) -> bool:
        """Return whether the same may be taken later."""
        return self in {Reason.TOO_SLOW, Reason.TOO_MANY, Reason.QUARANTINE_FULL, Reason.BUSY, Reason.NOT_NOW}


_STATUS = {
    Reason.NO_CREDENTIAL: 401,
    Reason.UNKNOWN_CREDENTIAL: 401,
    Reason.REVOKED_CREDENTIAL: 401,
    Reason.NO_SUCH_STATION: 403,
    Reason.OTHER_STATION: 403,
    Reason.MALFORMED: 400,
    Reason.NO_SUCH_PLACE: 404,
    Reason.WRONG_METHOD: 405,
    Reason.WRONG_TYPE: 415,
    Reason.TOO_LARGE: 413,
    Reason.TOO_SLOW: 408,
    Reason.TOO_MANY: 429,
    Reason.QUARANTINE_FULL: 429,
    Reason.BUSY: 429,
    Reason.NOT_NOW: 503,
}


class RefusedError(Exception):
    """Nothing of what came is kept. `detail` is for the sender; `retry_after_s` says when to try again."""

    def __init__(self, reason: Reason, detail: str, retry_after_s: int = 0) -> None:
        """Refuse for `reason`."""
        super().__init__(f"{reason}: {detail}")
        self.reason, self.detail, self.retry_after_s = reason, detail, retry_after_s

    def problem(self) -> "Problem":
        """Return the problem document."""
        return Problem(
            type=f"urn:zhichao:problem:{self.reason}",
            title=self.reason.label,
            status=self.reason.status,
            detail=self.detail,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Problem document (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
