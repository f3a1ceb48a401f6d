"""An exhaustive search of what agencies can do to each other, run on the real protocol.

The network keeps every message ever sent and may deliver any of them at any time, any number of times:
that is loss with sending again, doubling, reordering and outages of every length. A step is atomic, so a
crash is a delay. Each docket and each message is given a number, and each local step is taken once; a
state of the world is then a few integers, and millions of them fit.
"""

from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations, product

from models.values.plates import PlateColour
from notices.recognition.claim import Claim
from notices.recognition.docket import Docket, Message, OwnClaim, Standing, TheirClaim
from notices.recognition.protocol import IncidentError, NotHeldError, Protocol

AGENCIES = "ABC"
HIGHEST_EPOCH = 8
FAULTS = ("two", "none", "endless")
OPTIONAL = {"file", "release", "revoke", "mishap"}  # need not ever happen
Edge = frozenset[int]
State = tuple[tuple[int, ...], int, int]  # docket of each agency, messages as bits, withdrawals left
Action = tuple[str, int, int]  # verb, agency, event or message


@dataclass(frozen=True)
class Conflict:
    """Which agency filed each event (their order is that of filing), and which pairs are one act."""

    owners: tuple[int, ...]
    edges: frozenset[Edge]
    agencies: int = 2

    def __str__(self) -> str:
        pairs = " ".join(f"{a}-{b}" for a, b in sorted(map(sorted, self.edges)))
        return f"events of {''.join(AGENCIES[owner] for owner in self.owners)}, one act: {pairs}"

    def claims(self) -> list[Claim]:
        everyone = frozenset(AGENCIES[: self.agencies])
        return [
            Claim(
                id=str(event),
                agency=AGENCIES[owner],
                plate="浙F00000",
                plate_colour=PlateColour.YELLOW,
                violation="overload",
                passed_ms=event,
                heading="",
                axles=6,
                gross_kg=60_000,
                mpe_percent=5.0,
                filed_ms=event,
                policy="assumed-1",
                scope=everyone - {AGENCIES[owner]},
            )
            for event, owner in enumerate(self.owners)
        ]

    def one_act(self, one: Claim, other: Claim) -> bool:
        return frozenset({int(one.id), int(other.id)}) in self.edges


def conflicts(events: int, agencies: int = 2) -> Iterator[Conflict]:
    """Every connected graph on that many events with every ownership; agencies differ in nothing but name."""
    pairs = [frozenset(pair) for pair in combinations(range(events), 2)]
    for chosen in product((False, True), repeat=len(pairs)):
        edges = frozenset(pair for pair, taken in zip(pairs, chosen, strict=True) if taken)
        if _connected(events, edges):
            for owners in product(range(agencies), repeat=events):
                if all(owner <= len(set(owners[:place])) for place, owner in enumerate(owners)):
                    yield Conflict(owners, edges, agencies)


def _connected(events: int, edges: frozenset[Edge]) -> bool:
    reached, front = {0}, [0]
    while front:
        here = front.pop()
        for edge in edges:
            if here in edge and (new := edge - reached):
                reached |= new
                front += new
    return len(reached) == events


@dataclass
class Found:
    """What was seen: how many states, and the first fault, "" if there is none, with the shortest way."""

    states: int = 0
    fault: str = ""
    path: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return "\n".join(
            [f"{self.fault} after {len(self.path)} steps:", *(f"  {step}" for step in self.path)]
        )


