"""The life of a case: its states, which may follow which, and why a case may be dismissed.

A record that nobody reviewed is no evidence (行政处罚法 art. 41) and one officer is not enough (art. 42), so
nothing is filed without two reviews. A dismissal states a reason; a decision needs the partner's grant.
"""

from dataclasses import dataclass

from models.values.labelled import Labelled


class CaseState(Labelled):
    """Where a case stands; the value is the word in database, address and log."""

    FLAGGED = "flagged", "涉嫌违法"
    FIRST_REVIEW = "first_review", "初审"
    SECOND_REVIEW = "second_review", "复审"
    DISAGREED = "disagreed", "意见不一，待班长裁定"
    FILED = "filed", "已立案"
    SUMMONED = "summoned", "已告知接受处理"
    APPEARED = "appeared", "已到场接受处理"
    SUMMONS_LAPSED = "summons_lapsed", "期满未到场接受处理"
    NOTIFIED = "notified", "已送达违法行为通知书"
    STATEMENT = "statement", "陈述申辩"
    HEARING = "hearing", "听证"
    LEGAL_REVIEW = "legal_review", "法制审核"
    DECIDED = "decided", "已作出处罚决定"
    SERVED = "served", "决定书已送达"
    CLOSED = "closed", "已结案"
    DISMISSED = "dismissed", "已驳回"
    TRANSFERRED = "transferred", "已移送"
    RECOGNISED = "recognised", "对方已处罚，互认"
    SUSPENDED = "suspended", "让渡后中止"
    WITHDRAWN = "withdrawn", "已撤销"

    @property
    def allowed_next(self) -> frozenset["CaseState"]:
        """Return the states that may follow this one."""
        return _NEXT[self]

    @property
    def is_final(self) -> bool:
        """Tell whether nothing may follow."""
        return not _NEXT[self]


class RejectReason(Labelled):
    """Why a case is dismissed; new reasons may be added, none is ever taken away."""

    PLATE_UNREADABLE = "plate_unreadable", "号牌无法辨认"
    WEIGHING_DOUBTFUL = "weighing_doubtful", "称重数据异常"
    REGISTRATION_DIFFERS = "registration_differs", "车辆登记信息不符"
    PERMIT_HELD = "permit_held", "持有效超限运输车辆通行证"
    DUPLICATE = "duplicate", "重复记录或已由现场处理"
    FRAME_UNFIT = "frame_unfit", "图片不清晰、不完整或与车辆不符"
    EXEMPT = "exempt", "执行紧急任务的车辆"
    CLONED_PLATE = "cloned_plate", "号牌被盗用或套用"
    STATEMENT_UPHELD = "statement_upheld", "陈述申辩理由成立"
    NOT_MEANT = "not_meant", "不足以认定故意规避或者遮挡"


class Verdict(Labelled):
    """What a reviewer found."""

    CONFIRM = "confirm", "确认违法"
    REJECT = "reject", "驳回"


S = CaseState
_REVIEW = (S.FLAGGED, S.FIRST_REVIEW, S.SECOND_REVIEW, S.DISAGREED)
_PREPARING = (
    S.FILED,
    S.SUMMONED,
    S.APPEARED,
    S.SUMMONS_LAPSED,
    S.NOTIFIED,
    S.STATEMENT,
    S.HEARING,
    S.LEGAL_REVIEW,
)
_FORWARD: dict[CaseState, set[CaseState]] = {
    S.FLAGGED: {S.FIRST_REVIEW},
    S.FIRST_REVIEW: {S.SECOND_REVIEW, S.DISMISSED, S.TRANSFERRED},
    # Back to the first review: its officer takes the verdict back while no second one has spoken.
    S.SECOND_REVIEW: {S.FILED, S.DISAGREED, S.DISMISSED, S.TRANSFERRED, S.FIRST_REVIEW},
    S.DISAGREED: {S.FILED, S.DISMISSED, S.TRANSFERRED},
    S.FILED: {S.SUMMONED, S.NOTIFIED},
    S.SUMMONED: {S.APPEARED, S.SUMMONS_LAPSED},
    S.APPEARED: {S.NOTIFIED},
    S.SUMMONS_LAPSED: {S.NOTIFIED},
    S.NOTIFIED: {S.STATEMENT, S.HEARING, S.DISMISSED},
    S.STATEMENT: {S.HEARING, S.LEGAL_REVIEW, S.DECIDED, S.DISMISSED},
    S.HEARING: {S.LEGAL_REVIEW, S.DISMISSED},
    # Back to the notice: the legal reviewer wants facts or reasons told anew.
    S.LEGAL_REVIEW: {S.DECIDED, S.NOTIFIED, S.DISMISSED},
    S.DECIDED: {S.SERVED, S.WITHDRAWN},
    S.SERVED: {S.CLOSED, S.WITHDRAWN},
    S.CLOSED: set(),
    # A team leader may reopen what was dismissed in review: a lost case harms everyone on the bridge.
    S.DISMISSED: {S.FIRST_REVIEW},
    S.TRANSFERRED: set(),
    # Closed when the partner's fine is final, suspended again when it is annulled.
    S.RECOGNISED: {S.CLOSED, S.SUSPENDED},
    S.SUSPENDED: {*_REVIEW, *_PREPARING, S.RECOGNISED, S.WITHDRAWN, S.TRANSFERRED},
    S.WITHDRAWN: set(),
}
_ALWAYS: dict[CaseState, set[CaseState]] = {
    **{state: {S.SUSPENDED} for state in _REVIEW},
    **{state: {S.SUSPENDED, S.WITHDRAWN, S.TRANSFERRED} for state in _PREPARING},
}
_NEXT = {state: frozenset(_FORWARD[state] | _ALWAYS.get(state, set())) for state in CaseState}

