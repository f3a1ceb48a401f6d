"""What passes between the agencies beside the claims: handed over, asked, told, answered, with receipts."""

import base64
import dataclasses
from typing import Any

import pytest
from agencies import JINSHAN, PINGHU
from case_desks import DAY_MS, Desks
from office import PASSED_AT_MS
from sqlalchemy import Row, select

from models.matter_tables import Attachment, Matter
from models.office_tables import AuditEntry
from models.values.office import PROGRAM
from models.values.plates import PlateColour
from notices.casework import matters
from notices.casework.attachments import describe
from notices.casework.matters import MatterError, Outgoing, answer, reached, say_matter
from notices.exchange.attached import PART_BYTES, AttachmentBody
from notices.exchange.fields import Body
from notices.exchange.kinds import (
    AnswerBody,
    AnswerOutcome,
    AssistanceBody,
    Kind,
    LeadBody,
    PartyAnswerBody,
    PartyQueryBody,
    RecordBody,
    Stage,
)
from notices.exchange.refusals import RefusedError

PHOTOGRAPH = b"\xff\xd8" + bytes(range(256)) * 300  # three parts
DUE_MS = PASSED_AT_MS + 20 * DAY_MS


def lead(**changes: Any) -> LeadBody:  # noqa: ANN401 (fields of the body)
    fields: dict[str, Any] = {
        "subject": "虚构线索",
        "plate": "沪Z00009",
        "plate_colour": PlateColour.YELLOW,
        "text": "虚构",
        "answer_due_ms": DUE_MS,
        "files": (describe(PHOTOGRAPH, "车头.jpg", "image/jpeg"),),
    }
    return LeadBody(**fields | changes)


def said(kind: Kind, body: Body, reference: str = "1", **files: bytes) -> Outgoing:
    return Outgoing(to=JINSHAN, kind=kind, reference=reference, body=body, files=files)


def say(desks: Desks, one: Outgoing) -> str:
    with desks.pinghu.agency.database.write("test") as connection:
        return say_matter(desks.pinghu.agency.exchange, connection, one, PROGRAM)


def matter(desks: Desks, name: str, message_id: str) -> Row[Any]:
    agency = desks.pair[name]
    direction = "sent" if name == PINGHU else "received"
    with agency.database.read() as connection:
        found = matters.matter_of(connection, agency.partner, direction, message_id)
    assert found is not None
    return found


def handed_over(desks: Desks) -> str:
    body = lead()
    return say(desks, said(Kind.LEAD, body, **{body.files[0].sha256: PHOTOGRAPH}))


def answered(desks: Desks, message_id: str, body: Body, **files: bytes) -> None:
    agency = desks.jinshan.agency
    with agency.database.write("test") as connection:
        answer(agency.exchange, connection, matter(desks, JINSHAN, message_id), body, PROGRAM, files)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_lead_with_its_evidence_is_opened_and_answered(desks: Desks) -> None:
    message_id = handed_over(desks)
    assert handed_over(desks) == message_id
    desks.heal()
    there = matter(desks, JINSHAN, message_id)
    assert (there.kind, there.plate, there.due_at, there.stage) == ("lead", "沪Z00009", DUE_MS, "delivered")
    file = lead().files[0]
    assert desks.jinshan.received.path(file.sha256).read_bytes() == PHOTOGRAPH
    with desks.jinshan.agency.database.write("test") as connection:
        assert connection.scalars(select(Attachment.state)).all() == ["whole"]
        reached(desks.jinshan.agency.exchange, connection, there, Stage.OPENED)
        reached(desks.jinshan.agency.exchange, connection, there, Stage.OPENED)
    desks.heal()
    assert matter(desks, PINGHU, message_id).stage == "opened"
    reply = AnswerBody(in_reply_to=message_id, outcome=AnswerOutcome.FILED, text="虚构")
    answered(desks, message_id, reply)
    with pytest.raises(MatterError, match="已经答复"):
        answered(desks, message_id, reply)
    desks.heal()
    here = matter(desks, PINGHU, message_id)
    assert (here.outcome, here.answer_id) == ("filed", f"lead_answer/{message_id}")
    desks.pair.same_messages()


