"""Statements and hearings: those that wait, an officer's answer, and one that came on paper."""

import re
from decimal import Decimal

from sqlalchemy import Connection, select
from starlette.responses import Response

from models.case_life import life_of
from models.defence_tables import Defence
from models.values.case_life import CaseState
from models.values.money import FEN_PER_YUAN
from models.values.service import Answer, DefenceKind, Mitigation
from models.vault import Vault
from notices.service.answers import Reply, answer_defence
from notices.service.defence import DefenceError, Filing, answerable, defences, file_defence
from notices.service.enclosed import enclose
from notices.service.enclosures import inspect
from notices.service.lowered import Lowering
from review.access import CASE_READERS, CASE_WORKERS, Page, Visit, see
from review.forms import day, line, paragraph
from review.pages.service import proofs
from review.refusals import BadInputError, NotFoundError, Refusal

KINDS = {one.value: one.label for one in DefenceKind}
ANSWERS = {one.value: one.label for one in Answer}


def show(visit: Visit) -> Response:
    """Return what parties filed, what waits first."""
    with visit.office.read() as connection:
        rows = defences(connection)
    return visit.render("defences.html", rows=rows, kinds=KINDS, answers=ANSWERS)


def answer(visit: Visit) -> Response:
    """Answer what a party filed; one that is upheld dismisses the case."""
    number = visit.path("number")
    reply = Reply(
        answer=_answer(visit.form.get("answer", "")),
        reason=paragraph(visit.form, "reason"),
        hearing_on=day(visit.form, "hearing_on"),
        place=line(visit.form, "place"),
        lowered=_lowered(visit),
    )
    with visit.office.step("console.answered") as connection:
        before = life_of(connection, number)
        receipt, at_ms = line(visit.form, "receipt", 40), visit.office.clock_ms()
        if connection.scalar(select(Defence.case_id).where(Defence.receipt == receipt)) != before.case_id:
            raise NotFoundError(f"本案没有这份陈述申辩或者听证申请：{receipt}")
        try:
            answer_defence(connection, receipt, reply, visit.officer.actor, at_ms=at_ms)
        except DefenceError as error:
            raise Refusal(str(error), 409) from error
        if before.state != CaseState.DISMISSED and life_of(connection, number).state == CaseState.DISMISSED:
            visit.office.moved(connection, before)
    return see(f"/cases/{number}#course")


def on_paper(visit: Visit) -> Response:
    """Take down what came on paper or by word of mouth, under the officer's name."""
    number, kind = visit.path("number"), visit.form.get("kind", "")
    if kind not in KINDS:
        raise BadInputError("请选择陈述申辩或者听证申请")
    filing = Filing(
        kind=DefenceKind(kind),
        text=paragraph(visit.form, "text", 4000),
        name=line(visit.form, "name", 100),
        contact=line(visit.form, "contact", 100),
    )
    given = [inspect(visit.office.inspects, one) for one in visit.files.get("files", ())]
    with visit.office.write("console.took_defence") as connection:
        life = life_of(connection, number)
        document_id = _answered_document(connection, life.case_id, filing.kind)
        actor, at_ms = visit.officer.actor, visit.office.clock_ms()
        try:
            receipt = file_defence(connection, _vault(visit), document_id, filing, actor=actor, at_ms=at_ms)
        except DefenceError as error:
            raise Refusal(str(error), 409) from error
        if given:
            enclose(connection, proofs(visit), receipt, given, actor=actor, at_ms=at_ms)
    return see(f"/cases/{number}#course")


def _vault(visit: Visit) -> Vault:
    if visit.office.vault is None:
        raise NotFoundError("没有配置保管当事人资料的密钥")
    return visit.office.vault()


def _answered_document(connection: Connection, case_id: int, kind: DefenceKind) -> int:
    """Return the latest document that the party was given and may answer so."""
    found = answerable(connection, case_id, kind)
    if found is None:
        raise NotFoundError("本案没有已发出的通知书，不能登记")
    return found


def _lowered(visit: Visit) -> Lowering | None:
    """Return the lowered fine, None where the officer gave none."""
    yuan, ground = line(visit.form, "lowered_yuan", 12), visit.form.get("ground", "")
    if not yuan:
        return None
    if ground not in set(Mitigation):
        raise BadInputError("请选择减轻罚款的依据")
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,2})?", yuan):
        raise BadInputError("罚款数额应为元，最多两位小数")
    amount_fen = int(Decimal(yuan) * FEN_PER_YUAN)
    return Lowering(amount_fen=amount_fen, ground=Mitigation(ground))


def _answer(word: str) -> Answer:
    if word not in set(Answer):
        raise BadInputError("请选择答复")
    return Answer(word)


CASE = "/cases/{number}"
PAGES = (
    Page(path="/defences", show=show, roles=CASE_READERS),
    Page(path=f"{CASE}/defence", show=answer, roles=CASE_WORKERS, method="POST"),
    Page(path=f"{CASE}/paper-defence", show=on_paper, roles=CASE_WORKERS, method="POST", uploads=True),
)
