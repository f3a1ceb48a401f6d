"""The relay: sends what is in the outbox, and sends it again, until a receipt is in the log."""

import logging
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from models import leases
from models.database import DatabaseUnavailableError
from models.leases import Holder
from notices.exchange import comparison, outbox
from notices.exchange.envelope import Heard, hear
from notices.exchange.exchange import Exchange
from notices.exchange.heads import say_heads
from notices.exchange.inbox import Inbox
from notices.exchange.kinds import ReceiptBody, Stage
from notices.exchange.outbox import REACHED, Pause, Waiting
from notices.exchange.partners import NotTakenError, Partners, UnreachableError
from notices.exchange.refusals import RefusedError
from notices.exchange.resync import resync, why_frozen

FIRST_PAUSE_MS = 500
LONGEST_PAUSE_MS = 300_000
BATCH = 100
POLL_S = 0.2
FROZEN_PAUSE_S = 5.0
LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """Sends to every partner; after a restore it makes good what was lost before it sends again.

    `seen` are the partners whose log was compared since this relay began, which is what it does first: a
    backup that came back while nothing ran shows before anything is sent.
    """

    exchange: Exchange
    partners: Partners
    holder: Holder
    chance: Callable[[], float] = field(default=random.random)
    seen: set[str] = field(default_factory=set)

    def run(self, stop: threading.Event) -> None:
        """Send until `stop` is set; a database that can't be used now is tried again."""
        while not stop.is_set():
            received, pause_s = 0, POLL_S
            try:
                received = self.turn()
                pause_s = FROZEN_PAUSE_S if why_frozen(self.exchange) else POLL_S
            except (DatabaseUnavailableError, RefusedError) as error:
                LOGGER.error("relay: %s", error)  # noqa: TRY400 (one line says it)
            if not received:
                stop.wait(pause_s)

    def turn(self) -> int:
        """Do what is due, once: make good a restore, say heads, compare logs, send; return receipts."""
        if reason := why_frozen(self.exchange):
            self._make_good(reason)
        if why_frozen(self.exchange):
            return 0
        say_heads(self.exchange)
        return self.round()

    def round(self) -> int:
        """Send what is due, once, and return how many receipts came; a frozen exchange sends nothing."""
        return sum(self._partner(partner) for partner in sorted(self.exchange.partners))

    def _make_good(self, reason: str) -> None:
        """Make good what a restore lost, if every partner is there for it."""
        if not self._is_ours("resync"):
            return
        try:
            resync(self.exchange, self.partners)
        except (UnreachableError, NotTakenError, RefusedError) as error:
            LOGGER.error("frozen: %s; not made good yet: %s", reason, error)  # noqa: TRY400 (one line says it)
        else:
            LOGGER.warning("what a restore lost was made good; the exchange goes on")

    def _partner(self, partner: str) -> int:
        """Send to one partner, in the order in which things were said, until it can't be reached."""
        database, now_ms = self.exchange.database, self.exchange.clock()
        with database.read() as connection:
            pause = outbox.pause_of(connection, partner)
            batch = outbox.due(connection, partner, now_ms=now_ms, longest_ms=LONGEST_PAUSE_MS, limit=BATCH)
            is_first = partner not in self.seen
            is_unseen = comparison.is_due(connection, partner, now_ms, is_first=is_first)
        # A pause longer than any that is made was made by a clock that has been set back since.
        is_paused = now_ms < pause.due_at <= now_ms + LONGEST_PAUSE_MS
        if is_paused or not (batch or is_unseen) or why_frozen(self.exchange) or not self._is_ours(partner):
            return 0
        try:
            if is_unseen and comparison.compare(self.exchange, self.partners, partner):
                return 0
            self.seen.add(partner)
            received = self._send_all(batch)
        except UnreachableError as error:
            self._unreachable(partner, pause, str(error))
            return 0
        if pause != REACHED:
            with database.write("relay.reached") as connection:
                outbox.pause(connection, partner, REACHED)
        return received

    def _send_all(self, batch: list[Waiting]) -> int:
        """Send one after another, and keep the receipts together; what has none kept is sent again."""
        receipts: list[tuple[Waiting, Heard]] = []
        try:
            for waiting in batch:
                try:
                    receipts.append((waiting, self._send(waiting)))
                except (NotTakenError, RefusedError) as error:
                    self._not_taken(waiting, str(error))
        finally:
            received = self._keep(receipts)
        return received

    def _keep(self, receipts: list[tuple[Waiting, Heard]]) -> int:
        if not receipts:
            return 0
        inbox = Inbox(self.exchange)
        try:
            inbox.accept_receipts([heard for _, heard in receipts])
        except ValueError:
            # One of them is bad: each by itself, so that it stops no other.
            return sum(self._keep_one(inbox, waiting, heard) for waiting, heard in receipts)
        return len(receipts)

    def _keep_one(self, inbox: Inbox, waiting: Waiting, heard: Heard) -> int:
        try:
            inbox.accept(heard.contents, by=waiting.partner)
        except RefusedError as error:
            self._not_taken(waiting, str(error))
            return 0
        return 1

    def _is_ours(self, what: str) -> bool:
        """Take the lease: two relays would do no harm, and all the work twice."""
        with self.exchange.database.write("relay.taken") as connection:
            leases.release_dead(connection)
            return leases.take(connection, f"relay:{what}", self.holder)

    def _send(self, waiting: Waiting) -> Heard:
        reply = self.partners.post(waiting.partner, waiting.contents)
        heard = hear(reply, self.exchange.ring, self.exchange.clock())
        match heard.body:
            case ReceiptBody(message_id=waiting.message_id, stage=Stage.ACCEPTED) if (
                heard.envelope.sender == waiting.partner
            ):
                return heard
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
            # Who is refused may have gone back to a backup, and then the partner's log shows it.
            comparison.ask_again(connection, waiting.partner)

    def _pause_ms(self, attempts: int) -> int:
        """Return a pause that doubles with each attempt; by chance, so that two sides don't keep step."""
        longest = min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** min(attempts, 20))
        return int(longest * (0.5 + self.chance() / 2))