def test_parts_in_any_order_and_twice_make_the_file_once(desks: Desks) -> None:
    handed_over(desks)
    sent = [one.contents.encode() for one in desks.pinghu.agency.log()]
    assert len(sent) == 4
    inbox = desks.jinshan.agency.inbox
    # No message names the file yet, so a part is put off.
    with pytest.raises(RefusedError, match="no message"):
        inbox.accept(sent[3])
    for contents in (sent[0], sent[3], sent[1], sent[3], sent[2]):
        inbox.accept(contents)
    assert desks.jinshan.received.path(lead().files[0].sha256).read_bytes() == PHOTOGRAPH


def test_the_same_file_named_again_does_not_come_again(desks: Desks) -> None:
    handed_over(desks)
    desks.heal()
    body = lead(subject="另一线索")
    say(desks, said(Kind.LEAD, body, "2", **{body.files[0].sha256: PHOTOGRAPH}))
    desks.heal()
    with desks.jinshan.agency.database.read() as connection:
        assert connection.scalars(select(Attachment.state)).all() == ["whole", "whole"]
    assert sum(one.kind == "attachment" for one in desks.jinshan.agency.log()) == 3


def test_a_file_that_is_not_what_was_named_is_spoiled(desks: Desks) -> None:
    other = PHOTOGRAPH[:-1] + b"x"
    one = describe(PHOTOGRAPH, "a.jpg", "image/jpeg")
    exchange = desks.pinghu.agency.exchange
    with desks.pinghu.agency.database.write("test") as connection:
        exchange.say(
            connection, JINSHAN, Kind.LEAD, "lead/平湖/1", lead(files=(one,)).model_dump(mode="json")
        )
        for part in range(3):
            data = base64.b64encode(other[part * PART_BYTES : (part + 1) * PART_BYTES]).decode()
            body = AttachmentBody(sha256=one.sha256, part=part + 1, data=data).model_dump()
            exchange.say(connection, JINSHAN, Kind.ATTACHMENT, f"attachment/{one.sha256}/{part + 1}", body)
    desks.heal()
    with desks.jinshan.agency.database.read() as connection:
        assert connection.scalars(select(Attachment.state)).all() == ["spoiled"]
    assert not desks.jinshan.received.path(one.sha256).exists()


@pytest.mark.parametrize(
    ("part", "data", "message_id", "reason"),
    [
        (9, b"x", "attachment/{}/9", "parts"),
        (1, b"x", "attachment/{}/1", "expected 32766 bytes"),
        (1, b"x" * PART_BYTES, "attachment/{}/2", "id: expected"),
    ],
)
def test_a_part_that_is_none_of_its_file_is_refused(
    desks: Desks, part: int, data: bytes, message_id: str, reason: str
) -> None:
    one = lead().files[0]
    exchange = desks.pinghu.agency.exchange
    with desks.pinghu.agency.database.write("test") as connection:
        exchange.say(connection, JINSHAN, Kind.LEAD, "lead/平湖/1", lead().model_dump(mode="json"))
        body = {"sha256": one.sha256, "part": part, "data": base64.b64encode(data).decode()}
        exchange.say(connection, JINSHAN, Kind.ATTACHMENT, message_id.format(one.sha256), body)
    sent = [entry.contents.encode() for entry in desks.pinghu.agency.log()]
    desks.jinshan.agency.inbox.accept(sent[0])
    with pytest.raises(RefusedError, match=reason):
        desks.jinshan.agency.inbox.accept(sent[1])
    with desks.jinshan.agency.database.read() as connection:
        assert connection.scalars(select(Attachment.state)).all() == ["awaited"]


@pytest.mark.parametrize(
    "changes",
    [
        {"files": (describe(PHOTOGRAPH, "a.jpg", "image/jpeg"),) * 2},
        {"answer_due_ms": 2**53 - 1},
        {"plate": ""},
        {"subject": "x\x00"},
        {"text": "x" * 4001},
    ],
)
def test_a_body_beyond_its_bounds_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        lead(**changes)


@pytest.mark.parametrize("name", ["../a.jpg", "a\\b.jpg", "", "x" * 121])
def test_a_file_name_with_tricks_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="validation error"):
        describe(PHOTOGRAPH, name, "image/jpeg")
    with pytest.raises(ValueError, match="validation error"):
        describe(PHOTOGRAPH, "a.exe", "application/x-msdownload")
    with pytest.raises(ValueError, match="less than or equal"):
        describe(bytes((8 << 20) + 1), "a.jpg", "image/jpeg")


