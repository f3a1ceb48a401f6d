"""Matters between the agencies: handed over, asked and told, answered once, with receipts of each stage."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, insert, select, update

from models import audit
from models.errors import NotDoneError
from models.inserts import insert_new
from models.matter_tables import Matter
from models.tables import Case
from models.values.office import PROGRAM, Action, Actor
from notices.casework.attachments import expect, say_parts
from notices.exchange import log
from notices.exchange.attached import WithFiles
from notices.exchange.envelope import Heard
from notices.exchange.exchange import Exchange
from notices.exchange.fields import Body
from notices.exchange.kinds import Kind, PartyAnswerBody, ReceiptBody, Stage
from notices.recognition.protocol import IncidentError

# What is answered, by the kind of its answer; what is only told has none.
ANSWERED_BY = {
    Kind.LEAD: Kind.LEAD_ANSWER,
    Kind.SERVICE_REQUEST: Kind.SERVICE_RESULT,
    Kind.ASSISTANCE: Kind.ASSISTANCE_REPLY,
    Kind.PARTY_QUERY: Kind.PARTY_ANSWER,
}
TOLD = frozenset({Kind.CIRCULAR, Kind.OFFENDER})
MATTERS = frozenset({*ANSWERED_BY, *TOLD})
ANSWERS = frozenset(ANSWERED_BY.values())
LADDER = tuple(Stage)
PERSONAL = ("name", "kind", "address")


class MatterError(NotDoneError):
    """Nothing was said; the text is for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """What is to be said: `reference` is the same however often it is said; `files` by their digest."""

    to: str
    kind: Kind
    reference: str
    body: Body
    files: Mapping[str, bytes]
    case_id: int | None = None


def say_matter(exchange: Exchange, connection: Connection, said: Outgoing, actor: Actor) -> str:
    """Put a matter into the outbox, its files behind it, and return its id; said again, it changes nothing.

    Raises:
        MatterError: a file is not the one that the body names, or the kind is no matter.

    """
    if said.kind not in MATTERS:
        raise MatterError(f"“{said.kind.label}”不是可以发起的事项")
    message_id = f"{said.kind}/{exchange.agency}/{said.reference}"
    if log.find(connection, said.to, "sent", message_id) is not None:
        return message_id
    _check_files(said.body, said.files)
    exchange.say(connection, said.to, said.kind, message_id, said.body.model_dump(mode="json"))
    now_ms = exchange.clock()
    row = _row(said.to, "sent", message_id, said.kind, said.body)
    connection.execute(
        insert(Matter).values(row | {"at": now_ms, "case_id": said.case_id, "stage": Stage.ACCEPTED.value})
    )
    expect(connection, (said.to, "sent", message_id), _files(said.body), awaited=False)
    say_parts(exchange, connection, said.to, said.files)
    detail = {"kind": said.kind.value, "to": said.to, "message": message_id} | _purpose(said.body)
    audit.append(connection, actor, Action.EXCHANGED, message_id, at_ms=now_ms, detail=detail)
    return message_id


def take_matter(exchange: Exchange, connection: Connection, heard: Heard) -> None:
    """Make a matter of a message that came in, and say that it lies with the officers."""
    envelope = heard.envelope
    row = _row(envelope.sender, "received", envelope.id, envelope.kind, heard.body)
    connection.execute(
        insert(Matter).values(row | {"at": exchange.clock(), "case_id": None, "stage": Stage.DELIVERED.value})
    )
    expect(connection, (envelope.sender, "received", envelope.id), _files(heard.body), awaited=True)
    exchange.say_stage(connection, envelope.sender, envelope.id, Stage.DELIVERED)


def answer(
    exchange: Exchange,
    connection: Connection,
    matter: Row[Any],
    body: Body,
    actor: Actor,
    files: Mapping[str, bytes] | None = None,
) -> str:
    """Answer a matter that came in; each is answered once, and the same answer again changes nothing.

    Raises:
        MatterError: no answer is due, it has another one, or a file is not the one that the body names.

    """
    kind = ANSWERED_BY.get(Kind(matter.kind))
    if kind is None or matter.direction != "received":
        raise MatterError("该事项无须答复")
    if matter.answer_id:
        raise MatterError("该事项已经答复")
    given = files or {}
    _check_files(body, given)
    if more := _untold(connection, matter, body):
        raise MatterError(f"对方没有询问：{more}")
    message_id = f"{kind}/{matter.message_id}"
    exchange.say(connection, matter.partner, kind, message_id, body.model_dump(mode="json"))
    expect(connection, (matter.partner, "received", matter.message_id), _files(body), awaited=False)
    say_parts(exchange, connection, matter.partner, given)
    now_ms = exchange.clock()
    _answered(connection, matter, message_id, _outcome(body), now_ms)
    detail = {"kind": kind.value, "to": matter.partner, "outcome": _outcome(body)}
    audit.append(connection, actor, Action.EXCHANGED, message_id, at_ms=now_ms, detail=detail)
    return message_id


def take_answer(connection: Connection, heard: Heard, now_ms: int) -> Row[Any]:
    """Note the answer to what was asked here, and return what was asked.

    Raises:
        IncidentError: nothing of that id was asked, or it was answered before.

    """
    envelope, in_reply_to = heard.envelope, heard.envelope.body["in_reply_to"]
    asked = matter_of(connection, envelope.sender, "sent", in_reply_to)
    if asked is None or ANSWERED_BY.get(Kind(asked.kind)) is not envelope.kind:
        raise IncidentError(f"{envelope.id}: an answer to what was never asked")
    if asked.answer_id:
        raise IncidentError(f"{envelope.id}: answered before with {asked.answer_id}")
    if more := _untold(connection, asked, heard.body):
        raise IncidentError(f"{envelope.id}: tells {more}, which was not asked")
    expect(connection, (envelope.sender, "sent", asked.message_id), _files(heard.body), awaited=True)
    _answered(connection, asked, envelope.id, _outcome(heard.body), now_ms)
    detail = {"kind": envelope.kind.value, "from": envelope.sender, "outcome": _outcome(heard.body)}
    audit.append(connection, PROGRAM, Action.EXCHANGED, envelope.id, at_ms=now_ms, detail=detail)
    return asked


