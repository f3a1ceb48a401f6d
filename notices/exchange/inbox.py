"""What comes in: checked, kept with its receipt and what follows from it in one transaction, or refused."""

import hashlib
import logging
from collections.abc import Sequence

from pydantic import ValidationError
from sqlalchemy import Connection, select

from models.exchange_tables import ExchangeLog, TheirClaimRow
from models.kept import tell_once_kept
from models.trace import trace_of_claim, traced
from notices.exchange import comparison, dockets, incarnations, log, outbox
from notices.exchange.envelope import Heard, hear, refusal_of, refuse_revoked
from notices.exchange.exchange import Exchange, receipt_body, receipt_id
from notices.exchange.incarnations import ForgottenError
from notices.exchange.incidents import alarm
from notices.exchange.kinds import (
    ClaimBody,
    FinedBody,
    Kind,
    LogHeadBody,
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
            told = {"reason": refused.reason.value, "sender": by, "size_bytes": len(contents)}
            # The detail is the sender's; a log line holds nothing that a message may have said of a person.
            LOGGER.warning("message refused: %s", refused.reason, extra=told | {"sha256": _digest(contents)})
            raise

    def _accept(self, contents: bytes, by: str) -> bytes | None:
        heard = hear(contents, self.exchange.ring, self.exchange.clock())
        envelope = heard.envelope
        if by not in {"", envelope.sender}:
            raise RefusedError(Reason.UNSIGNED, f"sender: {envelope.sender}, but {by} sent it")
        return self._keep(heard)

    def accept_receipts(self, receipts: Sequence[Heard]) -> None:
        """Take in receipts of acceptance in one transaction.

        Raises:
            RefusedError: one of them is not taken, and so none was; each can be taken in by itself.

        """
        with self.exchange.database.write("exchange.accepted") as connection:
            incarnation = self.exchange.lock(connection)
            for heard in receipts:
                self._check_ends(heard)
                self._take(connection, heard, incarnation)

    def _check_ends(self, heard: Heard) -> None:
        envelope, agency = heard.envelope, self.exchange.agency
        if envelope.to != agency or envelope.sender == agency:
            raise RefusedError(Reason.NOT_FOR_US, f"to: expected {agency}, got {envelope.to}")

    def _keep(self, heard: Heard) -> bytes | None:
        exchange = self.exchange
        self._check_ends(heard)
        try:
            with exchange.database.write("exchange.accepted") as connection:
                # Both sides may have restored: each must hear of it before either can go on.
                is_fence = heard.envelope.kind is Kind.RESTORED
                incarnation = exchange.lock(connection, even_frozen=is_fence)
                return self._take(connection, heard, incarnation)
        except IncidentError as error:
            with exchange.database.write("exchange.incident") as connection:
                self._alarm(connection, heard, str(error))
            raise RefusedError(Reason.INCIDENT, str(error)) from error
        except ForgottenError:
            with exchange.database.write("exchange.forgotten") as connection:
                comparison.ask_again(connection, heard.envelope.sender)
            raise
        except ValidationError as error:
            raise refusal_of(error, "body.") from error
        except UnknownPolicyError as error:
            raise RefusedError(Reason.UNKNOWN_KIND, f"body.policy: {error}") from error
        except ValueError as error:
            if isinstance(error, RefusedError):
                raise
            raise RefusedError(Reason.MALFORMED, f"body: {error}") from error

    def _take(self, connection: Connection, heard: Heard, incarnation: int) -> bytes | None:
        exchange, envelope = self.exchange, heard.envelope
        known = log.find(connection, envelope.sender, "received", envelope.id)
        if known is not None and known.contents.encode() == heard.contents:
            return None if _is_acceptance(heard) else self._give_receipt(connection, heard, incarnation)
        refuse_revoked(heard, exchange.ring)
        incarnations.check(connection, heard)
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
        with traced(trace_of_claim(connection, _claim_of(heard))):
            tell_once_kept(connection, LOGGER, "exchange.heard", partner=envelope.sender, id=envelope.id)
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
            case LogHeadBody():
                incarnations.settle(connection, heard)
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
        if _digest(said.contents.encode()) != body.sha256:
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
        if body.incarnation != heard.envelope.incarnation:
            raise IncidentError(f"{heard.envelope.id}: incarnation {body.incarnation} said in another")
        incarnations.begin(connection, heard.envelope.sender, body)

    def _alarm(self, connection: Connection, heard: Heard, reason: str) -> None:
        alarm(connection, heard.envelope.sender, self.exchange.clock(), reason, heard.contents.decode())


def _digest(contents: bytes) -> str:
    return hashlib.sha256(contents).hexdigest()


def _is_acceptance(heard: Heard) -> bool:
    return isinstance(heard.body, ReceiptBody) and heard.body.stage is Stage.ACCEPTED


def _claim_of(heard: Heard) -> str:
    """Return the claim that a message is about, "" where it is about none."""
    match heard.body:
        case ClaimBody(id=claim_id) | FinedBody(claim_id=claim_id):
            return claim_id
        case _:
            return ""
