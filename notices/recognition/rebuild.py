"""A docket made anew from what was said and heard, after a restore from an old backup.

What the partners' logs hold is all that they know of this agency's words, so a docket that follows from it
contradicts nobody. A word that no partner ever heard is as if it had not been said, as long as the partners
take no earlier word in any more (`notices.exchange.resync`).
"""

from collections.abc import Collection, Sequence
from dataclasses import replace

from notices.recognition.claim import Claim
from notices.recognition.docket import Docket, Message, OwnClaim, Standing, TheirClaim, Word

TAKES_BACK = frozenset({Word.YIELD, Word.RELEASE})


def rebuild(docket: Docket, words: Sequence[Message], fined: Collection[str]) -> Docket:
    """Return the docket that follows from all `words` said and heard, in any order.

    `docket` gives the claims that nobody was told of; `fined` are the own claims whose fine stands.
    """
    for claim in _claims(docket, words):
        about = [word for word in words if word.claim == claim]
        if claim.agency == docket.agency:
            docket = docket.with_own(_own(docket.own.get(claim.id), claim, about, is_fined=claim.id in fined))
        else:
            docket = docket.with_theirs(_theirs(claim, about))
    return docket


def untold(agency: str, words: Sequence[Message]) -> tuple[Message, ...]:
    """Return what the agency told one partner of its claims and a restore kept it from telling another."""
    own = (word for word in words if word.claim.agency == agency == word.sender)
    return tuple(dict.fromkeys(replace(word, to=to) for word in own for to in sorted(word.claim.scope)))


def _claims(docket: Docket, words: Sequence[Message]) -> list[Claim]:
    """Return the claims spoken of; what their own agency said of them counts before what others did."""
    firsthand = [word.claim for word in words if word.claim.agency == word.sender]
    granted = [word.claim for word in words if word.claim.agency != docket.agency]
    claims: dict[str, Claim] = {}
    for claim in (*firsthand, *granted):
        claims.setdefault(claim.id, claim)
    return list(claims.values())


def _own(known: OwnClaim | None, claim: Claim, about: Sequence[Message], *, is_fined: bool) -> OwnClaim:
    claimed, taken_back = _highest(about, {Word.CLAIM}), _highest(about, TAKES_BACK)
    if any(word.word is Word.RELEASE for word in about):
        return OwnClaim(claim=claim, standing=Standing.CLOSED, epoch=max(claimed, taken_back))
    if taken_back >= claimed:
        blocked = known or OwnClaim(claim=claim, standing=Standing.BLOCKED)
        is_closed = known is not None and known.standing is Standing.CLOSED
        standing = Standing.CLOSED if is_closed else Standing.BLOCKED
        return replace(blocked, standing=standing, epoch=taken_back + 1, granted_by=frozenset())
    if is_fined:
        # Only what all had granted was fined, even where a grant is still on its way again.
        return OwnClaim(claim=claim, standing=Standing.DECIDED, epoch=claimed, granted_by=claim.scope)
    granted_by = frozenset(word.sender for word in about if word.word is Word.GRANT and word.epoch == claimed)
    standing = Standing.WAITING if granted_by < claim.scope else Standing.HELD
    return OwnClaim(claim=claim, standing=standing, epoch=claimed, granted_by=granted_by)


def _theirs(claim: Claim, about: Sequence[Message]) -> TheirClaim:
    claimed, granted = _highest(about, {Word.CLAIM}), _highest(about, {Word.GRANT})
    closed = max(_highest(about, TAKES_BACK), claimed - 1, granted - 1)
    return TheirClaim(
        claim=claim,
        bound=granted if granted > closed else 0,
        deferred=claimed if claimed > max(closed, granted) else 0,
        closed=closed,
    )


def _highest(about: Sequence[Message], words: Collection[Word]) -> int:
    return max((word.epoch for word in about if word.word in words), default=0)
