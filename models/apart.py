"""Work on what strangers send, done apart: in a process of its own, with bounds on time and memory.

A few kilobytes can unfold into gigabytes, or keep a reader busy for hours; that must cost the stranger's
answer and nothing else. Two libraries' own bounds are not relied on.
"""

import multiprocessing
import resource
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from threading import BoundedSemaphore
from typing import Any, Generic, TypeVar, cast

from models.errors import NotDoneError

MIB = 1 << 20
T = TypeVar("T")


class TooMuchError(NotDoneError):
    """The work took more time or memory than it may, or too much of it waits; nothing came of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Apart:
    """Where such work is done: at most `at_once` pieces, each with its bounds.

    `preload` names modules that the work needs; loaded once, they cost each piece nothing.
    """

    preload: tuple[str, ...] = ()
    seconds: int = 10
    memory_bytes: int = 1024 * MIB
    at_once: int = 2
    _places: BoundedSemaphore = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_places", BoundedSemaphore(self.at_once))

    def run(self, function: Callable[..., T], *given: Any) -> T:  # noqa: ANN401 (arguments of any function)
        """Return what the function makes of what is given; both are pickled, and so is what it raises.

        Raises:
            TooMuchError: it broke a bound or its process died, or all places stayed taken.
            Exception: what the function raised.

        """
        if not self._places.acquire(timeout=self.seconds):
            raise TooMuchError("too much of this is being done at once")
        try:
            return self._run(function, given)
        finally:
            self._places.release()

    def _run(self, function: Callable[..., T], given: tuple[Any, ...]) -> T:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(list(self.preload))
        ours, theirs = context.Pipe(duplex=False)
        bounds = (self.seconds, self.memory_bytes)
        process = context.Process(target=_work, args=(theirs, bounds, function, given), daemon=True)
        with ours:
            process.start()
            theirs.close()
            try:
                if not ours.poll(self.seconds):
                    raise TooMuchError(f"not done within {self.seconds} s")
                told: _Told[T] = ours.recv()
            except EOFError as error:
                allowed = f"{self.seconds} s and {self.memory_bytes // MIB} MiB"
                raise TooMuchError(f"it died, {allowed} were allowed") from error
            finally:
                process.kill()
                process.join()
                process.close()
        if told.problem is not None:
            raise told.problem
        return cast("T", told.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told(Generic[T]):
    value: T | None = None
    problem: Exception | None = None


def _work(
    answer: Connection, bounds: tuple[int, int], function: Callable[..., Any], given: tuple[Any, ...]
) -> None:
    seconds, memory_bytes = bounds
    # Where its parent has died, the processor's own clock ends it.
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        told = _Told(value=function(*given))
    except MemoryError:
        return
    except Exception as error:  # noqa: BLE001 (raised again by the one that asked)
        told = _Told(problem=error)
    answer.send(told)
