"""Making good what a restore lost: the own log from a partner's, every docket from all logs."""

from collections import defaultdict

from sqlalchemy import Connection, select

from models.exchange_tables import OwnClaimRow, TheirClaimRow
from models.hash_chain import Head
from notices.exchange import dockets, incarnations, log, outbox
from notices.exchange.envelope import Heard, opened
from notices.exchange.exchange import Exchange
from notices.exchange.incidents import alarm
from notices.exchange.kinds import ClaimBody, FinedBody, ReceiptBody, RestoredBody, RevokedBody, Stage
from notices.exchange.shown import Shown
from notices.exchange.wire import message_of
from notices.recognition.docket import Docket, Message
from notices.recognition.protocol import Step
from notices.recognition.rebuild import rebuild, untold

SUPERSEDED = "恢复备份时作废 superseded on a restore, the partner knows the id in other bytes"


def cut(connection: Connection, exchange: Exchange, partner: str, shown: Shown) -> Head:
    """Take out of the log what the partner knows in other bytes; return the end of the part left as it was.

    It was said anew since this backup, by an agency that had gone back to an older one in between. What is
    taken out is kept as an incident.
    """
    entries = list(log.entries(connection, partner))
    first = next((entry for entry in entries if shown.contradicts(entry)), None)
    if first is None:
        return log.head(connection, partner)
    waits = {one.number for one in outbox.all_waiting(connection, partner, len(entries))}
    kept = log.cut(connection, partner, first.number)
    for entry in entries[first.number - 1 :]:
        if shown.contradicts(entry):
            alarm(connection, partner, exchange.clock(), SUPERSEDED, entry.contents)
            continue
        number = log.append(
            connection,
            partner,
            entry.direction,
            message_id=entry.message_id,
            kind=entry.kind,
            contents=entry.contents.encode(),
            at_ms=entry.at,
        )
        if entry.number in waits:
            outbox.put(connection, partner, number, due_at_ms=0)
    return kept


def make_good_log(connection: Connection, exchange: Exchange, partner: str, shown: Shown) -> list[Heard]:
    """Take back what was said and taken in before the restore; return it in its order, without receipts.

    What the partner said and this agency never gave a receipt for is left out: it comes by itself.
    """
    acknowledged, again = shown.acknowledged, []
    for (direction, message_id), heard in shown.entries.items():
        is_receipt = isinstance(heard.body, ReceiptBody) and heard.body.stage is Stage.ACCEPTED
        if log.find(connection, partner, direction, message_id) is not None:
            continue
        if direction == "received" and not is_receipt and (message_id, heard.sha256) not in acknowledged:
            continue
        log.append(
            connection,
            partner,
            direction,
            message_id=message_id,
            kind=heard.envelope.kind.value,
            contents=heard.contents,
            at_ms=exchange.clock(),
        )
        if not is_receipt:
            again.append(heard)
        match heard.body:
            case RestoredBody() as body if direction == "received":
                incarnations.begin(connection, partner, body)
            case ReceiptBody(stage=Stage.ACCEPTED, message_id=received) if direction == "received":
                said = log.find(connection, partner, "sent", received)
                if said is not None:
                    outbox.remove(connection, partner, said.number)
            case _:
                pass
    return again


def make_good_dockets(connection: Connection, exchange: Exchange, incarnation: int) -> None:
    """Make every docket anew from all logs, tell each partner what any was told, give each claim its turn."""
    words, fined = _said(connection, exchange)
    for vehicle, said in sorted(words.items()):

        def anew(docket: Docket, said: list[Message] = said) -> Step:
            after, messages = exchange.protocol.go_on(rebuild(docket, said, fined))
            return after, (*untold(docket.agency, said), *messages)

        exchange.step(connection, incarnation, vehicle, anew)


def _said(connection: Connection, exchange: Exchange) -> tuple[dict[str, list[Message]], set[str]]:
    """Return all words by vehicle, and the own claims whose fine stands."""
    words: defaultdict[str, list[Message]] = defaultdict(list)
    fines: dict[str, str] = {}
    revoked: set[str] = set()
    for partner in sorted(exchange.partners):
        for entry in log.entries(connection, partner):
            heard = opened(entry.contents.encode())
            sender, to = heard.envelope.sender, heard.envelope.to
            match heard.body:
                case ClaimBody() as body:
                    vehicle = dockets.vehicle_of(body.plate, body.plate_colour)
                    words[vehicle].append(message_of(heard.envelope.kind, body, sender=sender, to=to))
                case FinedBody(claim_id=claim_id, decision=decision) if sender == exchange.agency:
                    fines[decision] = claim_id
                case RevokedBody(decision=decision) if sender == exchange.agency:
                    # Messages overtake each other: the partner may have heard the revocation first.
                    revoked.add(decision)
                case _:
                    pass
    for table in (OwnClaimRow, TheirClaimRow):
        for vehicle in connection.scalars(select(table.vehicle)):
            words.setdefault(vehicle, [])
    return words, {claim_id for decision, claim_id in fines.items() if decision not in revoked}
