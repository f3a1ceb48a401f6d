"""The exchange with the case work joined to it: what a word or a message brings about, in its transaction."""

from dataclasses import replace

from sqlalchemy import Connection

from models.exchange_tables import TheirClaimRow
from models.files import FileStore
from notices.casework.attachments import take_part
from notices.casework.matters import ANSWERS, MATTERS, take_answer, take_matter, take_stage
from notices.casework.rulings import take_ruling
from notices.casework.service import take_result
from notices.casework.settle import settle
from notices.exchange import dockets
from notices.exchange.envelope import Heard
from notices.exchange.exchange import Exchange
from notices.exchange.kinds import (
    AttachmentBody,
    FinalBody,
    FinedBody,
    ReceiptBody,
    RevokedBody,
    RulingBody,
    ServiceResultBody,
)
from notices.recognition.docket import Docket


def joined(exchange: Exchange, received: FileStore) -> Exchange:
    """Return the exchange that moves cases by what it says and hears; `received` holds what partners sent."""

    def on_step(connection: Connection, _before: Docket, after: Docket) -> None:
        own = next(iter(after.own.values()), None)
        if own is not None:
            settle(here, connection, dockets.vehicle_of(own.claim.plate, own.claim.plate_colour))

    def on_heard(connection: Connection, heard: Heard) -> None:
        if heard.envelope.kind in MATTERS:
            take_matter(here, connection, heard)
        if heard.envelope.kind in ANSWERS:
            take_answer(connection, heard, here.clock())
        _follow(here, connection, heard, received)

    here = replace(exchange, on_step=on_step, on_heard=on_heard)
    return here


def _follow(here: Exchange, connection: Connection, heard: Heard, received: FileStore) -> None:
    partner = heard.envelope.sender
    match heard.body:
        case FinedBody(claim_id=claim_id) | RevokedBody(claim_id=claim_id) | FinalBody(claim_id=claim_id):
            vehicle = dockets.vehicle_of_claim(connection, claim_id, TheirClaimRow)
            if vehicle is not None:
                settle(here, connection, vehicle)
        case AttachmentBody() as part:
            take_part(connection, partner, heard.envelope.id, part, received)
        case ServiceResultBody() as result:
            take_result(connection, result, here.clock())
        case RulingBody() as ruling:
            take_ruling(here, connection, partner, ruling)
        case ReceiptBody() as receipt:
            take_stage(connection, partner, receipt)
        case _:
            pass
