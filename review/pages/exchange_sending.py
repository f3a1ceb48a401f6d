"""What officers send to a partner from the page: a question, a case handed over, a circular."""

from datetime import date
from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from models.case_life import life_of
from models.values.plates import PlateColour
from notices.casework.circular import circular_of
from notices.casework.desk import PartnerDesk
from notices.casework.matters import Outgoing, matter_of, say_matter
from notices.casework.service import end_of
from notices.exchange.fields import Body
from notices.exchange.kinds import AssistanceBody, Kind, LeadBody
from review.access import Page, Visit, see
from review.forms import day, line, paragraph
from review.pages.exchange import HANDLERS, desk_of, saying
from review.refusals import BadInputError

SENT = (Kind.ASSISTANCE, Kind.LEAD, Kind.CIRCULAR)
INCOMPLETE = "填写不完整：须有编号、用途、说明和答复期限；抄告只须案件编号"


def send(visit: Visit) -> Response:
    """Send a matter to a partner; the same number is sent once."""
    desk, form = desk_of(visit), visit.form
    partner, number = line(form, "partner"), line(form, "number", 80)
    kind = next((one for one in SENT if one.value == form.get("kind")), None)
    if partner not in desk.exchange.partners or kind is None:
        raise BadInputError("请选择对方机关和事项")
    if not number:
        raise BadInputError(INCOMPLETE)
    with saying(visit, "console.sent") as connection:
        message_id = f"{kind}/{desk.exchange.agency}/{number}"
        if matter_of(connection, partner, "sent", message_id) is not None:
            raise BadInputError("该事项已经发送过", 409)
        try:
            body, case_id = _body(visit, connection, kind, partner, number)
        except ValueError as error:
            raise BadInputError(INCOMPLETE) from error
        said = Outgoing(to=partner, kind=kind, reference=number, body=body, files={}, case_id=case_id)
        say_matter(desk.exchange, connection, said, visit.officer.actor)
    return see("/exchange")


def _body(
    visit: Visit, connection: Connection, kind: Kind, partner: str, number: str
) -> tuple[Body, int | None]:
    """Return what is said, and the case that it is of."""
    text = paragraph(visit.form, "text")
    if kind is Kind.ASSISTANCE:
        asked: dict[str, Any] = {"officer": visit.officer.name, "purpose": _needed(visit, "purpose")}
        return AssistanceBody(**asked, text=_needed(visit, "text"), answer_due_ms=_due_ms(visit)), None
    life = life_of(connection, number)
    colour = _colour(desk_of(visit), connection, life.case_id)
    if kind is Kind.CIRCULAR:
        return circular_of(connection, life, partner, colour, text), life.case_id
    body = LeadBody(
        subject=f"线索移送 {number}",
        plate=life.plate,
        plate_colour=colour,
        text=_needed(visit, "text"),
        answer_due_ms=_due_ms(visit),
    )
    return body, life.case_id


def _needed(visit: Visit, name: str) -> str:
    if text := paragraph(visit.form, name):
        return text
    raise BadInputError(INCOMPLETE)


def _due_ms(visit: Visit) -> int:
    due: date | None = day(visit.form, "due")
    if due is None or end_of(due) < visit.office.clock_ms():
        raise BadInputError("答复期限应为今天或者以后的日期")
    return end_of(due)


def _colour(desk: PartnerDesk, connection: Connection, case_id: int) -> PlateColour:
    act = desk.act_of(connection, case_id)
    return act.plate_colour if act else PlateColour.UNKNOWN


PAGES = (Page(path="/exchange/matters", show=send, roles=HANDLERS, method="POST"),)
