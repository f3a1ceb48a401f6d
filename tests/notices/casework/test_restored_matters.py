"""What was asked, told and answered comes back with the log after a restore."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from agencies import JINSHAN, PINGHU
from case_desks import Desks
from sqlalchemy import Connection, delete, insert, select

from models import audit
from models.case_life import life_of
from models.errors import NotDoneError
from models.matter_tables import Attachment, Matter
from models.office_tables import AuditEntry
from models.tables import Lease
from models.values.office import PROGRAM, Action
from models.values.plates import PlateColour
from notices.casework.attachments import describe
from notices.casework.matters import Outgoing, answer, matter_of, reached, say_matter
from notices.exchange.envelope import Heard
from notices.exchange.kinds import AnswerBody, AnswerOutcome, Kind, LeadBody, Stage
from notices.exchange.resync import LOST, freeze, resync

PAGE = b"%PDF-1.7 invented"
LEAD_ID = "lead/平湖/1"


def copy(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as one, closing(sqlite3.connect(target)) as other:
        one.backup(other)


def lead(desks: Desks) -> None:
    file = describe(PAGE, "虚构.pdf", "application/pdf")
    body = LeadBody(
        subject="虚构线索",
        plate="沪Z00009",
        plate_colour=PlateColour.YELLOW,
        text="虚构",
        answer_due_ms=1_790_000_000_000,
        files=(file,),
    )
    said = Outgoing(to=JINSHAN, kind=Kind.LEAD, reference="1", body=body, files={file.sha256: PAGE})
    with desks.pinghu.agency.database.write("test") as connection:
        say_matter(desks.pinghu.agency.exchange, connection, said, PROGRAM)
    desks.heal()


def opened_and_answered(desks: Desks) -> None:
    agency = desks.jinshan.agency
    with agency.database.write("test") as connection:
        asked = matter_of(connection, PINGHU, "received", LEAD_ID)
        assert asked is not None
        reached(agency.exchange, connection, asked, Stage.OPENED)
        body = AnswerBody(in_reply_to=LEAD_ID, outcome=AnswerOutcome.FINED, text="虚构")
        answer(agency.exchange, connection, asked, body, PROGRAM)
    desks.heal()


def matters(desks: Desks, name: str) -> list[tuple[Any, ...]]:
    """Return all that is kept of matters and files, but for when it came in."""
    kept = [column for column in Matter.__table__.columns if column.name not in {"at", "answered_at"}]
    with desks.pair[name].database.read() as connection:
        found = connection.execute(select(*kept)).all()
        files = connection.execute(select(Attachment.sha256, Attachment.state)).all()
    return [*map(tuple, found), *map(tuple, files)]


@pytest.mark.parametrize("name", [PINGHU, JINSHAN])
@pytest.mark.parametrize("asked_before", [False, True])
def test_a_lead_and_its_answer_come_back(
    desks: Desks, tmp_path: Path, name: str, *, asked_before: bool
) -> None:
    database = tmp_path / f"agency-{1 if name == PINGHU else 2}.sqlite"
    if asked_before:
        lead(desks)
    copy(database, tmp_path / "backup.sqlite")
    if not asked_before:
        lead(desks)
    opened_and_answered(desks)
    before = matters(desks, name)
    copy(tmp_path / "backup.sqlite", database)
    freeze(desks.pair[name].exchange)
    desks.heal()
    assert matters(desks, name) == before
    desks.pair.same_messages()


def is_lost(_connection: Connection) -> None:
    raise ValueError("nothing of it is left")


def is_refused(connection: Connection) -> None:
    life_of(connection, "no such case")


def is_not_done(_connection: Connection) -> None:
    raise NotDoneError("not with what there is")


def is_there_already(connection: Connection) -> None:
    lease = {"name": "twice", "holder": "虚构", "until": 0}
    connection.execute(insert(Lease).values([lease, lease]))


def is_only_appended(connection: Connection) -> None:
    audit.append(connection, PROGRAM, Action.SAW, "x", at_ms=0)
    connection.execute(delete(AuditEntry))


# What is only appended is refused by a trigger, of another kind in each database.
FAILURES = [
    *(("sqlite", fails) for fails in (is_lost, is_refused, is_not_done, is_there_already, is_only_appended)),
    ("postgresql", is_only_appended),
]


@pytest.mark.parametrize(("kind", "fails"), FAILURES)
def test_what_can_not_be_followed_again_holds_up_nothing_else(
    desks: Desks, fails: Callable[[Connection], None]
) -> None:
    agency = desks.pinghu.agency
    backup = agency.backup()
    lead(desks)
    opened_and_answered(desks)
    agency.restore(backup)

    def follow(connection: Connection, _heard: Heard) -> None:
        fails(connection)

    agency.exchange = replace(agency.exchange, on_recalled=follow)
    resync(agency.exchange, agency.partners)
    desks.heal()
    assert not agency.is_frozen
    assert [one.split(":")[0] for one in agency.incidents()].count(LOST) > 1
