"""Which life of an agency a message is of: a restore from a backup begins another, and the old one is over.

A fence (the message `restored`) says the number of the new life. It grows with each restore and is taken from
the clock, so that a life which both sides have forgotten lends its number to no later one. Of an earlier life
only what the fence names by digest may still come: what the agency and its backup still know.
"""

import hashlib
import json

from sqlalchemy import Connection, bindparam, select, update

from models.exchange_tables import ExchangeLog, ExchangePartner
from models.hash_chain import START
from notices.exchange.envelope import Heard
from notices.exchange.kinds import Kind, RestoredBody
from notices.exchange.refusals import Reason, RefusedError

UNSETTLED = -1
KNOWN = select(ExchangePartner.incarnation).where(ExchangePartner.partner == bindparam("of"))


class ForgottenError(RefusedError):
    """The sender is in an incarnation never heard of here: this agency may have gone back to a backup."""


def digest(contents: str) -> str:
    """Return the name of a message in a fence."""
    return hashlib.sha256(contents.encode()).hexdigest()


def of_partner(connection: Connection, partner: str) -> int:
    """Return the partner's incarnation as far as it is known here."""
    return connection.scalar(KNOWN, {"of": partner}) or 1


def check(connection: Connection, heard: Heard) -> None:
    """Hold a message that was not received before against its sender's incarnation.

    Raises:
        RefusedError: the sender restored a backup since.
        ForgottenError: the sender's restore was never heard of here.

    """
    envelope, known = heard.envelope, of_partner(connection, heard.envelope.sender)
    if envelope.incarnation == known:
        return
    stale = RefusedError(Reason.STALE, f"incarnation: {envelope.sender} restored a backup since")
    if isinstance(heard.body, RestoredBody):
        if heard.body.after == known:
            return
        raise stale
    if envelope.incarnation > known:
        # It announces itself before it says anything else: whoever does not know of it has forgotten.
        detail = f"incarnation: {envelope.incarnation} of {envelope.sender} was not announced, or forgotten"
        raise ForgottenError(Reason.FROZEN, detail)
    if heard.sha256 not in _still_said(connection, envelope.sender, known):
        raise stale


def begin(connection: Connection, partner: str, body: RestoredBody) -> None:
    """Note that the partner's life of that number has begun; an earlier one is never gone back to.

    Its log is read from the start again, once it has said the head of the log that it made good.
    """
    is_earlier = ExchangePartner.incarnation < body.incarnation
    moved = update(ExchangePartner).where(ExchangePartner.partner == partner, is_earlier)
    unseen = {"seen_number": 0, "seen_hash": START, "seen_at": UNSETTLED}
    connection.execute(moved.values(incarnation=body.incarnation, **unseen))


def settle(connection: Connection, heard: Heard) -> None:
    """Note that the partner has said the head of its log in its present life: it can be read now."""
    envelope = heard.envelope
    is_present = ExchangePartner.incarnation == envelope.incarnation
    told = update(ExchangePartner).where(ExchangePartner.partner == envelope.sender, is_present)
    connection.execute(told.values(seen_at=0))


def fence_id(incarnation: int, part: int) -> str:
    """Return the id of a part of a fence."""
    return f"restored/{incarnation}/{part}"


def _still_said(connection: Connection, partner: str, incarnation: int) -> set[str]:
    fences = select(ExchangeLog.contents).where(
        ExchangeLog.partner == partner,
        ExchangeLog.direction == "received",
        ExchangeLog.kind == Kind.RESTORED,
        ExchangeLog.message_id.startswith(fence_id(incarnation, 0)[:-1], autoescape=True),
    )
    return {one for text in connection.scalars(fences) for one in json.loads(text)["body"]["still_said"]}
