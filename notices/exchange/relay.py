"""The relay: sends what is in the outbox, and sends it again, until a receipt is in the log."""

import logging
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from models import leases
from models.database import DatabaseUnavailableError
from models.leases import Holder
from notices.exchange import outbox
from notices.exchange.envelope import hear
from notices.exchange.exchange import Exchange
from notices.exchange.heads import say_heads
from notices.exchange.inbox import Inbox
from notices.exchange.kinds import ReceiptBody, Stage
from notices.exchange.outbox import REACHED, Pause, Waiting
from notices.exchange.refusals import RefusedError

FIRST_PAUSE_MS = 500
LONGEST_PAUSE_MS = 300_000
BATCH = 100
POLL_S = 0.2
LOGGER = logging.getLogger(__name__)


class UnreachableError(OSError):
    """The partner can't be reached now, or takes nothing in now; the next message would fare no better."""


class NotTakenError(ValueError):
    """The partner refuses this one message; the text is its problem document."""


Post = Callable[[str, bytes], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """Sends to every partner.

    `post` brings a message to a partner and returns the reply; it raises UnreachableError or NotTakenError.
    """

    exchange: Exchange
    post: Post
    holder: Holder
    chance: Callable[[], float] = field(default=random.random)

    def run(self, stop: threading.Event) -> None:
        """Send until `stop` is set; a database that can't be used now is tried again."""
        while not stop.is_set():
            received = 0
            try:
                say_heads(self.exchange)
                received = self.round()
            except (DatabaseUnavailableError, RefusedError) as error:
                LOGGER.error("relay: %s", error)  # noqa: TRY400 (one line says it)
            if not received:
                stop.wait(POLL_S)

    def round(self) -> int:
        """Send what is due, once, and return how many receipts came."""
        return sum(self._partner(partner) for partner in sorted(self.exchange.partners))

    def _partner(self, partner: str) -> int:
        """Send to one partner, in the order in which things were said, until it can't be reached."""
        database, received, now_ms = self.exchange.database, 0, self.exchange.clock()
        with database.read() as connection:
            pause = outbox.pause_of(connection, partner)
            batch = outbox.due(connection, partner, now_ms=now_ms, longest_ms=LONGEST_PAUSE_MS, limit=BATCH)
        # A pause longer than any that is made was made by a clock that has been set back since.
        if not batch or now_ms < pause.due_at <= now_ms + LONGEST_PAUSE_MS or not self._is_ours(partner):
            return 0
        for waiting in batch:
            try:
                self._send(waiting)
            except UnreachableError as error:
                self._unreachable(partner, pause, str(error))
                return received
            except (NotTakenError, RefusedError) as error:
                self._not_taken(waiting, str(error))
            else:
                received += 1
        if pause != REACHED:
            with database.write("relay.reached") as connection:
                outbox.pause(connection, partner, REACHED)
        return received

    def _is_ours(self, partner: str) -> bool:
        """Take the lease: two relays would do no harm, and all the work twice."""
        with self.exchange.database.write("relay.taken") as connection:
            leases.release_dead(connection)
            return leases.take(connection, f"relay:{partner}", self.holder)

    def _send(self, waiting: Waiting) -> None:
        reply = self.post(waiting.partner, waiting.contents)
        heard = hear(reply, self.exchange.ring, self.exchange.clock())
        match heard.body:
            case ReceiptBody(message_id=waiting.message_id, stage=Stage.ACCEPTED):
                Inbox(self.exchange).accept(reply, by=waiting.partner)
            case _:
                raise NotTakenError(f"answered with {heard.envelope.kind} {heard.envelope.id}")

    def _unreachable(self, partner: str, pause: Pause, problem: str) -> None:
        due_at = self.exchange.clock() + self._pause_ms(pause.attempts)
        longer = Pause(attempts=pause.attempts + 1, due_at=due_at, problem=problem)
        with self.exchange.database.write("relay.unreachable") as connection:
            outbox.pause(connection, partner, longer)

    def _not_taken(self, waiting: Waiting, problem: str) -> None:
        until_ms = self.exchange.clock() + self._pause_ms(waiting.attempts)
        with self.exchange.database.write("relay.not_taken") as connection:
            outbox.put_off(connection, waiting, until_ms=until_ms, problem=problem)

    def _pause_ms(self, attempts: int) -> int:
        """Return a pause that doubles with each attempt; by chance, so that two sides don't keep step."""
        longest = min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** min(attempts, 20))
        return int(longest * (0.5 + self.chance() / 2))
