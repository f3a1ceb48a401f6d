"""What one agency knows of the claims on one vehicle: its own, and those of the others."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from models.values.labelled import Labelled
from notices.recognition.claim import Claim


class Standing(Labelled):
    """How far an own claim has come."""

    BLOCKED = "blocked", "对方在先，暂不处罚"
    WAITING = "waiting", "等待对方确认"
    HELD = "held", "对方已确认，可以处罚"
    DECIDED = "decided", "已处罚"
    CLOSED = "closed", "已了结"

    @property
    def is_live(self) -> bool:
        """Return whether the claim keeps others from fining the same act."""
        return self in {Standing.WAITING, Standing.HELD, Standing.DECIDED}

    @property
    def is_firm(self) -> bool:
        """Return whether the claim gives way to nobody."""
        return self in {Standing.HELD, Standing.DECIDED}


class Word(Labelled):
    """What one agency says to another about a claim."""

    CLAIM = "claim", "互认申请"
    GRANT = "grant", "确认"
    YIELD = "yield", "让渡"
    RELEASE = "release", "解除"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One word about `claim` in its `epoch`, from one agency to another.

    A grant binds who says it. A yield takes the claim of this epoch back, to be made again in a later one;
    a release takes it back too, and the case is at its end.
    """

    word: Word
    claim: Claim
    epoch: int
    sender: str
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnClaim:
    """An own claim: its standing, its epoch (from 1, one more after each yield), who granted this epoch."""

    claim: Claim
    standing: Standing
    epoch: int = 1
    granted_by: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class TheirClaim:
    """Another agency's claim; each epoch is 0 where there is none.

    Attributes:
        bound: the epoch that this agency granted and is bound by.
        deferred: the epoch asked for that has to wait for an own claim.
        closed: the last epoch taken back; whatever says an epoch up to it comes too late.

    """

    claim: Claim
    bound: int = 0
    deferred: int = 0
    closed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Docket:
    """All that `agency` knows of the claims on one vehicle, by the claims' ids."""

    agency: str
    own: Mapping[str, OwnClaim] = field(default_factory=lambda: MappingProxyType({}))
    theirs: Mapping[str, TheirClaim] = field(default_factory=lambda: MappingProxyType({}))

    def with_own(self, own: OwnClaim) -> "Docket":
        """Return the docket with `own` put in its place."""
        return replace(self, own=MappingProxyType({**self.own, own.claim.id: own}))

    def with_theirs(self, theirs: TheirClaim) -> "Docket":
        """Return the docket with `theirs` put in its place."""
        return replace(self, theirs=MappingProxyType({**self.theirs, theirs.claim.id: theirs}))
