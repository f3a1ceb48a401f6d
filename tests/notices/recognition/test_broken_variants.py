"""The protocol with one thing taken away: an act is fined twice, or never, or the messages never end.

Run with -s to read the shortest way to each fault.
"""

from dataclasses import replace

import pytest
from recognition_search import Conflict, Found, Search, conflicts

from notices.recognition.docket import Docket, Message, OwnClaim, Standing, TheirClaim, Word
from notices.recognition.protocol import Protocol, Step


class GrantByTimeout(Protocol):
    """No answer in time counts as a grant."""

    def mishap(self, docket: Docket) -> Docket:
        for own in docket.own.values():
            if own.standing is Standing.WAITING:
                docket = docket.with_own(replace(own, standing=Standing.HELD))
        return docket


class GrantWithoutBinding(Protocol):
    """Who grants goes on as if nothing had been said."""

    def _give_way(self, docket: Docket, own: OwnClaim) -> Step:  # noqa: ARG002 (the signature is the protocol's)
        return docket, ()

    def _bind(self, known: TheirClaim) -> TheirClaim:
        return replace(known, deferred=0)


class YieldKeepsItsRequest(Protocol):
    """Who gives way does not take the own claim back."""

    def _give_way(self, docket: Docket, own: OwnClaim) -> Step:
        return super()._give_way(docket, own)[0], ()


class NoReconsiderOnRelease(Protocol):
    """What another agency takes back sets nothing else going."""

    def _taken_back(self, docket: Docket, message: Message) -> Step:
        known = docket.theirs.get(message.claim.id) or TheirClaim(claim=message.claim)
        return docket.with_theirs(self._close(known, message.epoch)), ()


class NoReconsiderAfterYield(Protocol):
    """Each event gives one claim its turn, and no more."""

    def _reconsider(self, docket: Docket) -> Step:
        return self._next_turn(docket) or (docket, ())


class NoEpoch(Protocol):
    """A claim made again bears the number of the one taken back."""

    def _give_way(self, docket: Docket, own: OwnClaim) -> Step:
        docket, said = super()._give_way(docket, own)
        return docket.with_own(replace(docket.own[own.claim.id], epoch=own.epoch)), said


class NoTombstone(Protocol):
    """What was taken back is forgotten, and a claim that comes late is taken for a new one."""

    def _close(self, known: TheirClaim, epoch: int) -> TheirClaim:
        return replace(super()._close(known, epoch), closed=0)


class RestoredFromOldBackup(Protocol):
    """One agency's whole docket is lost, and it goes on without asking the other what it had said."""

    def mishap(self, docket: Docket) -> Docket:
        return Docket(agency=docket.agency)


class RevocationFreesTheAct(Protocol):
    """A revoked decision lets the other agency fine while this one may still decide again."""

    def revoke(self, docket: Docket, claim_id: str) -> Step:
        docket, _ = super().revoke(docket, claim_id)
        own = docket.own[claim_id]
        released = (
            Message(word=Word.RELEASE, claim=own.claim, epoch=own.epoch, sender=docket.agency, to=to)
            for to in own.claim.scope
        )
        return docket, tuple(released)


def first_fault(variant: type[Protocol], kind: str) -> tuple[int, Conflict, Found]:
    """The shortest fault of that kind in the smallest conflict that shows one."""
    for events in (2, 3):
        searched = (
            (conflict, Search(conflict, variant, withdrawals=4 - events).run([kind]))
            for conflict in conflicts(events)
        )
        faults = [(conflict, found) for conflict, found in searched if found.fault]
        if faults:
            conflict, found = min(faults, key=lambda fault: len(fault[1].path))
            return events, conflict, found
    pytest.fail(f"{variant.__name__}: nothing wrong found")


@pytest.mark.parametrize(
    ("variant", "events", "kind"),
    [
        (GrantByTimeout, 2, "two"),
        (GrantWithoutBinding, 2, "two"),
        (YieldKeepsItsRequest, 3, "none"),
        (NoReconsiderOnRelease, 2, "none"),
        (NoReconsiderAfterYield, 3, "none"),
        (NoEpoch, 2, "none"),
        (NoTombstone, 2, "endless"),
        (RestoredFromOldBackup, 2, "none"),
        (RevocationFreesTheAct, 3, "none"),
    ],
)
def test_what_is_left_out_is_found_out(variant: type[Protocol], events: int, kind: str) -> None:
    size, conflict, found = first_fault(variant, kind)
    print(f"\n{variant.__name__}: {variant.__doc__}\n{conflict}\n{found}")  # noqa: T201 (shown with -s)
    assert size == events
    assert found.path
