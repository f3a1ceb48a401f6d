"""Service by the partner (协助送达): the request goes out with the document, the result ends the attempt."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, time

from sqlalchemy import Connection

from models.case_life import ZONE
from models.values.office import PROGRAM
from models.values.service import Outcome
from notices.casework.attachments import describe
from notices.casework.matters import MatterError, Outgoing, say_matter
from notices.documents.numbers import NumberError
from notices.exchange.exchange import Exchange
from notices.exchange.kinds import Kind, ServiceRequestBody, ServiceResultBody
from notices.recognition.protocol import IncidentError
from notices.service.attempts import Ending, ServiceError, note
from notices.service.partner import PartnerRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceByPartner:
    """Asks the one partner to serve; `document` gives a sealed document's bytes by its digest."""

    exchange: Exchange
    document: Callable[[str], bytes]

    def lock(self, connection: Connection) -> None:
        """Take the exchange's lock, before any other of the transaction."""
        self.exchange.lock(connection)

    def request(self, connection: Connection, wanted: PartnerRequest) -> None:
        """Put the request into the outbox; the same reference asks once.

        Raises:
            MatterError: there is not exactly one partner, or the document can't be sent.

        """
        if len(self.exchange.partners) != 1:
            raise MatterError("协助送达须有且只有一个对方机关")
        (partner,) = self.exchange.partners
        contents = self.document(wanted.document_sha256)
        file = describe(contents, f"{wanted.document_kind}.pdf", "application/pdf")
        body = ServiceRequestBody(
            reference=wanted.reference,
            document_sha256=wanted.document_sha256,
            document_kind=wanted.document_kind,
            case=wanted.case_number,
            due_ms=end_of(wanted.due_on),
            files=(file,),
        )
        said = Outgoing(
            to=partner,
            kind=Kind.SERVICE_REQUEST,
            reference=wanted.reference,
            body=body,
            files={file.sha256: contents},
        )
        say_matter(self.exchange, connection, said, PROGRAM)


def take_result(connection: Connection, result: ServiceResultBody, now_ms: int) -> None:
    """End the attempt that the partner served for us.

    Raises:
        IncidentError: there is no such attempt, or what is told of it can't be.

    """
    ending = Ending(
        outcome=Outcome.DELIVERED if result.served else Outcome.FAILED,
        on=date.fromisoformat(result.on),
        reason=result.reason,
        proof_sha256=result.proof_sha256,
    )
    try:
        try:
            _note(connection, result.reference, ending, now_ms)
        except NumberError as error:
            # What the partner did is kept, but a void document is served to nobody.
            reason = f"对方已送达，不计为送达：{error}"
            _note(
                connection, result.reference, replace(ending, outcome=Outcome.FAILED, reason=reason), now_ms
            )
    except ServiceError as error:
        raise IncidentError(f"service result {result.reference}: {error}") from error


def _note(connection: Connection, reference: str, ending: Ending, now_ms: int) -> None:
    # Whether its seal is sound was asked when the request left.
    note(connection, reference, ending, problem_of=lambda _: "", actor=PROGRAM, at_ms=now_ms)


def end_of(day: date) -> int:
    """Return the last second of a day, UTC milliseconds: until then what falls due on it may be done."""
    return int(datetime.combine(day, time(23, 59, 59), ZONE).timestamp() * 1000)
