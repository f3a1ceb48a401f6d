"""Why something that came in is refused, each with its HTTP status (RFC 9110) and its word (RFC 9457)."""

from models.values.labelled import Labelled


class Reason(Labelled):
    """What is wrong with a message or its hop; the value ends the problem's `type`."""

    UNSIGNED = "unsigned", "未签名或签名不符"
    NOT_FOR_US = "not_for_us", "收件机关不是本机关"
    MALFORMED = "malformed", "格式不符"
    UNKNOWN_KIND = "unknown_kind", "不认识的种类或版本"
    FUTURE = "future", "时间在将来"
    TOO_LARGE = "too_large", "过大"
    TOO_SLOW = "too_slow", "接收超时"
    STALE = "stale", "对方恢复备份之前的消息"
    INCIDENT = "incident", "自相矛盾，已留证"
    FROZEN = "frozen", "暂停收发，稍后再试"
    BUNDLE = "bundle", "离线包不符"

    @property
    def status(self) -> int:
        """Return the HTTP status of the answer."""
        return _STATUS.get(self, 422)


_STATUS = {
    Reason.UNSIGNED: 401,
    Reason.TOO_SLOW: 408,
    Reason.INCIDENT: 409,
    Reason.STALE: 409,
    Reason.TOO_LARGE: 413,
    Reason.FROZEN: 503,
}


class RefusedError(ValueError):
    """What came in is not taken; nothing was changed. `detail` is for the sender and says no secrets."""

    def __init__(self, reason: Reason, detail: str) -> None:
        """Refuse for `reason`."""
        super().__init__(f"{reason}: {detail}")
        self.reason, self.detail = reason, detail

    def problem(self) -> dict[str, object]:
        """Return the problem document."""
        return {
            "type": f"urn:zhichao:problem:{self.reason}",
            "title": self.reason.label,
            "status": self.reason.status,
            "detail": self.detail,
        }