IN_REVIEW = frozenset(_REVIEW)
AFTER_FILING = frozenset({*_PREPARING, S.DECIDED, S.SERVED})
BEFORE_DECISION = frozenset({*_REVIEW, *_PREPARING})
NEEDS_GRANT = frozenset({S.DECIDED, S.SERVED})
NEEDS_TWO_REVIEWS = AFTER_FILING | {S.CLOSED}
# What no case without an overload comes to: its act is the police's, or is dealt with apart.
NEEDS_WEIGHING = AFTER_FILING - {S.FILED}
NEEDS_REASON = frozenset({S.DISMISSED, S.TRANSFERRED, S.WITHDRAWN})


def transitions() -> tuple[tuple[CaseState, CaseState], ...]:
    """Return every allowed (state, next state)."""
    return tuple((state, then) for state in CaseState for then in sorted(state.allowed_next))


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What decides, beside the state, which step may come next.

    Attributes:
        resumes_to: the state a suspended case came from, None unless suspended or recognised.
        asks_summons: the place's rules ask that the owner be told to come first (浙江省公路条例 art. 40).
        asks_legal_review: a legal review must precede the decision (行政处罚法 art. 58).
        granted: the partner granted the claim, or the decision needs no grant.
        partner_final: the partner's fine for the same act is final.
        unweighed: the case rests on no overload.

    """

    state: CaseState
    resumes_to: CaseState | None = None
    asks_summons: bool = False
    asks_legal_review: bool = False
    granted: bool = False
    partner_final: bool = False
    unweighed: bool = False


def obstacle(standing: Standing, to: CaseState) -> str:
    """Return why the step may not be taken, in words for people; "" where it may."""
    state = standing.state
    resumes = state is S.SUSPENDED and to in BEFORE_DECISION
    filed = S.FILED in {state, standing.resumes_to}
    rules = (
        (to not in state.allowed_next, f"“{state.label}”之后不能转为“{to.label}”"),
        (
            standing.unweighed and to in NEEDS_WEIGHING,
            "本案没有认定超限质量，不在本系统告知、处罚；移送公安机关或者承办机构，或者撤销",
        ),
        (
            standing.unweighed and to is S.TRANSFERRED and not filed,
            "本案须经两名执法人员审核确认后才能移送",
        ),
        (resumes and to is not standing.resumes_to, "中止的案件只能恢复到中止前的环节"),
        (state is S.FILED and to is S.NOTIFIED and standing.asks_summons, "本地规则要求先告知当事人接受处理"),
        (
            state is S.STATEMENT and to is S.DECIDED and standing.asks_legal_review,
            "本案作出决定前须经法制审核",
        ),
        (to is S.DECIDED and not standing.granted, "尚未取得对方省份的互认确认"),
        (
            state is S.RECOGNISED and to is S.CLOSED and not standing.partner_final,
            "对方的处罚决定尚未生效，不能结案",
        ),
        (
            state is S.RECOGNISED and to is S.SUSPENDED and standing.partner_final,
            "对方的处罚决定已经生效，案件只能结案",
        ),
    )
    return next((text for applies, text in rules if applies), "")