def test_an_answer_to_what_was_never_asked_is_an_incident(desks: Desks) -> None:
    body = AnswerBody(in_reply_to="lead/平湖/9", outcome=AnswerOutcome.DONE, text="")
    with desks.jinshan.agency.database.write("test") as connection:
        desks.jinshan.agency.exchange.say(
            connection, PINGHU, Kind.LEAD_ANSWER, "lead_answer/lead/平湖/9", body.model_dump(mode="json")
        )
    (entry,) = desks.jinshan.agency.log()
    with pytest.raises(RefusedError, match="never asked"):
        desks.pinghu.agency.inbox.accept(entry.contents.encode())
    assert len(desks.pinghu.agency.incidents()) == 1
    with desks.pinghu.agency.database.read() as connection:
        assert connection.scalars(select(Matter.kind)).all() == []


def test_files_that_are_not_the_named_ones_are_not_sent(desks: Desks) -> None:
    with pytest.raises(MatterError, match="附件"):
        say(desks, said(Kind.LEAD, lead()))
    with pytest.raises(MatterError, match="附件"):
        say(desks, said(Kind.LEAD, lead(), **{lead().files[0].sha256: PHOTOGRAPH[:-1] + b"x"}))
    assert desks.pinghu.agency.waiting() == 0


def query() -> PartyQueryBody:
    return PartyQueryBody(
        officer="虚构甲",
        purpose="送达违法行为通知书",
        case="a",
        plate="沪Z00009",
        plate_colour=PlateColour.YELLOW,
        fields=("name",),
        answer_due_ms=DUE_MS,
    )


def test_a_party_query_tells_no_more_than_was_asked_and_is_logged(desks: Desks) -> None:
    message_id = say(desks, said(Kind.PARTY_QUERY, query()))
    desks.heal()
    too_much = PartyAnswerBody(
        in_reply_to=message_id, outcome="identified", name="虚构物流", address="虚构路1号"
    )
    with pytest.raises(MatterError, match="address"):
        answered(desks, message_id, too_much)
    answered(desks, message_id, too_much.model_copy(update={"address": ""}))
    desks.heal()
    assert matter(desks, PINGHU, message_id).outcome == "identified"
    with desks.pinghu.agency.database.read() as connection:
        detail = connection.scalar(select(AuditEntry.detail).where(AuditEntry.subject == message_id))
    assert detail is not None
    assert "送达违法行为通知书" in detail
    assert "虚构甲" in detail


def test_a_partner_that_tells_more_than_was_asked_is_refused(desks: Desks) -> None:
    message_id = say(desks, said(Kind.PARTY_QUERY, query()))
    desks.heal()
    body = PartyAnswerBody(in_reply_to=message_id, outcome="identified", address="虚构路1号")
    with desks.jinshan.agency.database.write("test") as connection:
        desks.jinshan.agency.exchange.say(
            connection, PINGHU, Kind.PARTY_ANSWER, f"party_answer/{message_id}", body.model_dump(mode="json")
        )
    said_there = desks.jinshan.agency.log()[-1]
    with pytest.raises(RefusedError, match="not asked"):
        desks.pinghu.agency.inbox.accept(said_there.contents.encode())
    assert matter(desks, PINGHU, message_id).answer_id == ""


def test_circulars_are_told_and_questions_answered(desks: Desks) -> None:
    record = RecordBody(
        plate="沪Z00009",
        plate_colour=PlateColour.YELLOW,
        case="a",
        decision="虚构罚1号",
        closed_ms=PASSED_AT_MS,
        text="",
    )
    question = AssistanceBody(officer="虚构甲", purpose="核实装载源头", text="虚构", answer_due_ms=DUE_MS)
    circular = say(desks, said(Kind.CIRCULAR, record))
    asked = say(desks, said(Kind.ASSISTANCE, question))
    desks.heal()
    with pytest.raises(MatterError, match="无须答复"):
        answered(desks, circular, AnswerBody(in_reply_to=circular, outcome=AnswerOutcome.DONE, text=""))
    proof = describe(PHOTOGRAPH, "磅单.jpg", "image/jpeg")
    reply = AnswerBody(in_reply_to=asked, outcome=AnswerOutcome.DONE, text="虚构", files=(proof,))
    answered(desks, asked, reply, **{proof.sha256: PHOTOGRAPH})
    desks.heal()
    assert matter(desks, PINGHU, asked).outcome == "done"
    assert desks.pinghu.received.path(proof.sha256).read_bytes() == PHOTOGRAPH
    with pytest.raises(MatterError, match="不是可以发起"):
        say(desks, dataclasses.replace(said(Kind.ASSISTANCE, question, "2"), kind=Kind.LEAD_ANSWER))
