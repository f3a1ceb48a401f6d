"""What comes in: checked, kept with its receipt and what follows from it in one transaction, or refused."""

import hashlib
import json
import logging

from sqlalchemy import Connection, select, update

from models.exchange_tables import ExchangeIncident, ExchangeLog, ExchangePartner, TheirClaimRow
from models.inserts import insert_new
from notices.exchange import dockets, log, outbox
from notices.exchange.envelope import Envelope, Heard, hear
from notices.exchange.exchange import Exchange, receipt_body, receipt_id
from notices.exchange.kinds import (
    ClaimBody,
    FinedBody,
    Kind,
    ReceiptBody,
    RestoredBody,
    Stage,
)
from notices.exchange.refusals import Reason, RefusedError
from notices.exchange.wire import message_of
from notices.recognition.protocol import IncidentError
from notices.recognition.same_act import UnknownPolicyError

LOGGER = logging.getLogger(__name__)


class Inbox:
    """The way in, the same for a message by network and for one by file."""

    def __init__(self, exchange: Exchange) -> None:
        """Take in for `exchange`."""
        self.exchange = exchange

    def accept(self, contents: bytes, *, by: str = "") -> bytes | None:
        """Take a message in and return the signed receipt; a receipt of acceptance has none.

        A message that came before gets, byte for byte, the receipt that it got then. `by` is the agency
        that signed the hop, "" where there is none.

        Raises:
            RefusedError: the message is not taken, and nothing but an incident was kept.

        """
        try:
            return self._accept(contents, by)
        except RefusedError as refused:
            LOGGER.warning("refused: %s, %d bytes from %s", refused, len(contents), by or "nobody known")
            raise

    def _accept(self, contents: bytes, by: str) -> bytes | None:
        exchange = self.exchange
        heard = hear(contents, exchange.ring, exchange.clock())
        envelope = heard.envelope
        if by not in {"", envelope.sender}:
            raise RefusedError(Reason.UNSIGNED, f"sender: {envelope.sender}, but {by} sent it")
        if envelope.to != exchange.agency or envelope.sender == exchange.agency:
            raise RefusedError(Reason.NOT_FOR_US, f"to: expected {exchange.agency}, got {envelope.to}")
        try:
            with exchange.database.write("exchange.accepted") as connection:
                return self._take(connection, heard)
        except IncidentError as error:
            with exchange.database.write("exchange.incident") as connection:
                self._alarm(connection, heard, str(error))
            raise RefusedError(Reason.INCIDENT, str(error)) from error
        except UnknownPolicyError as error:
            raise RefusedError(Reason.UNKNOWN_KIND, f"body.policy: {error}") from error
        except ValueError as error:
            if isinstance(error, RefusedError):
                raise
            raise RefusedError(Reason.MALFORMED, f"body: {error}") from error

    def _take(self, connection: Connection, heard: Heard) -> bytes | None:
        exchange, envelope = self.exchange, heard.envelope
        incarnation = exchange.lock(connection)
        known = log.find(connection, envelope.sender, "received", envelope.id)
        if known is not None and known.contents.encode() == heard.contents:
            return None if _is_acceptance(heard) else self._give_receipt(connection, heard, incarnation)
        # What was received stays received, whatever the receiver restored since.
        if not _is_acceptance(heard) and _is_stale(connection, envelope):
            raise RefusedError(Reason.STALE, f"incarnation: {envelope.sender} restored a backup since")
        if known is not None:
            raise IncidentError(f"{envelope.id}: the same id with other bytes")
        log.append(
            connection,
            envelope.sender,
            "received",
            message_id=envelope.id,
            kind=envelope.kind.value,
            contents=heard.contents,
            at_ms=exchange.clock(),
        )
        self._follow(connection, heard, incarnation)
        if _is_acceptance(heard):
            return None
        exchange.on_heard(connection, heard)
        return self._give_receipt(connection, heard, incarnation)

    def _give_receipt(self, connection: Connection, heard: Heard, incarnation: int) -> bytes:
        exchange, envelope = self.exchange, heard.envelope
        number = receipt_id(envelope.id, Stage.ACCEPTED)
        given = log.find(connection, envelope.sender, "sent", number)
        if given is not None:
            return given.contents.encode()
        body = receipt_body(envelope.id, heard.contents, Stage.ACCEPTED, exchange.clock())
        receipt = exchange.sign(
            incarnation, to=envelope.sender, kind=Kind.RECEIPT, message_id=number, body=body
        )
        exchange.note(connection, envelope.sender, Kind.RECEIPT, number, receipt)
        return receipt

    def _follow(self, connection: Connection, heard: Heard, incarnation: int) -> None:
        match heard.body:
            case ClaimBody():
                self._word(connection, heard, heard.body, incarnation)
            case ReceiptBody():
                self._received(connection, heard, heard.body)
            case FinedBody():
                self._fined(connection, heard, heard.body)
            case RestoredBody():
                self._restored(connection, heard, heard.body)
            case _:
                pass  # what follows from it is casework's

    def _word(self, connection: Connection, heard: Heard, body: ClaimBody, incarnation: int) -> None:
        exchange, envelope = self.exchange, heard.envelope
        message = message_of(envelope.kind, body, sender=envelope.sender, to=envelope.to)
        vehicle = dockets.vehicle_of(body.plate, body.plate_colour)
        if dockets.vehicle_of_claim(connection, body.id, TheirClaimRow) not in {None, vehicle}:
            raise IncidentError(f"{envelope.id}: the same claim with another vehicle")
        exchange.step(
            connection, incarnation, vehicle, lambda docket: exchange.protocol.receive(docket, message)
        )

    def _received(self, connection: Connection, heard: Heard, body: ReceiptBody) -> None:
        said = log.find(connection, heard.envelope.sender, "sent", body.message_id)
        if said is None:
            raise IncidentError(f"{heard.envelope.id}: a receipt for what was never said")
        if hashlib.sha256(said.contents.encode()).hexdigest() != body.sha256:
            raise IncidentError(f"{heard.envelope.id}: a receipt for other bytes than were sent")
        outbox.remove(connection, heard.envelope.sender, said.number)

    def _fined(self, connection: Connection, heard: Heard, body: FinedBody) -> None:
        # The grant may have been taken back since: messages overtake each other.
        granted = select(ExchangeLog.number).where(
            ExchangeLog.partner == heard.envelope.sender,
            ExchangeLog.direction == "sent",
            ExchangeLog.message_id.startswith(f"grant/{body.claim_id}/", autoescape=True),
        )
        if connection.scalar(granted.limit(1)) is None:
            self._alarm(connection, heard, f"fined {body.claim_id} without a grant of {self.exchange.agency}")

    def _restored(self, connection: Connection, heard: Heard, body: RestoredBody) -> None:
        partner = heard.envelope.sender
        if body.incarnation != heard.envelope.incarnation:
            raise IncidentError(f"{heard.envelope.id}: incarnation {body.incarnation} said in another")
        moved = update(ExchangePartner).where(ExchangePartner.partner == partner)
        connection.execute(moved.values(incarnation=body.incarnation))

    def _alarm(self, connection: Connection, heard: Heard, reason: str) -> None:
        LOGGER.error("incident with %s: %s", heard.envelope.sender, reason)
        row = {
            "partner": heard.envelope.sender,
            "at": self.exchange.clock(),
            "reason": reason,
            "sha256": heard.sha256,
            "contents": heard.contents.decode(),
        }
        connection.execute(insert_new(connection, ExchangeIncident).values(row))


def _incarnation(connection: Connection, partner: str) -> int:
    query = select(ExchangePartner.incarnation).where(ExchangePartner.partner == partner)
    return connection.scalar(query) or 1


def _is_stale(connection: Connection, envelope: Envelope) -> bool:
    """Tell whether the sender restored a backup since, and did not name this message as still to come."""
    incarnation = _incarnation(connection, envelope.sender)
    if envelope.incarnation >= incarnation:
        return False
    restored = log.find(connection, envelope.sender, "received", f"restored/{incarnation}")
    return restored is None or envelope.id not in json.loads(restored.contents)["body"]["still_said"]


def _is_acceptance(heard: Heard) -> bool:
    return isinstance(heard.body, ReceiptBody) and heard.body.stage is Stage.ACCEPTED
