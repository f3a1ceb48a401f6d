"""One agency's side of the exchange: its own steps, each kept together with what it says to the others."""

import hashlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection, update

from models.clock import clock_ms
from models.database import Database
from models.exchange_tables import ExchangeState
from models.kept import tell_once_kept
from models.keys import SigningKey
from notices.exchange import dockets, log, outbox
from notices.exchange.dockets import vehicle_of, vehicle_of_claim
from notices.exchange.envelope import Heard, sign
from notices.exchange.keys import KeyRing
from notices.exchange.kinds import BODIES, FinedBody, Kind, RevokedBody, Stage
from notices.exchange.refusals import Reason, RefusedError
from notices.exchange.wire import body_of, id_of
from notices.recognition.claim import Claim
from notices.recognition.docket import Docket
from notices.recognition.protocol import NotHeldError, Protocol, Step

LOGGER = logging.getLogger(__name__)
LOCK = (
    update(ExchangeState)
    .values(steps=ExchangeState.steps + 1)
    .returning(ExchangeState.incarnation, ExchangeState.frozen)
)
OnHeard = Callable[[Connection, Heard], None]
OnStep = Callable[[Connection, Docket, Docket], None]


def _nothing(_connection: Connection, *_what: object) -> None:
    """Do nothing: casework is told of no message and of no step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """An agency with its key and its partners.

    Every method that takes a connection is part of the caller's transaction: what it says is kept with what
    the caller keeps, or not at all. What is said goes out once that transaction is committed, and again
    until its receipt is in the log.

    Attributes:
        on_heard: called once for each message taken in, of whatever kind, but for receipts of acceptance:
            in the transaction that logs it, after the protocol's own step. What a restore lost and a partner
            gives back is heard again. It may say and step; if it raises ValueError, the message is refused
            and nothing is kept; but if that comes of hearing it again, it stays, and is an incident.
        on_recalled: called once for each own message that a restore lost and a partner gives back, in its
            place among what is heard again. Why it was said is lost; what followed from it is made good.
        on_step: called whenever a docket changed, with the docket before and after, in the transaction that
            stores it: by own steps, by messages, and by a resync, which may skip standings in between.

    """

    database: Database
    agency: str
    key: SigningKey
    ring: KeyRing
    protocol: Protocol = field(default_factory=Protocol)
    clock: Callable[[], int] = clock_ms
    on_heard: OnHeard = _nothing
    on_recalled: OnHeard = _nothing
    on_step: OnStep = _nothing

    @property
    def partners(self) -> frozenset[str]:
        """Return the agencies whose keys are known."""
        return frozenset(key.agency for key in self.ring) - {self.agency}

    def file(self, connection: Connection, claim: Claim) -> None:
        """Claim an own case.

        Raises:
            ValueError: the claim is not ours, its id was used for another, or its scope is no partner.
            RefusedError: the exchange is frozen.

        """
        if strangers := claim.scope - self.partners:
            raise ValueError(f"claim {claim.id}: no partner {', '.join(sorted(strangers))}")
        vehicle = vehicle_of(claim.plate, claim.plate_colour)
        incarnation = self.lock(connection)
        if vehicle_of_claim(connection, claim.id) not in {None, vehicle}:
            raise ValueError(f"claim {claim.id} was filed before with other contents")
        self.step(connection, incarnation, vehicle, lambda docket: self.protocol.file(docket, claim))

    def decide(self, connection: Connection, fined: FinedBody) -> None:
        """Fine a held claim, and tell the others.

        Raises:
            NotHeldError: not every agency in scope has granted.

        """
        claim = self._move(connection, fined.claim_id, self.protocol.decide)
        self._tell(connection, claim, Kind.FINED, f"fined/{fined.decision}", fined.model_dump(mode="json"))

    def revoke(self, connection: Connection, revoked: RevokedBody) -> None:
        """Take a decision back, and tell the others; the claim stays held.

        Raises:
            NotHeldError: nothing was decided.

        """
        claim = self._move(connection, revoked.claim_id, self.protocol.revoke)
        body = revoked.model_dump(mode="json")
        self._tell(connection, claim, Kind.REVOKED, f"revoked/{revoked.decision}", body)

    def release(self, connection: Connection, claim_id: str) -> None:
        """Give the act free for good.

        Raises:
            NotHeldError: a fine stands.

        """
        self._move(connection, claim_id, self.protocol.release)

    def say_stage(self, connection: Connection, partner: str, message_id: str, stage: Stage) -> None:
        """Tell a partner how far a message of it has come: delivered to casework, opened, served.

        Raises:
            ValueError: no such message was taken in.

        """
        taken = log.find(connection, partner, "received", message_id)
        if taken is None:
            raise ValueError(f"{message_id}: never received from {partner}")
        body = receipt_body(message_id, taken.contents.encode(), stage, self.clock())
        self.say(connection, partner, Kind.RECEIPT, receipt_id(message_id, stage), body)

    def say(
        self, connection: Connection, to: str, kind: Kind, message_id: str, body: Mapping[str, object]
    ) -> None:
        """Put a message into the log and the outbox; what was said before under this id is not said again."""
        self._say(connection, self.lock(connection), to, kind, message_id, body)

    def sign(
        self, incarnation: int, *, to: str, kind: Kind, message_id: str, body: Mapping[str, object]
    ) -> bytes:
        """Return a signed message.

        Raises:
            ValueError: the body is not of the kind.

        """
        fields = {
            "id": message_id,
            "kind": kind.value,
            "sender": self.agency,
            "to": to,
            "incarnation": incarnation,
            "said_ms": self.clock(),
            "body": BODIES[kind].model_validate(body).model_dump(mode="json"),
        }
        return sign(self.key, fields)

    def note(self, connection: Connection, to: str, kind: Kind, message_id: str, contents: bytes) -> int:
        """Put a message that is said into the log."""
        return log.append(
            connection,
            to,
            "sent",
            message_id=message_id,
            kind=kind.value,
            contents=contents,
            at_ms=self.clock(),
        )

    def lock(self, connection: Connection, *, even_frozen: bool = False) -> int:
        """Make every other step wait until this transaction ends; return the incarnation.

        Raises:
            RefusedError: the exchange is frozen.

        """
        incarnation, frozen = connection.execute(LOCK).one()
        if frozen and not even_frozen:
            raise RefusedError(Reason.FROZEN, frozen)
        return int(incarnation)

    def step(
        self, connection: Connection, incarnation: int, vehicle: str, act: Callable[[Docket], Step]
    ) -> None:
        """Take one step of the protocol: load the docket, act, store it, say what is to be said."""
        before = dockets.load(connection, self.agency, vehicle)
        after, messages = act(before)
        dockets.store(connection, vehicle, before, after)
        for message in messages:
            kind = Kind(message.word.value)
            self._say(connection, incarnation, message.to, kind, id_of(message), body_of(message))
        if after != before:
            self.on_step(connection, before, after)

    def _say(
        self,
        connection: Connection,
        incarnation: int,
        to: str,
        kind: Kind,
        message_id: str,
        body: Mapping[str, object],
    ) -> None:
        if log.find(connection, to, "sent", message_id) is not None:
            return
        contents = self.sign(incarnation, to=to, kind=kind, message_id=message_id, body=body)
        number = self.note(connection, to, kind, message_id, contents)
        outbox.put(connection, to, number, due_at_ms=0)
        tell_once_kept(connection, LOGGER, "exchange.said", partner=to, id=message_id)

    def _move(self, connection: Connection, claim_id: str, act: Callable[[Docket, str], Step]) -> Claim:
        incarnation = self.lock(connection)
        vehicle = vehicle_of_claim(connection, claim_id)
        if vehicle is None:
            raise NotHeldError(f"claim {claim_id}: never filed by {self.agency}")
        self.step(connection, incarnation, vehicle, lambda docket: act(docket, claim_id))
        return dockets.load(connection, self.agency, vehicle).own[claim_id].claim

    def _tell(
        self, connection: Connection, claim: Claim, kind: Kind, message_id: str, body: Mapping[str, object]
    ) -> None:
        for partner in sorted(claim.scope):
            self.say(connection, partner, kind, message_id, body)


def receipt_id(message_id: str, stage: Stage) -> str:
    """Return the id of the receipt of that stage."""
    return f"{stage}/{message_id}"


def receipt_body(message_id: str, contents: bytes, stage: Stage, at_ms: int) -> dict[str, object]:
    """Return what a receipt says."""
    digest = hashlib.sha256(contents).hexdigest()
    return {"message_id": message_id, "sha256": digest, "stage": stage.value, "at_ms": at_ms}
