"""The people of an office: their roles, and what is kept of their acts."""

from dataclasses import dataclass

from models.values.labelled import Labelled


class Role(Labelled):
    """What somebody may do in the console; one role a person."""

    REVIEWER = "reviewer", "审核员"
    TEAM_LEADER = "team_leader", "班长"
    LEGAL_REVIEWER = "legal_reviewer", "法制审核员"
    STATION_OPERATOR = "station_operator", "站点管理员"
    AUDITOR = "auditor", "审计员"
    ADMINISTRATOR = "administrator", "系统管理员"


class Action(Labelled):
    """What the audit log tells of."""

    SIGNED_IN = "signed_in", "登录"
    SIGNED_OUT = "signed_out", "退出"
    SIGN_IN_REFUSED = "sign_in_refused", "登录被拒绝"
    SAW = "saw", "查看"
    TOOK = "took", "认领"
    GAVE_BACK = "gave_back", "放回"
    MOVED = "moved", "办理"
    CLONE_CHECKED = "clone_checked", "号牌冲突核查"
    WEIGHING = "weighing", "线索认定"
    JUDGED = "judged", "审核意见"
    CORRECTED_PLATE = "corrected_plate", "更正号牌"
    LOOKED_UP = "looked_up", "按更正号牌查询登记"
    ASKED_AGAIN = "asked_again", "再次查询登记"
    SAW_PARTY = "saw_party", "查看当事人"
    PARTNER_TOLD = "partner_told", "对方省份告知"
    EXPORTED = "exported", "导出"
    SERVICE = "service", "送达"
    EXCHANGED = "exchanged", "与对方往来"
    DEFENCE = "defence", "陈述申辩与听证"
    ARCHIVED = "archived", "过车记录归档"
    TAKEN_OUT = "taken_out", "归档记录取回"
    USER_ADDED = "user_added", "新增用户"
    USER_CHANGED = "user_changed", "变更用户"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts: an officer, or the program itself where `officer_id` is None."""

    officer_id: int | None
    name: str


PROGRAM = Actor(officer_id=None, name="zhichao")
