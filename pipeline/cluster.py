"""Chunks judged on other machines, by a dask cluster: what comes back is what a process here would give.

A worker knows no database. It needs this program in the same version and the originals under the same path,
since what it says of a frame is evidence. Each worker is asked for its version before it gets a chunk; one
that does not see the originals refuses, and its chunks go to the others for the rest of the night.
"""

import hashlib
import logging
import pickle
import queue
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from models.errors import MisuseError, UnavailableError
from pipeline.executor import Outcome, ReaderFactory
from pipeline.judge import ChunkResult, ChunkWork, judge_chunk

if TYPE_CHECKING:
    from distributed import Client, Future

ROOMS = ("models", "stations", "pipeline")
CODE = (".py", ".toml", ".npz")
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
# How often it is looked which workers are left, and whether there is one at last.
LOOK_S, POLL_S = 5.0, 0.2
LOGGER = logging.getLogger(__name__)
_one_at_a_time = threading.Lock()


class ClusterUnavailableError(UnavailableError, RuntimeError):
    """The cluster can't be reached, or has no fit worker left; chunks that came back are kept."""


class WorkerUnfitError(RuntimeError):
    """The worker at an address would not judge as this machine does, and why."""


@dataclass(slots=True)
class _Night:
    """One run on a cluster: what is under way, and by address which workers were asked and which refused."""

    client: "Client"
    running: "dict[Future[ChunkResult], tuple[ChunkWork, set[str]]]" = field(default_factory=dict)
    again: list[ChunkWork] = field(default_factory=list)
    asked: "dict[str, Future[None]]" = field(default_factory=dict)
    unfit: dict[str, str] = field(default_factory=dict)
    there: set[str] = field(default_factory=set)
    looked_at: float = -POLL_S

    def fit(self) -> set[str]:
        """Return the addresses of workers that are there, said that they are fit and refused nothing."""
        if time.monotonic() >= self.looked_at + POLL_S:
            self.looked_at = time.monotonic()
            self.there = set(self.client.scheduler_info(n_workers=-1)["workers"])
            self._ask()
        for address in self.there - self.unfit.keys():
            if self.asked[address].status == "error":
                # One of another version may not even understand what it is asked.
                error = self.asked[address].exception()
                self._refused(address, error.args[1] if isinstance(error, WorkerUnfitError) else repr(error))
        return {one for one in self.there - self.unfit.keys() if self.asked[one].status == "finished"}

    def is_hopeless(self) -> bool:
        """Tell whether every worker that is there refused; one that did not answer yet may be busy."""
        return self.unfit.keys() >= self.there

    def _ask(self) -> None:
        """Ask workers that are new, before whatever else waits for them, and forget those that left."""
        left = {one for one, asked in self.asked.items() if one not in self.there or asked.cancelled()}
        for address in left:
            del self.asked[address]
        for address in self.there - self.asked.keys():
            self.asked[address] = self.client.submit(
                check_fit, fingerprint(), pure=False, workers=[address], priority=1
            )

    def _refused(self, address: str, why: str) -> None:
        if address not in self.unfit:
            LOGGER.warning("cluster.worker_unfit", extra={"worker": address, "reason": why})
        self.unfit[address] = why

    def send(self, chunk: ChunkWork, reader: bytes, fit: set[str]) -> "Future[ChunkResult]":
        """Send a chunk to one of the fit workers."""
        # One that is lost here too is judged as it would be here.
        seen = [frame.path for frame in chunk.frames if is_there(frame.path)]
        sent = self.client.submit(
            _judge_there, chunk, reader, fingerprint(), seen, pure=False, workers=sorted(fit)
        )
        self.running[sent] = (chunk, fit)
        return sent

    def take_back(self, fit: set[str]) -> None:
        """Take back the chunks that are bound to workers of which none is left."""
        for sent in [sent for sent, (_, bound) in self.running.items() if not bound & fit]:
            self.again.append(self.running.pop(sent)[0])
            sent.cancel()

    def offered_again(self) -> Iterator[ChunkWork]:
        """Yield the chunks that were refused or taken back."""
        while self.again:
            yield self.again.pop()

    def outcome(self, future: "Future[ChunkResult]") -> Outcome | None:
        """Return what became of a chunk, or None where it is to be offered again."""
        if future not in self.running:
            return None
        chunk, _ = self.running.pop(future)
        if future.cancelled():
            raise ClusterUnavailableError("the scheduler was lost; what came back is kept")
        error = future.exception()
        if isinstance(error, WorkerUnfitError):
            # Not the chunk's fault; and such a worker refuses faster than others judge.
            self._refused(*error.args)
            self.again.append(chunk)
            return None
        if error is not None:
            return chunk, error if isinstance(error, Exception) else RuntimeError(str(error))
        return chunk, future.result()


