"""The exchange with the case work joined to it: what a word or a message brings about, in its transaction."""

from dataclasses import replace

from sqlalchemy import Connection

from models.exchange_tables import TheirClaimRow
from models.files import FileStore
from notices.casework.attachments import take_part
from notices.casework.matters import (
    ANSWERS,
    MATTERS,
    recall_answer,
    recall_matter,
    recall_stage,
    take_answer,
    take_matter,
    take_stage,
)
from notices.casework.rulings import recall_ruling, take_ruling
from notices.casework.service import take_result
from notices.casework.settle import recall_revocation, settle
from notices.exchange import dockets
from notices.exchange.attached import AttachmentBody
from notices.exchange.envelope import Heard
from notices.exchange.exchange import Exchange
from notices.exchange.kinds import (
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

    def on_recalled(connection: Connection, heard: Heard) -> None:
        _recall(here, connection, heard)

    here = replace(exchange, on_step=on_step, on_heard=on_heard, on_recalled=on_recalled)
    return here


def _recall(here: Exchange, connection: Connection, heard: Heard) -> None:
    """Make good what followed from what was said here before a restore."""
    kind = heard.envelope.kind
    if kind in MATTERS:
        recall_matter(connection, heard)
    if kind in ANSWERS:
        recall_answer(connection, heard)
    match heard.body:
        case ReceiptBody() as receipt:
            recall_stage(connection, heard.envelope.to, receipt)
        case RulingBody() as ruling:
            recall_ruling(here, connection, heard, ruling)
        case RevokedBody(claim_id=claim_id):
            recall_revocation(connection, claim_id, here.clock())
        case _:
            pass


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
