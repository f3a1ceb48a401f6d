"""No line of a log says what a partner's answer says of a person, whatever goes wrong with it."""

import json
import logging
from dataclasses import replace

import httpx
import pytest
from agencies import JINSHAN, KEYS, PINGHU, START_MS
from case_desks import CaseDesk, Desks
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from models.exchange_tables import ExchangeLog
from models.renewed import Renewed
from models.values.office import PROGRAM
from models.values.plates import PlateColour
from notices.casework.matters import Outgoing, answer, matter_of, say_matter
from notices.exchange.client import Client, Line
from notices.exchange.export import read_log
from notices.exchange.kinds import Kind, PartyAnswerBody, PartyQueryBody
from notices.exchange.partners import NotTakenError, UnreachableError
from notices.exchange.refusals import RefusedError

NAME, ADDRESS = "虚构甲乙丙", "虚构路7号"
PERSONAL = (NAME, ADDRESS, json.dumps(NAME)[1:-1], json.dumps(ADDRESS)[1:-1])
QUERY_ID, ANSWER_ID = "party_query/平湖/1", "party_answer/party_query/平湖/1"


def asked(desk: CaseDesk) -> None:
    body = PartyQueryBody(
        officer="虚构丁",
        purpose="送达违法行为通知书",
        case="1",
        plate="沪Z00009",
        plate_colour=PlateColour.YELLOW,
        fields=("name", "address"),
        answer_due_ms=START_MS,
    )
    said = Outgoing(to=JINSHAN, kind=Kind.PARTY_QUERY, reference="1", body=body, files={})
    with desk.agency.database.write("test") as connection:
        say_matter(desk.agency.exchange, connection, said, PROGRAM)


def answered(desk: CaseDesk) -> bytes:
    told = PartyAnswerBody(in_reply_to=QUERY_ID, outcome="identified", name=NAME, address=ADDRESS)
    with desk.agency.database.write("test") as connection:
        matter = matter_of(connection, PINGHU, "received", QUERY_ID)
        assert matter is not None
        answer(desk.agency.exchange, connection, matter, told, PROGRAM)
    return next(one.contents for one in desk.agency.log() if one.kind == Kind.PARTY_ANSWER).encode()


def signed(desk: CaseDesk, message_id: str, **body: object) -> bytes:
    return desk.agency.exchange.sign(
        1, to=PINGHU, kind=Kind.PARTY_ANSWER, message_id=message_id, body={"outcome": "identified"} | body
    )


def test_a_partys_answer_is_in_no_line_of_the_log(desks: Desks, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for noisy in ("faker", "hypothesis"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    here, there = desks.pinghu, desks.jinshan
    asked(here)
    desks.heal()
    contents = answered(there)
    broken = [
        contents[:-40],
        contents.replace(b"identified", b"Identified"),
        contents.replace(b'"id":', b'"ID":'),
        signed(there, "party_answer/never asked", in_reply_to="never asked", name=NAME, address=ADDRESS),
    ]
    desks.heal()
    broken.append(signed(there, ANSWER_ID, in_reply_to=QUERY_ID, name=NAME, address=ADDRESS, text="anew"))
    for one in broken:
        with pytest.raises(RefusedError) as refused:
            here.agency.inbox.accept(one)
        assert not any(word in str(refused.value) for word in PERSONAL)
    lines = [record for record in caplog.records if record.getMessage().startswith("message refused")]
    assert len(lines) == len(broken)
    assert all(record.__dict__["sha256"] for record in lines)
    logged = caplog.text + "".join(repr(record.__dict__) for record in caplog.records)
    assert "incident with 金山" in logged
    assert not any(word in logged for word in PERSONAL)


def test_what_a_partner_shows_or_replies_is_not_repeated(desks: Desks) -> None:
    personal = json.dumps({"address": ADDRESS, "name": NAME}, ensure_ascii=False).encode()
    showing = replace(desks.pinghu.agency.partners, page=lambda *_: personal)
    with pytest.raises(UnreachableError) as shown:
        list(read_log(showing, JINSHAN, 0))
    client = httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(422, content=personal)))
    line = Line(url="https://localhost", client=Renewed([], lambda: client))
    with (
        Client(KEYS[PINGHU], {JINSHAN: line}) as asking,
        pytest.raises(NotTakenError) as replied,
    ):
        asking.post(JINSHAN, b"{}")
    assert not any(word in f"{shown.value}{replied.value}" for word in PERSONAL)


def test_a_statement_that_fails_does_not_show_its_values(desks: Desks) -> None:
    row = dict.fromkeys(("partner", "direction", "message_id", "kind", "hash"), "")
    with (
        pytest.raises(IntegrityError) as failed,
        desks.pinghu.agency.database.write("test") as connection,
    ):
        connection.execute(insert(ExchangeLog).values({**row, "number": 1, "at": 0, "contents": NAME}))
    assert NAME not in str(failed.value)
