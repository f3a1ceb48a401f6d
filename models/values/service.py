"""Service of documents: channels, what came of an attempt, and what a party may file in answer."""

from models.values.labelled import Labelled


class Channel(Labelled):
    """A way by which a document reaches a party."""

    ELECTRONIC = "electronic", "电子送达"
    SMS = "sms", "短信"
    POST = "post", "邮寄送达"
    PARTNER = "partner", "委托送达"
    IN_PERSON = "in_person", "直接送达"
    LEFT = "left", "留置送达"
    ANNOUNCEMENT = "announcement", "公告送达"


class Outcome(Labelled):
    """What came of an attempt; an attempt ends once, delivered or failed."""

    SENT = "sent", "已发出"
    DELIVERED = "delivered", "已送达"
    FAILED = "failed", "未送达"


class DefenceKind(Labelled):
    """What a party files against a notice (行政处罚法 arts 45, 63)."""

    STATEMENT = "statement", "陈述申辩"
    HEARING = "hearing", "听证申请"


class Answer(Labelled):
    """What the agency answers; all but a hearing that is fixed settle the matter."""

    UPHELD = "upheld", "理由成立，予以采纳"
    PARTLY = "partly", "部分采纳"
    NOT_UPHELD = "not_upheld", "经复核不予采纳"
    HEARING_FIXED = "hearing_fixed", "同意听证，已确定时间地点"
    HEARING_HELD = "hearing_held", "听证已举行"
    HEARING_REFUSED = "hearing_refused", "不予听证"
    TAKEN_BACK = "taken_back", "当事人撤回"

    @property
    def settles(self) -> bool:
        """Tell whether nothing is owed to the party any more."""
        return self is not Answer.HEARING_FIXED
