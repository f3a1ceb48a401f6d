"""Two agencies and everything that can happen to them: a Hypothesis state machine on real databases."""

from collections.abc import Callable
from typing import Any

from agencies import HOUR_MS, NAMES, START_MS, Backup, Pair, claim_of
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from models import edges
from notices.exchange.partners import NotTakenError, UnreachableError
from notices.exchange.refusals import RefusedError
from notices.recognition.docket import Standing

FATES = ("arrives", "arrives", "lost", "reply lost", "late")
EDGES = (
    "exchange.accepted",
    "exchange.fenced",
    "exchange.resynced",
    "test.file",
    "test.decide",
    "test.release",
    "relay.taken",
)
MOST_BACKUPS = 3
agencies = st.sampled_from(NAMES)
DAY_MS = 24 * HOUR_MS


class CrashError(BaseException):
    """The process is gone: what was committed stays, what was not is lost."""


class ExchangeMachine(RuleBasedStateMachine):
    """Officers file, fine, revoke and release; the network and the processes do their worst."""

    pair: Pair  # set by the test, on the databases to be used

    @initialize()
    def begin(self) -> None:
        self.pair.clear()
        self.numbers = dict.fromkeys(NAMES, 0)
        self.now_ms = START_MS
        self.fates: list[str] = []
        self.backups: dict[str, list[Backup]] = {name: [] for name in NAMES}
        self.pair.fate = lambda: self.fates.pop() if self.fates else "arrives"

    def _alive(self, act: Callable[[], Any]) -> None:
        """Do something in a process that may die of it, or that is refused."""
        try:
            act()
        except (CrashError, UnreachableError, NotTakenError):
            pass
        except RefusedError as refused:
            if refused.reason == "incident":
                raise AssertionError(str(refused)) from refused
        finally:
            edges.listener = None

    def _pass_time(self) -> None:
        self.now_ms += 1000
        for agency in self.pair.agencies.values():
            agency.clock.now_ms += 1000

    def _own(self, name: str, *standings: Standing) -> list[str]:
        claims = self.pair[name].claims()
        return sorted(claim_id for claim_id, own in claims.items() if own.standing in standings)

    @precondition(lambda self: sum(self.numbers.values()) < 7)
    @rule(name=agencies, passed_h=st.sampled_from([0, 20, 40]), truck=st.sampled_from("12"))
    def file(self, name: str, passed_h: float, truck: str) -> None:
        self._pass_time()
        self.numbers[name] += 1
        claim = claim_of(
            name,
            self.numbers[name],
            passed_h=passed_h,
            plate=f"浙F0000{truck}",
            filed_ms=self.pair[name].clock(),
        )
        self._alive(lambda: self.pair[name].file(claim))

    def _try(self, name: str, pick: int, standings: set[Standing], act: Callable[[str], None]) -> None:
        if found := self._own(name, *standings):
            self._alive(lambda: act(found[pick % len(found)]))

    @rule(name=agencies, pick=st.integers(0, 5))
    def decide(self, name: str, pick: int) -> None:
        agency = self.pair[name]
        decision = f"罚-{name}-{self.now_ms}"
        self._pass_time()
        self._try(name, pick, {Standing.HELD}, lambda claim_id: agency.decide(claim_id, decision))

    @rule(name=agencies, pick=st.integers(0, 5))
    def revoke(self, name: str, pick: int) -> None:
        agency = self.pair[name]
        self._pass_time()
        self._try(
            name,
            pick,
            {Standing.DECIDED},
            lambda claim_id: agency.revoke(claim_id, agency.decision_on(claim_id)),
        )

    @rule(name=agencies, pick=st.integers(0, 5))
    def release(self, name: str, pick: int) -> None:
        open_ones = {Standing.BLOCKED, Standing.WAITING, Standing.HELD}
        self._try(name, pick, open_ones, self.pair[name].release)

    @rule(name=agencies, fates=st.lists(st.sampled_from(FATES), max_size=5))
    def send(self, name: str, fates: list[str]) -> None:
        """A round of the relay on a network that does this to its messages, then that."""
        self.fates = fates
        self.pair[name].clock.now_ms += 6 * 60_000
        self._alive(self.pair[name].relay.round)

    @precondition(lambda self: self.pair.late)
    @rule(pick=st.integers(0, 20))
    def arrive_late(self, pick: int) -> None:
        partner, contents = self.pair.late.pop(pick % len(self.pair.late))
        self._alive(lambda: self.pair[partner].inbox.accept(contents))

    @precondition(lambda self: self.pair.sent)
    @rule(pick=st.integers(0, 50))
    def arrive_again(self, pick: int) -> None:
        partner, contents = self.pair.sent[pick % len(self.pair.sent)]
        self._alive(lambda: self.pair[partner].inbox.accept(contents))

    @rule(edge=st.sampled_from(EDGES), when=st.sampled_from(["before", "after"]), nth=st.integers(1, 3))
    def crash_soon(self, edge: str, when: str, nth: int) -> None:
        """Let the process die that next comes to the edge the nth time; `_alive` disarms it."""
        left = [nth]

        def listen(passed: str) -> None:
            if passed == f"{edge}: {when} commit":
                left[0] -= 1
                if not left[0]:
                    edges.listener = None
                    raise CrashError(passed)

        edges.listener = listen

    @rule(name=agencies, days=st.sampled_from([-1, 0, 1]))
    def set_clock(self, name: str, days: int) -> None:
        self.pair[name].clock.now_ms = self.now_ms + days * DAY_MS

    @rule(name=agencies)
    def start_again(self, name: str) -> None:
        """A relay that starts looks into the partner's log first."""
        self.pair[name].relay.seen.clear()

    @rule(name=agencies)
    def back_up(self, name: str) -> None:
        self.backups[name] = [*self.backups[name], self.pair[name].backup()][-MOST_BACKUPS:]

    @precondition(lambda self: any(self.backups.values()))
    @rule(name=agencies, which=st.integers(0, MOST_BACKUPS - 1))
    def restore(self, name: str, which: int) -> None:
        """Lose everything since a backup; an older one may come back first, and a later one after it."""
        if found := self.backups[name]:
            edges.listener = None
            self._pass_time()
            self.pair.go_back(name, found[which % len(found)])

    @precondition(lambda self: any(agency.is_frozen for agency in self.pair.agencies.values()))
    @rule(name=agencies, fates=st.lists(st.sampled_from(FATES), max_size=6))
    def resync(self, name: str, fates: list[str]) -> None:
        """Make good what was lost, on a network and in processes that may break it off anywhere."""
        if self.pair[name].is_frozen:
            self._pass_time()
            self.fates = fates
            self._alive(lambda: self.pair.resync(name))
            self.fates = []

    @invariant()
    def never_two(self) -> None:
        self.pair.never_two()

    def teardown(self) -> None:
        edges.listener = None
        self.now_ms += HOUR_MS
        for agency in self.pair.agencies.values():
            agency.clock.now_ms = self.now_ms
        self.pair.heal()
        for partner, contents in self.pair.late:
            self._alive(lambda to=partner, late=contents: self.pair[to].inbox.accept(late))
        self.pair.heal()
        self.pair.never_none()
        self.pair.never_two()
        self._again_changes_nothing()
        self.pair.same_messages()

    def _again_changes_nothing(self) -> None:
        before = [(agency.claims(), agency.log()) for agency in self.pair.agencies.values()]
        for partner, contents in self.pair.sent[-10:]:
            self._alive(lambda to=partner, again=contents: self.pair[to].inbox.accept(again))
        assert before == [(agency.claims(), agency.log()) for agency in self.pair.agencies.values()]
