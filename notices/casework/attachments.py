"""Files beside messages: cut into parts that go the way of every message, put together by their digest."""

import base64
import hashlib
import io
import json
from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, select, update

from models.exchange_tables import ExchangeLog
from models.files import FileStore
from models.inserts import insert_new
from models.matter_tables import Attachment
from notices.exchange import log
from notices.exchange.attached import PART_BYTES, AttachmentBody, FileFields
from notices.exchange.exchange import Exchange
from notices.exchange.kinds import Kind
from notices.exchange.refusals import Reason, RefusedError
from notices.recognition.protocol import IncidentError


def describe(contents: bytes, name: str, media_type: str) -> FileFields:
    """Return what a message says of a file.

    Raises:
        ValueError: it is too large, or of a type that is not exchanged.

    """
    digest = hashlib.sha256(contents).hexdigest()
    return FileFields.model_validate(
        {"sha256": digest, "name": name, "media_type": media_type, "size_bytes": len(contents)}
    )


def parts_of(size_bytes: int) -> int:
    """Return into how many parts a file is cut."""
    return -(-size_bytes // PART_BYTES)


def expect(
    connection: Connection,
    message: tuple[str, log.Direction, str],
    files: Iterable[FileFields],
    *,
    awaited: bool,
) -> None:
    """Note the files that a message names, and whether they are still to come."""
    partner, direction, message_id = message
    for one in files:
        row = {"partner": partner, "direction": direction, "message_id": message_id, **one.model_dump()}
        state = _state_of(connection, partner, one) if awaited else "whole"
        connection.execute(insert_new(connection, Attachment).values(row | {"state": state}))


def _state_of(connection: Connection, partner: str, one: FileFields) -> str:
    """Return how it stands with a file that a partner names; what came before does not come again."""
    if len(_received(connection, partner, one.sha256)) < parts_of(one.size_bytes):
        return "awaited"
    before = select(Attachment.state).where(Attachment.partner == partner, Attachment.sha256 == one.sha256)
    # After a restore its parts may lie in the log already, and are heard again after this message.
    return connection.scalar(before.where(Attachment.state != "awaited").limit(1)) or "awaited"


def say_parts(exchange: Exchange, connection: Connection, to: str, contents: Mapping[str, bytes]) -> None:
    """Put the parts of files into the outbox; a file that this partner got before is not said again."""
    for sha256, whole in contents.items():
        for part in range(1, parts_of(len(whole)) + 1):
            data = base64.b64encode(whole[(part - 1) * PART_BYTES : part * PART_BYTES]).decode()
            body = {"sha256": sha256, "part": part, "data": data}
            exchange.say(connection, to, Kind.ATTACHMENT, _part_id(sha256, part), body)


def take_part(
    connection: Connection, partner: str, message_id: str, body: AttachmentBody, store: FileStore
) -> None:
    """Take a part in; with the last one the file is put together and stored.

    Raises:
        RefusedError: no message has named the file yet; the part may come again.
        IncidentError: the part is none of that file.

    """
    of_file = (Attachment.partner == partner) & (Attachment.sha256 == body.sha256)
    awaited = of_file & (Attachment.state == "awaited")
    size_bytes = connection.scalar(select(Attachment.size_bytes).where(of_file).limit(1))
    if size_bytes is None:
        raise RefusedError(Reason.MALFORMED, "body.sha256: no message that was taken in awaits this file")
    _check(message_id, body, size_bytes)
    if connection.scalar(select(Attachment.sha256).where(awaited).limit(1)) is None:
        return
    ids = _received(connection, partner, body.sha256)
    if len(ids) < parts_of(size_bytes):
        return
    parts = (log.find(connection, partner, "received", _part_id(body.sha256, n + 1)) for n in range(len(ids)))
    whole = b"".join(base64.b64decode(json.loads(part.contents)["body"]["data"]) for part in parts if part)
    holds = hashlib.sha256(whole).hexdigest() == body.sha256
    if holds:
        store.put(io.BytesIO(whole))
    connection.execute(update(Attachment).where(awaited).values(state="whole" if holds else "spoiled"))


def _received(connection: Connection, partner: str, sha256: str) -> list[str]:
    """Return the ids of the parts that came; ":" is what follows the digits."""
    prefix = _part_id(sha256, 0)[:-1]
    query = select(ExchangeLog.message_id).where(
        ExchangeLog.partner == partner,
        ExchangeLog.direction == "received",
        ExchangeLog.message_id > prefix,
        ExchangeLog.message_id < prefix + ":",
    )
    return list(connection.scalars(query))


def _check(message_id: str, body: AttachmentBody, size_bytes: int) -> None:
    parts = parts_of(size_bytes)
    if message_id != _part_id(body.sha256, body.part):
        raise RefusedError(Reason.MALFORMED, f"id: expected {_part_id(body.sha256, body.part)}")
    if body.part > parts:
        raise IncidentError(f"{message_id}: a file of {size_bytes} bytes has {parts} parts")
    try:
        length = len(base64.b64decode(body.data, validate=True))
    except ValueError as error:
        raise RefusedError(Reason.MALFORMED, "body.data: expected base64") from error
    expected = PART_BYTES if body.part < parts else size_bytes - (parts - 1) * PART_BYTES
    if length != expected:
        raise IncidentError(f"{message_id}: expected {expected} bytes, got {length}")


def _part_id(sha256: str, part: int) -> str:
    return f"attachment/{sha256}/{part}"