class Search:
    """Breadth first from nothing filed; `withdrawals` bounds releases and revocations together."""

    def __init__(self, conflict: Conflict, make: type[Protocol] = Protocol, *, withdrawals: int = 0) -> None:
        self.conflict, self.claims = conflict, conflict.claims()
        self.protocol, self.withdrawals = make(one_act=conflict.one_act), withdrawals
        # What a broken variant lets happen at any time, such as a deadline that passes.
        self.mishap: Callable[[Docket], Docket] | None = getattr(self.protocol, "mishap", None)
        self.dockets: list[Docket] = []
        self.docket_numbers: dict[object, int] = {}
        self.messages: list[Message] = []
        self.message_numbers: dict[Message, int] = {}
        self.incidents: list[str] = []
        self.steps: dict[tuple[int, Action], tuple[int, int] | None] = {}

    def run(self, faults: Collection[str] = FAULTS) -> Found:
        """Search until one of `faults` is found, or everything has been seen."""
        agencies = range(self.conflict.agencies)
        start: State = (
            tuple(self._docket(Docket(agency=AGENCIES[one])) for one in agencies),
            0,
            self.withdrawals,
        )
        came: dict[State, tuple[State, Action] | None] = {start: None}
        queue = deque([start])
        while queue:
            state = queue.popleft()
            quiet = True
            for action in self._actions(state):
                following = self._after(state, action)
                if following is None:
                    continue
                quiet &= action[0] in OPTIONAL
                if following in came:
                    continue
                came[following] = (state, action)
                endless = self._endless(state, following, action[0])
                if endless and "endless" in faults:
                    return Found(len(came), endless, self._path(came, following))
                if self._epochs(following) <= HIGHEST_EPOCH:
                    queue.append(following)
            fault = self._two(state) if "two" in faults else ""
            fault = fault or (self._none(state) if quiet and "none" in faults else "")
            if fault:
                return Found(len(came), fault, self._path(came, state))
        return Found(len(came))

    def _actions(self, state: State) -> Iterator[Action]:
        dockets, sent, withdrawals = state
        for event, owner in enumerate(self.conflict.owners):
            own = self.dockets[dockets[owner]].own.get(str(event))
            if own is None:
                yield "file", owner, event
            elif own.standing is Standing.HELD:
                yield "decide", owner, event
            if withdrawals and own is not None and own.standing is Standing.DECIDED:
                yield "revoke", owner, event
            elif withdrawals and own is not None and own.standing is not Standing.CLOSED:
                yield "release", owner, event
        if self.mishap is not None:
            for agency in range(self.conflict.agencies):
                yield "mishap", agency, 0
        number = 0
        while sent:
            if sent & 1:
                yield "deliver", AGENCIES.index(self.messages[number].to), number
            sent >>= 1
            number += 1

    def _after(self, state: State, action: Action) -> State | None:
        dockets, sent, withdrawals = state
        verb, agency, _ = action
        key = (dockets[agency], action)
        if key not in self.steps:
            self.steps[key] = self._step(dockets[agency], action)
        step = self.steps[key]
        if step is None or (step[0] == dockets[agency] and step[1] | sent == sent):
            return None
        left = withdrawals - (verb in {"release", "revoke"})
        return (*dockets[:agency], step[0], *dockets[agency + 1 :]), sent | step[1], left

    def _step(self, number: int, action: Action) -> tuple[int, int] | None:
        verb, _, what = action
        docket = self.dockets[number]
        try:
            match verb:
                case "file":
                    after = self.protocol.file(docket, self.claims[what])
                case "decide":
                    after = self.protocol.decide(docket, str(what))
                case "revoke":
                    after = self.protocol.revoke(docket, str(what))
                case "release":
                    after = self.protocol.release(docket, str(what))
                case "mishap":
                    after = self.mishap(docket), ()
                case _:
                    after = self.protocol.receive(docket, self.messages[what])
        except NotHeldError:
            return None
        except IncidentError as incident:
            self.incidents.append(str(incident))
            return None
        bits = 0
        for message in after[1]:
            bits |= 1 << self._message(message)
        return self._docket(after[0]), bits

    def _docket(self, docket: Docket) -> int:
        key = _key(docket)
        if key not in self.docket_numbers:
            self.docket_numbers[key] = len(self.dockets)
            self.dockets.append(docket)
        return self.docket_numbers[key]

    def _message(self, message: Message) -> int:
        if message not in self.message_numbers:
            self.message_numbers[message] = len(self.messages)
            self.messages.append(message)
        return self.message_numbers[message]

    def _own(self, state: State) -> Mapping[int, OwnClaim]:
        dockets = (self.dockets[number] for number in state[0])
        return {int(key): own for docket in dockets for key, own in docket.own.items()}

    def _two(self, state: State) -> str:
        own = self._own(state)
        for one, other in map(sorted, self.conflict.edges):
            if one in own and other in own and own[one].standing.is_firm and own[other].standing.is_firm:
                return f"two: {one} and {other} may both be fined"
        return ""

    def _none(self, state: State) -> str:
        own = self._own(state)
        decided = {event for event, one in own.items() if one.standing is Standing.DECIDED}
        for event, one in own.items():
            absorbed = any(event in edge and edge & decided for edge in self.conflict.edges)
            if one.standing in {Standing.WAITING, Standing.BLOCKED} and not absorbed:
                return f"none: nothing moves any more, and the act of {event} is fined by nobody"
        return ""

    def _endless(self, before: State, after: State, verb: str) -> str:
        """Steps only ever climb, so that none can come round again, and epochs stay few: so all ends."""
        if self._epochs(after) > HIGHEST_EPOCH:
            return f"endless: an epoch rose above {HIGHEST_EPOCH}"
        if verb in {"revoke", "mishap"}:
            return ""
        for old, new in zip(before[0], after[0], strict=True):
            ranks = _rank(self.dockets[old]), _rank(self.dockets[new])
            if any(ranks[1].get(key, (0,)) < rank for key, rank in ranks[0].items()):
                return "endless: a step went back to where the protocol was before"
        return ""

    def _epochs(self, state: State) -> int:
        return max((own.epoch for own in self._own(state).values()), default=0)

    def _path(self, came: Mapping[State, tuple[State, Action] | None], state: State) -> list[str]:
        path = []
        while (step := came[state]) is not None:
            state, action = step
            path.append(self._words(action))
        return path[::-1]

    def _words(self, action: Action) -> str:
        verb, agency, what = action
        if verb != "deliver":
            return f"{AGENCIES[agency]} {verb} {what}"
        message = self.messages[what]
        said = f"{message.word} {message.claim.id} epoch {message.epoch}"
        return f"{message.to} receives {said} of {message.sender}"


def _key(docket: Docket) -> object:
    own = tuple(
        sorted(
            (key, one.standing, one.epoch, tuple(sorted(one.granted_by))) for key, one in docket.own.items()
        )
    )
    theirs = tuple(sorted((key, one.bound, one.deferred, one.closed) for key, one in docket.theirs.items()))
    return docket.agency, own, theirs


def _rank(docket: Docket) -> dict[str, tuple[int, ...]]:
    order = (Standing.BLOCKED, Standing.WAITING, Standing.HELD, Standing.DECIDED)
    own = {
        f"own {key}": (10**6,)
        if one.standing is Standing.CLOSED
        else (one.epoch, order.index(one.standing), len(one.granted_by))
        for key, one in docket.own.items()
    }
    return own | {f"theirs {key}": _their_rank(one) for key, one in docket.theirs.items()}


def _their_rank(one: TheirClaim) -> tuple[int, ...]:
    return one.closed, 2 if one.bound else 1 if one.deferred else 0
