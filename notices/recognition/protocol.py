"""The protocol: of the claims that are of one act, at most one is held, and in the end one is.

Ricart and Agrawala's mutual exclusion, on the graph of claims that are of one act. A claim may be fined
only while every agency in its scope is bound by a grant; the order of filing decides who gives way
(行政处罚法 art. 25); who gives way takes the own claim back before granting. Messages may be lost and sent
again, come twice, late and in any order. No step looks at a clock, so that no time limit can make two
agencies believe that they hold the same act.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from notices.recognition.claim import Claim
from notices.recognition.docket import Docket, Message, OwnClaim, Standing, TheirClaim, Word
from notices.recognition.same_act import same_act

Step = tuple[Docket, tuple[Message, ...]]


class NotHeldError(ValueError):
    """A fine was to be decided, or revoked, on a claim whose standing does not allow it."""


class IncidentError(ValueError):
    """A message says what its sender can't have meant; nothing was changed, a person must look."""


@dataclass(frozen=True, slots=True)
class Protocol:
    """Steps of one agency; each takes a docket and returns the next one and what to tell the others.

    A step is one transaction: docket and messages are kept together or not at all. Messages are sent
    until a receipt comes; a message that comes again changes nothing.
    """

    one_act: Callable[[Claim, Claim], bool] = same_act

    def file(self, docket: Docket, claim: Claim) -> Step:
        """Claim an own case whose band carries a fine, from the moment of its filing.

        Raises:
            ValueError: the claim is another agency's, or its id was used for another claim.

        """
        if claim.agency != docket.agency:
            raise ValueError(f"claim {claim.id}: expected one of {docket.agency}, got {claim.agency}")
        if claim.id in docket.own:
            if docket.own[claim.id].claim != claim:
                raise ValueError(f"claim {claim.id} was filed before with other contents")
            return docket, ()
        return self._reconsider(docket.with_own(OwnClaim(claim=claim, standing=Standing.BLOCKED)))

    def decide(self, docket: Docket, claim_id: str) -> Step:
        """Fine; only a held claim allows it.

        Raises:
            NotHeldError: not every agency in scope has granted.

        """
        return self._move(docket, claim_id, Standing.HELD, Standing.DECIDED)

    def revoke(self, docket: Docket, claim_id: str) -> Step:
        """Take a decision back; the claim stays held, so that nobody fines before the money is returned.

        Raises:
            NotHeldError: nothing was decided.

        """
        return self._move(docket, claim_id, Standing.DECIDED, Standing.HELD)

    def release(self, docket: Docket, claim_id: str) -> Step:
        """Give the act free for good: withdrawn, decided without a fine, refunded, or ruled to the other.

        Raises:
            NotHeldError: a fine stands; it has to be revoked first.

        """
        own = _own(docket, claim_id)
        if own.standing is Standing.DECIDED:
            raise NotHeldError(f"claim {claim_id}: a fine stands; revoke it before the release")
        if own.standing is Standing.CLOSED:
            return docket, ()
        said = _say(Word.RELEASE, own) if own.standing.is_live else ()
        docket, more = self._reconsider(docket.with_own(replace(own, standing=Standing.CLOSED)))
        return docket, said + more

    def receive(self, docket: Docket, message: Message) -> Step:
        """Take in a message of another agency.

        Raises:
            IncidentError: it contradicts itself or what was said before.

        """
        _check(docket, message)
        match message.word:
            case Word.CLAIM:
                return self._asked(docket, message)
            case Word.GRANT:
                return self._granted(docket, message)
            case Word.YIELD | Word.RELEASE:
                return self._taken_back(docket, message)

    def go_on(self, docket: Docket) -> Step:
        """Give each claim its turn in a docket that was made good after a restore."""
        return self._reconsider(docket)

    def _move(self, docket: Docket, claim_id: str, expected: Standing, then: Standing) -> Step:
        own = _own(docket, claim_id)
        if own.standing is not expected:
            raise NotHeldError(f"claim {claim_id}: expected standing {expected}, got {own.standing}")
        return docket.with_own(replace(own, standing=then)), ()

    def _asked(self, docket: Docket, message: Message) -> Step:
        known = _theirs(docket, message.claim)
        if message.epoch <= known.closed or message.epoch < max(known.bound, known.deferred):
            return docket, ()
        if message.epoch == known.bound:
            return docket, (_grant(docket, known.claim, known.bound),)
        # A later epoch says that the earlier ones are over, even where the yield itself comes late.
        asked = replace(known, bound=0, deferred=message.epoch, closed=message.epoch - 1)
        return self._reconsider(docket.with_theirs(asked))

    def _granted(self, docket: Docket, message: Message) -> Step:
        own = docket.own[message.claim.id]
        if message.epoch != own.epoch or own.standing is not Standing.WAITING:
            return docket, ()
        granted_by = own.granted_by | {message.sender}
        standing = Standing.HELD if granted_by >= own.claim.scope else Standing.WAITING
        return docket.with_own(replace(own, granted_by=granted_by, standing=standing)), ()

    def _taken_back(self, docket: Docket, message: Message) -> Step:
        closed = self._close(_theirs(docket, message.claim), message.epoch)
        return self._reconsider(docket.with_theirs(closed))

    def _close(self, known: TheirClaim, epoch: int) -> TheirClaim:
        return replace(
            known,
            bound=known.bound if known.bound > epoch else 0,
            deferred=known.deferred if known.deferred > epoch else 0,
            closed=max(known.closed, epoch),
        )

    def _reconsider(self, docket: Docket) -> Step:
        """Give each claim that waits for an answer its turn, first filed first, until nothing moves."""
        said: tuple[Message, ...] = ()
        while (turn := self._next_turn(docket)) is not None:
            docket, said = turn[0], said + turn[1]
        return docket, said

    def _next_turn(self, docket: Docket) -> Step | None:
        for pending in _pending(docket):
            turn = (
                self._raise(docket, pending)
                if isinstance(pending, OwnClaim)
                else self._answer(docket, pending)
            )
            if turn is not None:
                return turn
        return None

    def _raise(self, docket: Docket, own: OwnClaim) -> Step | None:
        """Claim an own blocked act, unless another own claim or a grant given stands against it."""
        bound = (known.claim for known in docket.theirs.values() if known.bound)
        live = (other.claim for other in docket.own.values() if other.standing.is_live)
        if any(self.one_act(own.claim, other) for other in (*bound, *live)):
            return None
        standing = Standing.WAITING if own.claim.scope else Standing.HELD
        raised = replace(own, standing=standing, granted_by=frozenset())
        return docket.with_own(raised), _say(Word.CLAIM, raised)

    def _answer(self, docket: Docket, known: TheirClaim) -> Step | None:
        """Grant what another agency asks and give way, unless an own claim is firm or was filed earlier."""
        against = self._against(docket, known.claim)
        if any(own.standing.is_firm or own.claim.priority < known.claim.priority for own in against):
            return None
        said: tuple[Message, ...] = ()
        for own in against:
            docket, words = self._give_way(docket, own)
            said += words
        granted = self._bind(known)
        return docket.with_theirs(granted), (*said, _grant(docket, known.claim, known.deferred))

    def _against(self, docket: Docket, claim: Claim) -> list[OwnClaim]:
        return [own for own in docket.own.values() if own.standing.is_live and self.one_act(own.claim, claim)]

    def _give_way(self, docket: Docket, own: OwnClaim) -> Step:
        later = replace(own, standing=Standing.BLOCKED, epoch=own.epoch + 1)
        return docket.with_own(later), _say(Word.YIELD, own)

    def _bind(self, known: TheirClaim) -> TheirClaim:
        return replace(known, bound=known.deferred, deferred=0)


