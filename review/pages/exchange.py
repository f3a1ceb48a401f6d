"""The other agencies: how they stand, claims that wait, what is to be answered, incidents, rulings."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Row
from starlette.responses import FileResponse, Response

from models.values.case_life import CaseState
from models.values.office import Role
from notices.casework.claims import without_case
from notices.casework.desk import PartnerDesk
from notices.casework.matters import ANSWERED_BY, answer, matter_of, reached
from notices.casework.rulings import say_ruling
from notices.exchange import log
from notices.exchange.kinds import AnswerBody, AnswerOutcome, Kind, RulingBody, Stage
from notices.exchange.refusals import RefusedError
from notices.recognition.docket import Standing
from review import partners
from review.access import CASE_READERS, CASE_WORKERS, Page, Visit, see
from review.forms import line, paragraph
from review.pages.queue import today
from review.refusals import BadInputError, NotFoundError

HANDLERS = frozenset({Role.REVIEWER, Role.TEAM_LEADER})
LEADERS = frozenset({Role.TEAM_LEADER})
FIELD_NAMES = {
    "subject": "事由",
    "officer": "提出人",
    "purpose": "用途",
    "case": "案件编号",
    "plate": "号牌",
    "plate_colour": "号牌颜色",
    "fields": "询问内容",
    "decision": "处罚决定",
    "closed_ms": "结案时间",
    "reference": "送达编号",
    "document_kind": "文书",
    "document_sha256": "文书SHA-256",
    "due_ms": "期限",
    "answer_due_ms": "答复期限",
    "text": "说明",
}
LABELS: dict[str, Any] = {
    "field_names": FIELD_NAMES,
    "states_by_word": {state.value: state.label for state in CaseState},
    "matter_kinds": {kind.value: kind.label for kind in Kind},
    "stages": {stage.value: stage.label for stage in Stage},
    "claim_standings": {standing.value: standing.label for standing in Standing},
    "outcomes": {one.value: one.label for one in AnswerOutcome},
    # Service and parties have outcomes of their own.
    "other_outcomes": {
        "served": "已送达",
        "not_served": "未能送达",
        "identified": "已查明",
        "unknown": "未查明",
        "refused": "不予受理",
    },
}
# What a plain text answers; service and parties are answered where their facts are kept.
PLAIN = frozenset({Kind.LEAD, Kind.ASSISTANCE})


def desk_of(visit: Visit) -> PartnerDesk:
    """Return the desk that speaks with the partners."""
    if visit.office.partners is None:
        raise BadInputError("没有配置对方机关")
    return visit.office.partners


def show(visit: Visit) -> Response:
    """Return how it stands with the partners."""
    desk = visit.office.partners
    if desk is None:
        return visit.render("exchange.html", states=None)
    with visit.office.read() as connection:
        total, answered = partners.answered_share(connection)
        return visit.render(
            "exchange.html",
            states=partners.partner_states(connection, desk),
            frozen=partners.frozen(connection),
            claims=partners.open_claims(connection),
            forgotten=without_case(connection),
            matters=partners.open_matters(connection),
            latest=partners.latest_matters(connection),
            leads=total,
            answered=answered,
            incidents=partners.incidents(connection),
            rulings=partners.rulings(connection),
            rules=visit.officer.role in LEADERS,
            sends=visit.officer.role in HANDLERS,
            now_ms=visit.office.clock_ms(),
            today=today(visit),
            **LABELS,
        )


def show_matter(visit: Visit) -> Response:
    """Return one matter; an officer who opens what came in gives the partner the receipt of it."""
    if not visit.asked("id"):
        return see("/exchange")
    with visit.office.step("console.opened_matter") as connection:
        matter = _matter(visit, connection)
        if visit.officer.role in CASE_WORKERS and not partners.frozen(connection):
            reached(desk_of(visit).exchange, connection, matter, Stage.OPENED)
        kind = Kind(matter.kind)
        reply: log.Direction = "sent" if matter.direction == "received" else "received"
        return visit.render(
            "matter.html",
            matter=_matter(visit, connection),
            body=partners.said(connection, matter.partner, matter.direction, matter.message_id),
            reply=partners.said(connection, matter.partner, reply, matter.answer_id),
            files=partners.attachments(connection, matter),
            answers=matter.direction == "received"
            and not matter.answer_id
            and kind in PLAIN
            and visit.officer.role in HANDLERS,
            is_answered=kind in ANSWERED_BY,
            now_ms=visit.office.clock_ms(),
            **LABELS,
        )


def give_answer(visit: Visit) -> Response:
    """Answer a lead or a question."""
    outcome, text = visit.form.get("outcome", ""), paragraph(visit.form, "text")
    if outcome not in set(AnswerOutcome):
        raise BadInputError("请选择办理结果")
    desk = desk_of(visit)
    with saying(visit, "console.answered") as connection:
        matter = _matter(visit, connection, visit.form)
        if Kind(matter.kind) not in PLAIN:
            raise BadInputError("此类事项不在这里答复")
        body = AnswerBody(in_reply_to=matter.message_id, outcome=AnswerOutcome(outcome), text=text)
        answer(desk.exchange, connection, matter, body, visit.officer.actor)
    return see("/exchange")


def rule(visit: Visit) -> Response:
    """Say a ruling for this side."""
    desk = desk_of(visit)
    partner = line(visit.form, "partner")
    if partner not in desk.exchange.partners:
        raise BadInputError("请选择对方机关")
    try:
        body = RulingBody.model_validate(
            {
                "ruling": line(visit.form, "ruling"),
                "by": line(visit.form, "by"),
                "prevailing_claim": line(visit.form, "prevailing"),
                "yielding_claims": paragraph(visit.form, "yielding").split(),
                "document_sha256": line(visit.form, "sha256").lower(),
            }
        )
    except ValueError as error:
        raise BadInputError("裁定填写不完整：须有文号、双方互认申请编号和文件的SHA-256") from error
    with saying(visit, "console.ruled") as connection:
        say_ruling(desk.exchange, connection, partner, body, visit.officer.actor)
    return see("/exchange")


def show_file(visit: Visit) -> Response:
    """Return a file that a partner sent."""
    sha256 = visit.asked("sha256")
    if not sha256:
        return see("/exchange")
    desk = desk_of(visit)
    with visit.office.read() as connection:
        found = partners.received_file(connection, sha256)
    if found is None:
        raise NotFoundError("没有这个附件")
    try:
        desk.received.read(sha256)
    except OSError as error:
        raise NotFoundError("附件已不在存储中，或者与登记的摘要不符，请告知系统管理员", 410) from error
    return FileResponse(desk.received.path(sha256), media_type=found.media_type, filename=found.name)


def refunded(visit: Visit) -> Response:
    """Give an act free whose fine was taken back, once its money is back."""
    number = visit.path("number")
    with saying(visit, "console.refunded") as connection:
        desk_of(visit).refunded(connection, number, visit.officer.actor)
    return see(f"/cases/{number}")


@contextmanager
def saying(visit: Visit, edge: str) -> Iterator[Connection]:
    """Give a connection for what says something to a partner, which it can't while the exchange is frozen."""
    try:
        with visit.office.step(edge) as connection:
            yield connection
    except RefusedError as error:
        raise BadInputError("与对方的交换暂停中（备份恢复），请稍后再试", 409) from error


def _matter(visit: Visit, connection: Connection, form: dict[str, str] | None = None) -> Row[Any]:
    def asked(name: str) -> str:
        return visit.asked(name) if form is None else line(form, name, 300)

    direction: log.Direction = "sent" if asked("direction") == "sent" else "received"
    found = matter_of(connection, asked("partner"), direction, asked("id"))
    if found is None:
        raise NotFoundError("没有这个事项")
    return found


PAGES = (
    Page(path="/exchange", show=show, roles=CASE_READERS),
    Page(path="/exchange/matter", show=show_matter, roles=CASE_READERS),
    Page(path="/exchange/file", show=show_file, roles=CASE_READERS),
    Page(path="/exchange/answer", show=give_answer, roles=HANDLERS, method="POST"),
    Page(path="/exchange/rulings", show=rule, roles=LEADERS, method="POST"),
    Page(path="/cases/{number}/refunded", show=refunded, roles=LEADERS, method="POST"),
)
