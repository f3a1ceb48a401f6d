"""The exchange with the case work joined to it: what a word or a message brings about, in its transaction."""

from dataclasses import replace

from sqlalchemy import Connection

from models.exchange_tables import TheirClaimRow
from notices.casework.settle import settle
from notices.exchange import dockets
from notices.exchange.envelope import Heard
from notices.exchange.exchange import Exchange
from notices.exchange.kinds import FinalBody, FinedBody, RevokedBody
from notices.recognition.docket import Docket


def joined(exchange: Exchange) -> Exchange:
    """Return the exchange that moves cases by what it says and hears."""

    def on_step(connection: Connection, _before: Docket, after: Docket) -> None:
        own = next(iter(after.own.values()), None)
        if own is not None:
            settle(here, connection, dockets.vehicle_of(own.claim.plate, own.claim.plate_colour))

    def on_heard(connection: Connection, heard: Heard) -> None:
        match heard.body:
            case FinedBody(claim_id=claim_id) | RevokedBody(claim_id=claim_id) | FinalBody(claim_id=claim_id):
                vehicle = dockets.vehicle_of_claim(connection, claim_id, TheirClaimRow)
                if vehicle is not None:
                    settle(here, connection, vehicle)
            case _:
                pass

    here = replace(exchange, on_step=on_step, on_heard=on_heard)
    return here
