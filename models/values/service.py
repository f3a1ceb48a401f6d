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


class Mitigation(Labelled):
    """Why a fine is lowered below the sum that the law sets (行政处罚法 art. 32, by its items)."""

    HARM_UNDONE = "harm_undone", "主动消除或减轻危害后果"
    COERCED = "coerced", "受他人胁迫或诱骗"
    TOLD_UNKNOWN = "told_unknown", "主动供述尚未掌握的违法行为"
    HELPED = "helped", "配合查处有立功表现"
    OTHER_LAW = "other_law", "法律、法规、规章规定的其他情形"

    @property
    def article(self) -> str:
        """Return where it stands."""
        return f"《行政处罚法》第三十二条第（{'一二三四五'[list(Mitigation).index(self)]}）项"
