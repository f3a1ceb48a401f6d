"""What a partner's log shows of what passed between the two, from this agency's point of view."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from notices.exchange import log
from notices.exchange.envelope import Heard, hear
from notices.exchange.exchange import Exchange
from notices.exchange.export import read_log
from notices.exchange.kinds import ReceiptBody, RestoredBody, Stage
from notices.exchange.partners import Partners
from notices.exchange.refusals import Reason, RefusedError


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What one partner's log shows, in its order, by direction (as seen from here) and id."""

    entries: dict[tuple[log.Direction, str], Heard]

    @property
    def announced(self) -> int:
        """Return our last incarnation that the partner took a fence of."""
        ours = (heard.body for (direction, _), heard in self.entries.items() if direction == "sent")
        return max((body.incarnation for body in ours if isinstance(body, RestoredBody)), default=1)

    @property
    def used(self) -> int:
        """Return our last incarnation that signed anything; a resync that broke off announced none."""
        ours = (heard.envelope for (direction, _), heard in self.entries.items() if direction == "sent")
        return max((one.incarnation for one in ours), default=1)

    def still_said(self, incarnation: int) -> set[str]:
        """Return the digests that our fence of that incarnation names, as far as the partner took it."""
        ours = (heard.body for (direction, _), heard in self.entries.items() if direction == "sent")
        return {
            one
            for body in ours
            if isinstance(body, RestoredBody) and body.incarnation == incarnation
            for one in body.still_said
        }

    @property
    def acknowledged(self) -> set[tuple[str, str]]:
        """Return id and digest of what this agency gave a receipt for, and so once took in."""
        return {
            (heard.body.message_id, heard.body.sha256)
            for (direction, _), heard in self.entries.items()
            if direction == "sent"
            and isinstance(heard.body, ReceiptBody)
            and heard.body.stage is Stage.ACCEPTED
        }

    def contradicts(self, entry: log.Entry) -> bool:
        """Tell whether the partner knows the entry's id in other bytes."""
        heard = self.entries.get((entry.direction, entry.message_id))
        return heard is not None and heard.contents != entry.contents.encode()

    def lacks(self, entry: log.Entry) -> bool:
        """Tell whether the entry was said and the partner never heard it."""
        return entry.direction == "sent" and ("sent", entry.message_id) not in self.entries


def ask(exchange: Exchange, partners: Partners, partner: str) -> Shown:
    """Read a partner's whole log.

    Raises:
        UnreachableError: the partner can't be reached.
        RefusedError: the log holds what isn't ours as ours; a person must look.

    """
    return read(exchange, partner, read_log(partners, partner, 0, even_frozen=True))


def read(exchange: Exchange, partner: str, found: Iterable[log.Entry]) -> Shown:
    """Take in the entries of a partner's whole log.

    Raises:
        RefusedError: the log holds what isn't ours as ours; a person must look.

    """
    entries: dict[tuple[log.Direction, str], Heard] = {}
    for heard in _heard(exchange, found):
        sender, to = heard.envelope.sender, heard.envelope.to
        if {sender, to} != {exchange.agency, partner}:
            raise RefusedError(Reason.NOT_FOR_US, f"{partner}'s log holds {heard.envelope.id}")
        entries["sent" if sender == exchange.agency else "received", heard.envelope.id] = heard
    return Shown(entries=entries)


def _heard(exchange: Exchange, found: Iterable[log.Entry]) -> Iterator[Heard]:
    for entry in found:
        try:
            yield hear(entry.contents.encode(), exchange.ring, exchange.clock())
        except RefusedError:
            # What the partner said and can't be taken in comes, and is refused, by itself.
            if entry.direction == "received":
                raise
