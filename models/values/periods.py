"""Statutory periods as data: length, what begins them, where they stand, and what in them is a default."""

from dataclasses import dataclass

from models.values.labelled import Labelled


class Count(Labelled):
    """What a period counts."""

    WORKING_DAYS = "working_days", "个工作日"
    DAYS = "days", "日"
    YEARS = "years", "年"


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """One period: its length, where it begins, and where it stands.

    Attributes:
        prolonged: whether it ends on the next working day where its last day is off.
        default: what in it is not stated by the article, "" where all is.
        warn_days: days after the event on which to warn.

    """

    code: str
    label: str
    begins: str
    length: int
    count: Count
    article: str
    prolonged: bool = False
    default: str = ""
    warn_days: tuple[int, ...] = ()


PROLONGED = "末日为休息日的，顺延至次一工作日（参照《民法典》第二百零三条）"
LONGER = 60
NOT_PROLONGED = "末日为休息日的，不顺延"
SUMMONS = Period(
    code="summons",
    label="接受处理",
    begins="收到通知或者公告期满",
    length=15,
    count=Count.DAYS,
    article="《浙江省公路条例》第四十条第三款",
    prolonged=True,
    default=PROLONGED,
)
SERVICE = Period(
    code="service",
    label="送达",
    begins="作出决定",
    length=7,
    count=Count.WORKING_DAYS,
    article="《行政处罚法》第六十一条第一款、第八十五条",
)
DECISION = Period(
    code="decision",
    label="作出决定",
    begins="立案",
    length=90,
    count=Count.DAYS,
    article="《行政处罚法》第六十条",
    default=NOT_PROLONGED,
    warn_days=(60, 75, 85),
)
STATEMENT = Period(
    code="statement",
    label="陈述、申辩",
    begins="收到违法行为通知书",
    length=5,
    count=Count.WORKING_DAYS,
    article="《行政处罚法》第四十四条、第四十五条",
    default="法律未规定陈述、申辩的期限，比照听证申请期限",
)
HEARING_REQUEST = Period(
    code="hearing_request",
    label="申请听证",
    begins="收到违法行为通知书",
    length=5,
    count=Count.WORKING_DAYS,
    article="《行政处罚法》第六十四条第（一）项、第八十五条",
)
HEARING_NOTICE = Period(
    code="hearing_notice",
    label="通知听证",
    begins="举行听证",
    length=7,
    count=Count.WORKING_DAYS,
    article="《行政处罚法》第六十四条第（二）项、第八十五条",
    default="通知之日与听证之日均不计入，其间满七个工作日",
)
CIRCULAR = Period(
    code="circular",
    label="抄告",
    begins="结案",
    length=7,
    count=Count.WORKING_DAYS,
    article="《超限运输车辆行驶公路管理规定》第四十四条",
)
PAYMENT = Period(
    code="payment",
    label="缴纳罚款",
    begins="收到处罚决定书",
    length=15,
    count=Count.DAYS,
    article="《行政处罚法》第六十七条第三款",
    prolonged=True,
    default=PROLONGED,
)
DEMAND = Period(
    code="demand",
    label="催告后履行",
    begins="催告书送达",
    length=10,
    count=Count.WORKING_DAYS,
    article="《行政强制法》第五十四条、第六十九条",
)
WITHDRAWAL = Period(
    code="withdrawal",
    label="撤回公开的处罚决定",
    begins="决定被变更、撤销或者确认违法、无效",
    length=3,
    count=Count.WORKING_DAYS,
    article="《行政处罚法》第四十八条第二款、第八十五条",
)
LIMITATION = Period(
    code="limitation",
    label="追究时效",
    begins="违法行为发生或者终了",
    length=2,
    count=Count.YEARS,
    article="《行政处罚法》第三十六条",
    default=NOT_PROLONGED,
)


def announcement(days: int = LONGER) -> Period:
    """Return the time after which an announcement counts as service: 60 days unless 30 are agreed.

    民事诉讼法 art. 95 has 30 days; the 60 of 交通运输行政执法程序规定 are the default, being the safer.
    """
    sources = {LONGER: "《交通运输行政执法程序规定》", 30: "《民事诉讼法》第九十五条"}
    if days not in sources:
        message = f"announcement: expected 60 or 30 days, got {days}"
        raise ValueError(message)
    return Period(
        code="announcement",
        label="公告送达",
        begins="发出公告",
        length=days,
        count=Count.DAYS,
        article=sources[days],
        default="公告期限采用60日；届满即视为送达，不顺延" if days == LONGER else NOT_PROLONGED,
    )


PERIODS = (
    SUMMONS,
    SERVICE,
    DECISION,
    STATEMENT,
    HEARING_REQUEST,
    HEARING_NOTICE,
    CIRCULAR,
    PAYMENT,
    DEMAND,
    WITHDRAWAL,
    LIMITATION,
)
