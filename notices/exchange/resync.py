"""Going on after a restore from an old backup: freeze, learn from the partners what was said, then go on.

An agency that went back in time has forgotten grants that bind it. So nothing is said or taken in until each
partner (1) takes in no earlier word of this agency any more, except those that the backup still has to say,
and (2) has shown its log, from which the own log and every docket are made good.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, select, update

from models.exchange_tables import ExchangePartner, ExchangeState, OwnClaimRow, TheirClaimRow
from notices.exchange import dockets, log, outbox
from notices.exchange.envelope import Heard, hear
from notices.exchange.exchange import Exchange
from notices.exchange.kinds import ClaimBody, FinedBody, Kind, ReceiptBody, RestoredBody, RevokedBody, Stage
from notices.exchange.refusals import Reason, RefusedError
from notices.exchange.wire import message_of
from notices.recognition.docket import Docket, Message
from notices.recognition.rebuild import rebuild

FROZEN = "备份恢复中 restored from a backup: resync before anything else"
MOST_WAITING = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Partners:
    """How the partners are asked: `post` brings a message, `page` gives their log with us after a number."""

    post: Callable[[str, bytes], bytes]
    page: Callable[[str, int], bytes]


def freeze(exchange: Exchange, reason: str = FROZEN) -> None:
    """Say and take in nothing until a resync; to be called before anything else after a restore."""
    with exchange.database.write("exchange.frozen") as connection:
        connection.execute(update(ExchangeState).values(frozen=reason))


def resync(exchange: Exchange, partners: Partners) -> None:
    """Make good what a restore lost, and go on; a resync that breaks off can be begun again.

    Raises:
        UnreachableError: a partner can't be reached; the exchange stays frozen.
        RefusedError: what a partner shows can't be ours, or ours was said anew since the restore.

    """
    freeze(exchange)
    shown = {partner: list(_shown(exchange, partners, partner)) for partner in sorted(exchange.partners)}
    said = [one.body for heard in shown.values() for one in heard if one.envelope.sender == exchange.agency]
    with exchange.database.read() as connection:
        own = connection.scalar(select(ExchangeState.incarnation)) or 1
    incarnation = 1 + max([own, *(body.incarnation for body in said if isinstance(body, RestoredBody))])
    for partner in sorted(exchange.partners):
        partners.post(partner, _fence(exchange, partner, incarnation))
        # Only now can no earlier word of ours come to the partner behind our back.
        shown[partner] = list(_shown(exchange, partners, partner))
    with exchange.database.write("exchange.resynced") as connection:
        connection.execute(update(ExchangeState).values(frozen="", incarnation=incarnation))
        exchange.lock(connection)
        for partner, heard in shown.items():
            _make_good_log(exchange, connection, partner, heard)
        _make_good_dockets(exchange, connection, incarnation)


def _fence(exchange: Exchange, partner: str, incarnation: int) -> bytes:
    with exchange.database.read() as connection:
        head = log.head(connection, partner)
        waiting = outbox.all_waiting(connection, partner, MOST_WAITING + 1)
    if len(waiting) > MOST_WAITING:
        raise RefusedError(Reason.TOO_LARGE, f"{partner}: more than {MOST_WAITING} messages wait")
    still_said = [one.message_id for one in waiting]
    body = {"incarnation": incarnation, "number": head.number, "hash": head.hash, "still_said": still_said}
    return exchange.sign(
        incarnation, to=partner, kind=Kind.RESTORED, message_id=f"restored/{incarnation}", body=body
    )


def _shown(exchange: Exchange, partners: Partners, partner: str) -> Iterator[Heard]:
    """Yield what the partner's log with us holds, in its order, every signature checked."""
    after = 0
    while lines := partners.page(partner, after).splitlines():
        for line in lines:
            entry = json.loads(line)
            after = entry["number"]
            heard = hear(entry["contents"].encode(), exchange.ring, exchange.clock())
            if {heard.envelope.sender, heard.envelope.to} != {exchange.agency, partner}:
                raise RefusedError(Reason.NOT_FOR_US, f"{partner}'s log holds {heard.envelope.id}")
            yield heard


def _make_good_log(exchange: Exchange, connection: Connection, partner: str, shown: list[Heard]) -> None:
    for heard in shown:
        envelope = heard.envelope
        direction: log.Direction = "sent" if envelope.sender == exchange.agency else "received"
        known = log.find(connection, partner, direction, envelope.id)
        if known is not None:
            if known.contents.encode() != heard.contents:
                raise RefusedError(Reason.INCIDENT, f"{envelope.id}: {partner} knows it in other bytes")
            continue
        log.append(
            connection,
            partner,
            direction,
            message_id=envelope.id,
            kind=envelope.kind.value,
            contents=heard.contents,
            at_ms=exchange.clock(),
        )
        match heard.body:
            case RestoredBody(incarnation=incarnation) if direction == "received":
                moved = update(ExchangePartner).where(ExchangePartner.partner == partner)
                connection.execute(moved.values(incarnation=incarnation))
            case ReceiptBody(stage=Stage.ACCEPTED, message_id=message_id) if direction == "received":
                said = log.find(connection, partner, "sent", message_id)
                if said is not None:
                    outbox.remove(connection, partner, said.number)
            case _:
                pass


def _make_good_dockets(exchange: Exchange, connection: Connection, incarnation: int) -> None:
    """Make every docket anew from the whole log, then give what waits in it its turn."""
    words: defaultdict[str, dict[str, Message]] = defaultdict(dict)
    fined: set[str] = set()
    for partner in sorted(exchange.partners):
        for entry in log.entries(connection, partner):
            heard = hear(entry.contents.encode(), exchange.ring, exchange.clock())
            sender, to = heard.envelope.sender, heard.envelope.to
            match heard.body:
                case ClaimBody() as body:
                    vehicle = dockets.vehicle_of(body.plate, body.plate_colour)
                    word = message_of(heard.envelope.kind, body, sender=sender, to=to)
                    words[vehicle][f"{sender}>{to}/{heard.envelope.id}"] = word
                case FinedBody(claim_id=claim_id) if sender == exchange.agency:
                    fined.add(claim_id)
                case RevokedBody(claim_id=claim_id) if sender == exchange.agency:
                    fined.discard(claim_id)
                case _:
                    pass
    for table in (OwnClaimRow, TheirClaimRow):
        for vehicle in connection.scalars(select(table.vehicle)):
            words.setdefault(vehicle, {})
    for vehicle, said in sorted(words.items()):
        _make_good(exchange, connection, incarnation, vehicle, list(said.values()), fined)


def _make_good(
    exchange: Exchange,
    connection: Connection,
    incarnation: int,
    vehicle: str,
    words: list[Message],
    fined: set[str],
) -> None:
    def anew(docket: Docket) -> tuple[Docket, tuple[Message, ...]]:
        return exchange.protocol.go_on(rebuild(docket, words, fined))

    exchange.step(connection, incarnation, vehicle, anew)