def take_stage(connection: Connection, partner: str, receipt: ReceiptBody) -> None:
    """Note how far what was said has come at the other side; a receipt that comes late takes nothing back."""
    matter = matter_of(connection, partner, "sent", receipt.message_id)
    if matter is not None and LADDER.index(receipt.stage) > LADDER.index(Stage(matter.stage)):
        connection.execute(update(Matter).where(*_is(matter)).values(stage=receipt.stage.value))


def reached(exchange: Exchange, connection: Connection, matter: Row[Any], stage: Stage) -> None:
    """Say that what came in has come further here: opened by an officer, served on the party."""
    if matter.direction == "received" and LADDER.index(stage) > LADDER.index(Stage(matter.stage)):
        connection.execute(update(Matter).where(*_is(matter)).values(stage=stage.value))
        exchange.say_stage(connection, matter.partner, matter.message_id, stage)


def recall_matter(connection: Connection, heard: Heard) -> None:
    """Make again the matter of what was said before a restore."""
    envelope = heard.envelope
    row = _row(envelope.to, "sent", envelope.id, envelope.kind, heard.body)
    about = envelope.body.get("case") or envelope.id.removeprefix(f"{envelope.kind}/{envelope.sender}/")
    case_id = connection.scalar(select(Case.id).where(Case.number == about))
    told = {"at": envelope.said_ms, "case_id": case_id, "stage": Stage.ACCEPTED.value}
    connection.execute(insert_new(connection, Matter).values(row | told))
    expect(connection, (envelope.to, "sent", envelope.id), _files(heard.body), awaited=False)


def recall_answer(connection: Connection, heard: Heard) -> None:
    """Note again the answer that was given before a restore."""
    envelope, in_reply_to = heard.envelope, heard.envelope.body["in_reply_to"]
    asked = matter_of(connection, envelope.to, "received", in_reply_to)
    if asked is not None:
        expect(connection, (envelope.to, "received", in_reply_to), _files(heard.body), awaited=False)
        _answered(connection, asked, envelope.id, _outcome(heard.body), envelope.said_ms)


def recall_stage(connection: Connection, partner: str, receipt: ReceiptBody) -> None:
    """Note again how far what came in had come here before a restore."""
    matter = matter_of(connection, partner, "received", receipt.message_id)
    if matter is not None and LADDER.index(receipt.stage) > LADDER.index(Stage(matter.stage)):
        connection.execute(update(Matter).where(*_is(matter)).values(stage=receipt.stage.value))


def matters_query() -> Select[*tuple[Any, ...]]:
    """Return the query of matters."""
    return select(*Matter.__table__.columns)


def matter_of(
    connection: Connection, partner: str, direction: log.Direction, message_id: str
) -> Row[Any] | None:
    """Return a matter, None where there is none of that id."""
    query = matters_query().where(
        Matter.partner == partner, Matter.direction == direction, Matter.message_id == message_id
    )
    return connection.execute(query).one_or_none()


def _row(
    partner: str, direction: log.Direction, message_id: str, kind: Kind, body: Body
) -> dict[str, object]:
    told = body.model_dump(mode="json")
    subject = told.get("subject") or told.get("purpose") or told.get("case") or ""
    return {
        "partner": partner,
        "direction": direction,
        "message_id": message_id,
        "kind": kind.value,
        "plate": told.get("plate", ""),
        "subject": subject[:200],
        "due_at": told.get("answer_due_ms", told.get("due_ms")),
        "answer_id": "",
        "outcome": "",
        "answered_at": None,
    }


def _untold(connection: Connection, asked: Row[Any], body: Body) -> str:
    """Return the personal data that an answer tells and nobody asked for, "" where there are none."""
    if not isinstance(body, PartyAnswerBody):
        return ""
    entry = log.find(connection, asked.partner, asked.direction, asked.message_id)
    fields = json.loads(entry.contents)["body"]["fields"] if entry else []
    return "、".join(name for name in PERSONAL if getattr(body, name) and name not in fields)


def _files(body: Body) -> Iterable[Any]:
    return body.files if isinstance(body, WithFiles) else ()


def _check_files(body: Body, given: Mapping[str, bytes]) -> None:
    named = {one.sha256: one.size_bytes for one in _files(body)}
    sizes = {sha256: len(contents) for sha256, contents in given.items()}
    if named != sizes or any(hashlib.sha256(one).hexdigest() != sha256 for sha256, one in given.items()):
        raise MatterError("附件与所列不符")


def _purpose(body: Body) -> dict[str, object]:
    told = body.model_dump(mode="json")
    return {name: told[name] for name in ("officer", "purpose", "plate", "fields") if name in told}


def _outcome(body: Body) -> str:
    told = body.model_dump(mode="json")
    if "served" in told:
        return "served" if told["served"] else "not_served"
    return str(told["outcome"])


def _answered(connection: Connection, matter: Row[Any], answer_id: str, outcome: str, at_ms: int) -> None:
    values = {"answer_id": answer_id, "outcome": outcome, "answered_at": at_ms}
    connection.execute(update(Matter).where(*_is(matter)).values(values))


def _is(matter: Row[Any]) -> tuple[Any, ...]:
    return (
        Matter.partner == matter.partner,
        Matter.direction == matter.direction,
        Matter.message_id == matter.message_id,
    )