def _pending(docket: Docket) -> Iterator[OwnClaim | TheirClaim]:
    blocked = [own for own in docket.own.values() if own.standing is Standing.BLOCKED]
    deferred = [known for known in docket.theirs.values() if known.deferred]
    pending: list[OwnClaim | TheirClaim] = [*blocked, *deferred]
    return iter(sorted(pending, key=lambda item: item.claim.priority))


def _own(docket: Docket, claim_id: str) -> OwnClaim:
    if claim_id not in docket.own:
        raise NotHeldError(f"claim {claim_id}: never filed by {docket.agency}")
    return docket.own[claim_id]


def _theirs(docket: Docket, claim: Claim) -> TheirClaim:
    return docket.theirs.get(claim.id) or TheirClaim(claim=claim)


def _say(word: Word, own: OwnClaim) -> tuple[Message, ...]:
    return tuple(
        Message(word=word, claim=own.claim, epoch=own.epoch, sender=own.claim.agency, to=to)
        for to in sorted(own.claim.scope)
    )


def _grant(docket: Docket, claim: Claim, epoch: int) -> Message:
    return Message(word=Word.GRANT, claim=claim, epoch=epoch, sender=docket.agency, to=claim.agency)


def _check(docket: Docket, message: Message) -> None:
    claim = message.claim
    if message.to != docket.agency:
        raise IncidentError(f"{message.word} {claim.id}: meant for {message.to}, not {docket.agency}")
    if message.epoch < 1:
        raise IncidentError(f"{message.word} {claim.id}: epoch expected from 1, got {message.epoch}")
    if message.word is Word.GRANT:
        own = docket.own.get(claim.id)
        if own is None or own.claim != claim:
            raise IncidentError(f"grant {claim.id}: not what {docket.agency} claimed")
        if message.sender not in claim.scope or message.epoch > own.epoch:
            raise IncidentError(f"grant {claim.id}: {message.sender} was not asked in epoch {message.epoch}")
        return
    if claim.agency != message.sender or docket.agency not in claim.scope:
        raise IncidentError(
            f"{message.word} {claim.id}: {message.sender} can't say this of {claim.agency}'s claim"
        )
    known = docket.theirs.get(claim.id)
    if known is not None and known.claim != claim:
        raise IncidentError(f"{message.word} {claim.id}: the same id with other contents")