class ClusterExecutor:
    """Judges chunks on the workers of a dask scheduler; one whose worker dies goes to another."""

    def __init__(self, reader: ReaderFactory, scheduler: str, *, patience_s: float = 60) -> None:
        """Use `reader`, a picklable function, on each worker of `scheduler`, such as tls://host:8786.

        Where no worker is left for `patience_s` the night ends; the next run goes on from there.

        Raises:
            MisuseError: the address is no dask address, or leads over a network without TLS.

        """
        place = urlsplit(scheduler)
        if place.scheme not in {"tls", "tcp"} or not place.hostname or not place.port:
            raise MisuseError(f"scheduler {scheduler!r}: expected tls://host:port")
        if place.scheme == "tcp" and place.hostname not in LOOPBACK:
            # Whoever reaches a dask port without a certificate runs code of his own on every worker.
            raise MisuseError(f"scheduler {scheduler!r}: tls:// is needed beyond this machine")
        self._reader = pickle.dumps(reader)
        self._scheduler = scheduler
        self._patience_s = patience_s

    def run(self, work: Iterable[ChunkWork]) -> Iterator[Outcome]:
        """Yield results as they come; at most two chunks a worker are loaded at a time."""
        remaining: Iterator[ChunkWork] = iter(work)
        done: queue.SimpleQueue[Future[ChunkResult]] = queue.SimpleQueue()
        with self._client() as client:
            night = _Night(client)
            while True:
                fit = self._fit(night)
                night.take_back(fit)
                room = 2 * len(fit) - len(night.running)
                for chunk in islice(chain(night.offered_again(), remaining), max(room, 0)):
                    night.send(chunk, self._reader, fit).add_done_callback(done.put)
                if not night.running:
                    return
                try:
                    future = done.get(timeout=LOOK_S)
                except queue.Empty:
                    continue
                if outcome := night.outcome(future):
                    yield outcome

    def _fit(self, night: _Night) -> set[str]:
        """Return the addresses of workers that refused nothing, after waiting for one if there is none."""
        end = time.monotonic() + self._patience_s
        while not (fit := night.fit()):
            if time.monotonic() > end and night.is_hopeless():
                reasons = "; ".join(f"{one}: {why}" for one, why in sorted(night.unfit.items()))
                message = reasons or "start `dask worker` on a machine"
                raise ClusterUnavailableError(f"scheduler {self._scheduler}: no fit worker; {message}")
            time.sleep(POLL_S)
        return fit

    @contextmanager
    def _client(self) -> Iterator["Client"]:
        try:
            from distributed import Client  # noqa: PLC0415 (an extra)
        except ImportError as error:
            raise MisuseError("a scheduler is set, but the package distributed is not installed") from error
        try:
            client = Client(self._scheduler, timeout=self._patience_s, set_as_default=False)
        except (OSError, ValueError) as error:
            raise ClusterUnavailableError(f"scheduler {self._scheduler}: {error}") from error
        with client:
            yield client


@cache
def fingerprint() -> str:
    """Return a digest of all that decides how a chunk is judged: code, rules and fitted values."""
    digest = hashlib.sha256()
    root = Path(__file__).parents[1]
    paths = (path for room in ROOMS for path in (root / room).rglob("*") if path.suffix in CODE)
    for path in sorted(paths):
        digest.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def is_there(original: Path) -> bool:
    """Tell whether this machine sees an original."""
    return original.is_file()


@cache
def _factory(reader: bytes) -> ReaderFactory:
    made: ReaderFactory = pickle.loads(reader)  # noqa: S301 (a task of dask is itself such a pickle)
    return cache(made)


def check_fit(expected: str) -> None:
    """Raise on a worker of another version; every version is asked by this name and argument.

    Raises:
        WorkerUnfitError: the worker's fingerprint is not the expected one.

    """
    from distributed import get_worker  # noqa: PLC0415 (an extra)

    if fingerprint() != expected:
        raise WorkerUnfitError(get_worker().address, "runs another version of this program")


def _judge_there(work: ChunkWork, reader: bytes, expected: str, originals: Sequence[Path]) -> ChunkResult:
    """Judge a chunk on a worker."""
    from distributed import get_worker  # noqa: PLC0415 (an extra)

    # Since it was asked it may have begun again at the same address.
    check_fit(expected)
    if absent := next((path for path in originals if not is_there(path)), None):
        # A frame that can't be opened would be taken for a damaged one.
        raise WorkerUnfitError(get_worker().address, f"does not see the originals: {absent}")
    # A plate reader serves one at a time, however many threads the worker was given.
    with _one_at_a_time:
        return judge_chunk(work, _factory(reader))
