"""Ask the registries many questions at once; what a source can't answer now waits with its reason."""

import asyncio
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from models.clock import clock_ms
from models.values.lookups import Purpose, WaitReason
from models.values.permits import Permit
from models.values.registry import RegisteredVehicle
from pipeline.registries.contract import Query, VehicleRegistry
from pipeline.registries.errors import PlateFailedError, SourceDownError
from pipeline.registries.line import Line
from pipeline.registries.national import National
from pipeline.registries.settings import RegistrySettings, route
from pipeline.registries.shanghai import Shanghai
from pipeline.registries.zhejiang import Zhejiang

ADAPTERS: dict[str, Callable[[RegistrySettings, Line], VehicleRegistry]] = {
    "zhejiang": Zhejiang,
    "shanghai": Shanghai,
    "national": National,
}
Found = RegisteredVehicle | tuple[Permit, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one question: `found`, or why it waits. `source` is who answered, or was to."""

    query: Query
    source: str
    asked_at_ms: int
    found: Found = None
    waits: WaitReason | None = None
    detail: str = ""
    sent: bool = True


@dataclass(slots=True, kw_only=True)
class Traffic:
    """What a run asked: requests sent by source (retries included), and sources that were down, with why."""

    sent: Counter[str] = field(default_factory=Counter)
    down: dict[str, str] = field(default_factory=dict)


Keep = Callable[[Outcome], None]


def ask(
    registries: tuple[RegistrySettings, ...],
    queries: Sequence[Query],
    keep: Keep,
    *,
    patience_s: float,
    traffic: Traffic | None = None,
) -> None:
    """Ask every question of whom it belongs to and hand each outcome to `keep`, as it comes.

    Questions of purpose PERMIT ask for permits, all others for vehicles. A source that is down is asked
    again after its pause, as long as `patience_s` is not used up; then its questions wait.
    """
    asyncio.run(_ask(registries, queries, keep, patience_s, traffic or Traffic()))


async def _ask(
    registries: tuple[RegistrySettings, ...],
    queries: Sequence[Query],
    keep: Keep,
    patience_s: float,
    traffic: Traffic,
) -> None:
    rest = {query: route(query.plate.text, registries) for query in queries}

    def settle(outcome: Outcome) -> None:
        chain = rest[outcome.query]
        if len(chain) > 1 and _is_passed_on(outcome, chain[0]):
            rest[outcome.query] = chain[1:]
        else:
            del rest[outcome.query]
            keep(outcome)

    for query in [query for query, chain in rest.items() if not chain]:
        settle(_waiting(query, "", WaitReason.NO_SOURCE))
    async with AsyncExitStack() as stack:
        sources = {one.name: await _opened(one, stack) for one in registries}
        while rest:
            by_source: defaultdict[str, list[Query]] = defaultdict(list)
            for query, chain in rest.items():
                by_source[chain[0].name].append(query)
            async with asyncio.TaskGroup() as group:
                for name, asked in by_source.items():
                    group.create_task(sources[name].ask(asked, settle, patience_s))
        for name, source in sources.items():
            traffic.sent[name] += source.line.sent if source.line else 0
            if source.down:
                traffic.down[name] = source.down


async def _opened(settings: RegistrySettings, stack: AsyncExitStack) -> "_Source":
    try:
        line = Line(settings)
    except OSError as error:
        return _Source(settings, None, down=f"{WaitReason.CERTIFICATE}: {settings.ca_file}: {error}")
    await stack.enter_async_context(line.client)
    return _Source(settings, line)


def _is_passed_on(outcome: Outcome, source: RegistrySettings) -> bool:
    """Tell whether the next registry of the agreement is asked."""
    if outcome.waits is None:
        return outcome.found is None
    return source.fallback_when == "unknown_or_down" and not outcome.sent


def _waiting(query: Query, source: str, reason: WaitReason, detail: str = "") -> Outcome:
    now_ms = clock_ms()
    return Outcome(query=query, source=source, asked_at_ms=now_ms, waits=reason, detail=detail, sent=False)


@dataclass(slots=True, kw_only=True)
class _Pass:
    """One go through the questions of a source.

    Whether a failure that may pass is the plate's own or the source's shows only when another plate is
    answered; until then its question is a suspect, and goes back if the source turns out to be down.
    """

    todo: deque[list[Query]]
    settle: Keep
    suspects: list[Outcome] = field(default_factory=list)
    down: SourceDownError | None = None

    def clear_suspects(self) -> None:
        """Let the failures stand."""
        while self.suspects:
            self.settle(self.suspects.pop())

    def end(self) -> None:
        """Let the failures stand, or put their questions back."""
        if self.down is None:
            self.clear_suspects()
        self.todo.extend([one.query] for one in self.suspects)


class _Source:
    """One registry and the questions put to it, several at a time; without a line nothing can be asked."""

    def __init__(self, settings: RegistrySettings, line: Line | None, down: str = "") -> None:
        self.line, self.down = line, down
        self._settings = settings
        self._registry = ADAPTERS[settings.kind](settings, line) if line else None

    async def ask(self, queries: Sequence[Query], settle: Keep, patience_s: float) -> None:
        """Ask all, sleep through what pauses patience allows, and let wait what is left."""
        if self.line is None or self._registry is None:
            for query in queries:
                settle(_waiting(query, self._settings.name, WaitReason.CERTIFICATE, self.down))
            return
        clock = asyncio.get_running_loop().time
        # Where another registry stands in, nobody waits for this one.
        stands_in = self._settings.fallback and self._settings.fallback_when == "unknown_or_down"
        until = clock() + (0 if stands_in else patience_s)
        todo = self._batches(self._registry, queries)
        error = await self._pass(todo, settle, workers=2 * self._settings.concurrency)
        while error is not None:
            self.down = str(error)
            pause_s = self.line.breaker.closed_in_s
            if pause_s is None or clock() + pause_s > until:
                break
            await asyncio.sleep(pause_s)
            # One goes ahead to see whether the source is back.
            first = deque([todo.popleft()])
            error = await self._pass(first, settle, workers=1)
            todo.extendleft(first)
            if error is None:
                error = await self._pass(todo, settle, workers=2 * self._settings.concurrency)
        for batch in todo:
            for query in batch:
                reason = error.reason if error else WaitReason.SOURCE_DOWN
                settle(_waiting(query, self._settings.name, reason, self.down))

    @staticmethod
    def _batches(registry: VehicleRegistry, queries: Sequence[Query]) -> deque[list[Query]]:
        """Return the questions in batches, permits and vehicles apart."""
        size = registry.batch
        batches: deque[list[Query]] = deque()
        for wants_permits in (False, True):
            of_kind = [one for one in queries if (one.purpose is Purpose.PERMIT) is wants_permits]
            batches.extend(of_kind[start : start + size] for start in range(0, len(of_kind), size))
        return batches

    async def _pass(self, todo: deque[list[Query]], settle: Keep, workers: int) -> SourceDownError | None:
        """Ask until nothing is left or the source is down; what was not answered stays in `todo`."""
        one = _Pass(todo=todo, settle=settle)
        async with asyncio.TaskGroup() as group:
            # More workers than places: one that waits to try again keeps no place from the others.
            for _ in range(min(workers, len(todo))):
                group.create_task(self._work(one))
        one.end()
        return one.down

    async def _work(self, one: "_Pass") -> None:
        while one.todo and one.down is None:
            batch = one.todo.popleft()
            try:
                await self._ask_batch(batch, one.settle)
                one.clear_suspects()
            except SourceDownError as error:
                one.todo.append(batch)
                one.down = error
            except PlateFailedError as error:
                if len(batch) > 1:
                    # One of them spoils the answer for all: apart, only the guilty one fails.
                    one.todo.extendleft([query] for query in batch)
                elif error.reason.may_pass:
                    one.suspects.append(self._outcome(batch[0], error))
                else:
                    one.settle(self._outcome(batch[0], error))

    async def _ask_batch(self, batch: list[Query], settle: Keep) -> None:
        if self._registry is None:
            raise AssertionError  # `ask` has seen to it
        answers: Sequence[Found | PlateFailedError]
        if batch[0].purpose is Purpose.PERMIT:
            answers = await self._registry.permits(batch)
        else:
            answers = await self._registry.vehicles(batch)
        for query, answer in zip(batch, answers, strict=True):
            settle(self._outcome(query, answer))

    def _outcome(self, query: Query, answer: Found | PlateFailedError) -> Outcome:
        name, now_ms = self._settings.name, clock_ms()
        if isinstance(answer, PlateFailedError):
            return Outcome(
                query=query, source=name, asked_at_ms=now_ms, waits=answer.reason, detail=str(answer)
            )
        return Outcome(query=query, source=name, asked_at_ms=now_ms, found=answer)
