"""Executors: run chunks in this process or in a pool; a worker knows no database."""

import multiprocessing
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from functools import cache
from itertools import islice
from typing import Protocol

from pipeline.judge import ChunkResult, ChunkWork, judge_chunk
from pipeline.plates.read import PlateReader

ReaderFactory = Callable[[], PlateReader]
Outcome = tuple[ChunkWork, ChunkResult | Exception]


class Executor(Protocol):
    """Judges chunks, in any order."""

    def run(self, work: Iterable[ChunkWork]) -> Iterator[Outcome]:
        """Yield each chunk with its result, or with the error that kept it from one."""
        ...


class InlineExecutor:
    """Judges one chunk after the other in this process."""

    def __init__(self, reader: ReaderFactory) -> None:
        """Use the plate reader that `reader` makes, at the first frame."""
        self._reader = cache(reader)

    def run(self, work: Iterable[ChunkWork]) -> Iterator[Outcome]:
        """Yield results in order."""
        for chunk in work:
            try:
                yield chunk, judge_chunk(chunk, self._reader)
            except Exception as error:  # noqa: BLE001 (one bad chunk must not stop the night)
                yield chunk, error


class PoolExecutor:
    """Judges chunks in `workers` processes, each with a plate reader of its own."""

    def __init__(self, reader: ReaderFactory, workers: int) -> None:
        """Use `reader`, a picklable function, in each worker."""
        self._reader = reader
        self._workers = workers

    def run(self, work: Iterable[ChunkWork]) -> Iterator[Outcome]:
        """Yield results as they come; at most two chunks a worker are loaded at a time.

        A worker that dies takes the whole pool with it, and nobody can tell over which chunk. Those under
        way are then judged one by one, each in a pool of its own, so that only the guilty one fails.
        """
        remaining = iter(work)
        lost: list[ChunkWork] = []
        while True:
            yield from self._run_pool(remaining, lost)
            if not lost:
                return
            for chunk in lost:
                yield from self._run_alone(chunk)
            lost.clear()

    def _run_pool(self, remaining: Iterator[ChunkWork], lost: list[ChunkWork]) -> Iterator[Outcome]:
        running: dict[Future[ChunkResult], ChunkWork] = {}
        with self._pool(self._workers) as pool:
            while not lost:
                for chunk in islice(remaining, 2 * self._workers - len(running)):
                    try:
                        running[pool.submit(_judge, chunk)] = chunk
                    except BrokenProcessPool:
                        lost.append(chunk)
                if not running:
                    return
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    chunk = running.pop(future)
                    if isinstance(future.exception(), BrokenProcessPool):
                        lost.append(chunk)
                    else:
                        yield _outcome(chunk, future)
        for future, chunk in running.items():
            if isinstance(future.exception(), BrokenProcessPool):
                lost.append(chunk)
            else:
                yield _outcome(chunk, future)

    def _run_alone(self, chunk: ChunkWork) -> Iterator[Outcome]:
        with self._pool(1) as pool:
            yield _outcome(chunk, pool.submit(_judge, chunk))

    def _pool(self, workers: int) -> ProcessPoolExecutor:
        # A forked copy of a process with running inference threads can hang; a spawned one starts clean.
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(workers, context, _start_worker, (self._reader,))


def _outcome(chunk: ChunkWork, future: Future[ChunkResult]) -> Outcome:
    try:
        return chunk, future.result()
    except Exception as error:  # noqa: BLE001 (one bad chunk must not stop the night)
        return chunk, error


_worker_reader: ReaderFactory | None = None


def _start_worker(reader: ReaderFactory) -> None:
    global _worker_reader  # noqa: PLW0603 (the one thing a worker keeps between chunks)
    _worker_reader = cache(reader)


def _judge(work: ChunkWork) -> ChunkResult:
    if _worker_reader is None:
        message = "the worker was not started by PoolExecutor"
        raise RuntimeError(message)
    return judge_chunk(work, _worker_reader)
