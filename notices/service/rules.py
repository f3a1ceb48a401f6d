"""Which channel may serve which document, which comes next, and on which day a document counts as served.

Pure. Articles read in the statutes: 行政处罚法 (2021) arts 26, 61; 民事诉讼法 (2023) arts 87-91, 95;
浙江省公路条例 art. 40; 交通运输行政执法程序规定 art. 18(三). The 60 days of an announcement, and all waiting
times, which no article sets, are defaults and marked so.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from models.values.periods import LONGER, announcement
from models.values.service import Channel
from notices.documents.kinds import DocumentKind

C = Channel
# Zhejiang art. 40: the owner may be told to come by app, SMS or post, without having agreed to it.
TOLD_WITHOUT_CONSENT = frozenset({DocumentKind.SUMMONS})
BY_HAND = frozenset({C.IN_PERSON, C.LEFT, C.ANNOUNCEMENT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """One channel: the day that counts, where that stands, and how long to wait for an outcome.

    `default` names what in it no article that was read says, "" where all is read.
    """

    day: str
    article: str
    wait_days: int
    default: str = ""


WAIT = "等候结果的天数为默认值"
_LAW, _CIVIL = "《行政处罚法》第六十一条第二款", "《民事诉讼法》"
MANNERS = {
    C.ELECTRONIC: Manner(
        day="本机关系统显示发送成功的日期，当事人证明到达日期不一致的，以其证明的日期为准",
        article=f"{_LAW}、《交通运输行政执法程序规定》第十八条第（三）项",
        wait_days=1,
        default=WAIT,
    ),
    C.SMS: Manner(
        day="短信网关回报的到达日期",
        article=f"{_LAW}、《交通运输行政执法程序规定》第十八条第（三）项",
        wait_days=3,
        default=WAIT,
    ),
    C.POST: Manner(day="回执上注明的收件日期", article=f"{_CIVIL}第九十一条", wait_days=20, default=WAIT),
    C.PARTNER: Manner(
        day="受送达人在送达回证上的签收日期",
        article=f"《行政处罚法》第二十六条、{_CIVIL}第八十八条、第九十一条",
        wait_days=20,
        default=WAIT,
    ),
    C.IN_PERSON: Manner(
        day="受送达人在送达回证上的签收日期", article=f"{_CIVIL}第八十七条、第八十八条", wait_days=0
    ),
    C.LEFT: Manner(day="留置的日期", article=f"{_CIVIL}第八十九条", wait_days=0),
    C.ANNOUNCEMENT: Manner(
        day="公告期限届满的日期",
        article=announcement().article,
        wait_days=LONGER,
        default=f"{announcement().default}（60日凭记忆，《民事诉讼法》第九十五条为30日）",
    ),
}
SUMMONS_ARTICLE = "《浙江省公路条例》第四十条第三款"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What is known of how a party can be reached.

    `consent` is the signed confirmation of electronic service; `partner` says that the party is in the
    province of a partner who serves for us.
    """

    email: bool = False
    phone: bool = False
    address: bool = False
    consent: bool = False
    partner: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A channel that failed; `refused` says that the party would not take the document."""

    channel: Channel
    refused: bool = False


def obstacle(kind: DocumentKind, channel: Channel, reach: Reach, failed: Collection[Tried]) -> str:
    """Return why the channel may not serve the document now, in words for people; "" where it may."""
    agreed = reach.consent or (channel is C.SMS and kind in TOLD_WITHOUT_CONSENT)
    refused = Tried(channel=C.IN_PERSON, refused=True) in failed
    left = _untried(kind, reach, failed) if channel is C.ANNOUNCEMENT else []
    still = "、".join(one.label for one in left)
    rules = (
        (
            channel in {C.ELECTRONIC, C.SMS} and not agreed,
            "当事人没有签订电子送达确认书（《行政处罚法》第六十一条第二款）",
        ),
        (channel is C.ELECTRONIC and not reach.email, "没有电子邮箱"),
        (channel is C.SMS and not reach.phone, "没有手机号码"),
        (channel is C.POST and not reach.address, "没有邮寄地址"),
        (channel is C.PARTNER and not reach.partner, "当事人不在协作机关所在省份，或者没有约定协助送达"),
        (channel is C.LEFT and not refused, "当事人拒收后方可留置送达（《民事诉讼法》第八十九条）"),
        (bool(left), f"尚可采用{still}，不得公告送达（《民事诉讼法》第九十五条）"),
    )
    return next((text for applies, text in rules if applies), "")


def _untried(kind: DocumentKind, reach: Reach, failed: Collection[Tried]) -> list[Channel]:
    """Return the channels that are open and have not failed; a partner tries in person too."""
    tried = {one.channel for one in failed}
    if C.PARTNER in tried:
        tried.add(C.IN_PERSON)
    order = (C.ELECTRONIC, C.SMS, C.POST, C.PARTNER, C.IN_PERSON)
    still = [one for one in order if one not in tried and not obstacle(kind, one, reach, failed)]
    refused = Tried(channel=C.IN_PERSON, refused=True) in failed
    return [*still, C.LEFT] if refused and C.LEFT not in tried else still


def next_channel(kind: DocumentKind, reach: Reach, failed: Collection[Tried]) -> Channel:
    """Return the channel to try next: what is left on refusal first, then the quickest, announcement last."""
    still = _untried(kind, reach, failed)
    if not still:
        return C.ANNOUNCEMENT
    return C.LEFT if C.LEFT in still else still[0]


def served_on(channel: Channel, day: date, announced_days: int = LONGER) -> date:
    """Return the day on which a document counts as served: `day`, for an announcement its period's last.

    The day of the announcement is not counted (民事诉讼法 art. 85), and its period is not prolonged.
    """
    if channel is C.ANNOUNCEMENT:
        return day + timedelta(days=announcement(announced_days).length)
    return day


def article_of(kind: DocumentKind, channel: Channel, *, consent: bool, announced_days: int = LONGER) -> str:
    """Return where the service stands in the law."""
    if kind in TOLD_WITHOUT_CONSENT and not consent and channel in {C.SMS, C.POST}:
        return SUMMONS_ARTICLE
    if channel is C.ANNOUNCEMENT:
        return announcement(announced_days).article
    return MANNERS[channel].article
