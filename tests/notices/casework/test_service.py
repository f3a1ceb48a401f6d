"""Service by the partner: the document goes with the request; a result of nothing begun is refused."""

import hashlib
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from case_desks import Desks
from served import Counter, state
from sqlalchemy import select

from models.matter_tables import Attachment, Matter
from models.service_tables import ServiceResult
from models.values.office import PROGRAM
from models.values.service import Channel
from notices.casework.matters import MATTERS, answer, matter_of
from notices.casework.service import ServiceByPartner
from notices.documents.kinds import DocumentKind
from notices.documents.numbers import void
from notices.exchange.kinds import BODIES, ServiceResultBody
from notices.service.carriers import Contact
from notices.service.partner import PartnerRequest
from review.pages.exchange import FIELD_NAMES

PDF = b"%PDF-1.7 invented"


def tell_served(desks: Desks, *, asked: str, reference: str, on: str) -> None:
    """Let the partner answer our request `asked`: served, of the attempt `reference`."""
    here, there = desks.pinghu.agency, desks.jinshan.agency
    body = ServiceResultBody(
        in_reply_to=f"service_request/平湖/{asked}",
        reference=reference,
        served=True,
        on=on,
        reason="",
        proof_sha256="0" * 64,
    )
    with there.database.write("test") as connection:
        matter = matter_of(connection, here.name, "received", body.in_reply_to)
        assert matter is not None
        answer(there.exchange, connection, matter, body, PROGRAM)


def test_the_partner_gets_the_document_and_the_request_once(desks: Desks) -> None:
    here, there = desks.pinghu.agency, desks.jinshan.agency
    service = ServiceByPartner(exchange=here.exchange, document=lambda _sha256: PDF)
    wanted = PartnerRequest(
        reference="ref-1",
        document_sha256=hashlib.sha256(PDF).hexdigest(),
        document_kind="violation_notice",
        case_number="a",
        due_on=date(2026, 7, 1),
    )
    for _ in range(2):
        with here.database.write("test") as connection:
            service.request(connection, wanted)
    desks.heal()
    with there.database.read() as connection:
        assert connection.scalars(select(Matter.message_id)).all() == ["service_request/平湖/ref-1"]
        assert connection.scalars(select(Attachment.state)).all() == ["whole"]
    assert desks.jinshan.received.path(wanted.document_sha256).read_bytes() == PDF
    tell_served(desks, asked="ref-1", reference="ref-2", on="2026-06-20")
    with pytest.raises(AssertionError, match="backlog"):
        desks.heal()
    assert "ref-2" in here.incidents()[0]


def test_what_became_void_meanwhile_was_not_served_though_the_partner_brought_it(
    desks: Desks, tmp_path: Path
) -> None:
    here = desks.pinghu.agency
    counter = Counter(here.database, tmp_path)
    service = ServiceByPartner(exchange=here.exchange, document=counter.desk.documents.read)
    counter.desk = replace(counter.desk, partner=service)
    case_id = counter.case("case-1", DocumentKind.DECISION)
    counter.reach(case_id, Contact(name="虚构", address="虚构区不存在路1号"))
    number = counter.document(case_id)
    reference = counter.desk.start(number, Channel.PARTNER, actor=PROGRAM)
    with here.database.write("test") as connection:
        void(connection, number, "写错")
    desks.turn_clocks(counter.desk.clock_ms() + 3_600_000)
    desks.heal()
    tell_served(desks, asked=reference, reference=reference, on=str(counter.today))
    desks.heal()
    with here.database.read() as connection:
        (told,) = connection.execute(select(ServiceResult)).all()
    assert (told.outcome, told.proof_sha256, "不计为送达" in told.reason) == ("failed", "0" * 64, True)
    assert (state(counter), here.incidents()) == ("decided", [])


def test_every_field_that_a_page_shows_has_its_name() -> None:
    fields = {name for kind in MATTERS for name in BODIES[kind].model_fields}
    assert fields - {"files"} <= FIELD_NAMES.keys()
