"""Chunks judged on other machines, by a dask cluster: what comes back is what a process here would give.

A worker knows no database. It needs this program in the same version and the originals under the same path; a
worker that lacks either refuses the chunk, since what it would say of a frame is evidence.
"""

import hashlib
import pickle
import queue
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from itertools import islice
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
# How often it is looked whether any worker is left.
LOOK_S = 5.0
_one_at_a_time = threading.Lock()


class ClusterUnavailableError(UnavailableError, RuntimeError):
    """The cluster can't be reached, or has no worker left; chunks that came back are kept."""


class WorkerUnfitError(RuntimeError):
    """A worker would not judge as this machine does."""


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
        running: dict[Future[ChunkResult], ChunkWork] = {}
        done: queue.SimpleQueue[Future[ChunkResult]] = queue.SimpleQueue()
        with self._client() as client:
            while True:
                room = 2 * self._workers(client) - len(running)
                for chunk in islice(remaining, max(room, 0)):
                    sent = client.submit(_judge_there, chunk, self._reader, fingerprint(), pure=False)
                    running[sent] = chunk
                    sent.add_done_callback(done.put)
                if not running:
                    return
                try:
                    future = done.get(timeout=LOOK_S)
                except queue.Empty:
                    continue
                yield running.pop(future), _result(future)

    def _workers(self, client: "Client") -> int:
        """Return how many workers there are, after waiting for one if there is none."""
        if not (count := len(client.scheduler_info(n_workers=-1)["workers"])):
            try:
                client.wait_for_workers(1, timeout=self._patience_s)
            except TimeoutError:
                message = f"scheduler {self._scheduler}: no worker; start `dask worker` on a machine"
                raise ClusterUnavailableError(message) from None
        return max(count, 1)

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


def _result(future: "Future[ChunkResult]") -> ChunkResult | Exception:
    if future.cancelled():
        raise ClusterUnavailableError("the scheduler was lost; what came back is kept")
    error = future.exception()
    if error is not None:
        return error if isinstance(error, Exception) else RuntimeError(str(error))
    result: ChunkResult = future.result()
    return result


@cache
def fingerprint() -> str:
    """Return a digest of all that decides how a chunk is judged: code, rules and fitted values."""
    digest = hashlib.sha256()
    root = Path(__file__).parents[1]
    paths = (path for room in ROOMS for path in (root / room).rglob("*") if path.suffix in CODE)
    for path in sorted(paths):
        digest.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes())
    return digest.hexdigest()


@cache
def _factory(reader: bytes) -> ReaderFactory:
    made: ReaderFactory = pickle.loads(reader)  # noqa: S301 (a task of dask is itself such a pickle)
    return cache(made)


def _judge_there(work: ChunkWork, reader: bytes, expected: str) -> ChunkResult:
    """Judge a chunk on a worker."""
    if fingerprint() != expected:
        raise WorkerUnfitError("the worker runs another version of this program")
    if absent := next((frame.path for frame in work.frames if not frame.path.is_file()), None):
        # A frame that can't be opened would be taken for a damaged one.
        raise WorkerUnfitError(f"the worker does not see the originals: {absent}")
    # A plate reader serves one at a time, however many threads the worker was given.
    with _one_at_a_time:
        return judge_chunk(work, _factory(reader))
