"""Gathers what comes at the same time into one transaction: each waits for its own receipt."""

import asyncio
from collections.abc import Sequence

from stations.push.refusals import RefusedError
from stations.push.take_in import Delivery, Receipt, TakeIn

# A transaction of more would keep others from the database for too long.
FILES_MAX, BYTES_MAX = 200, 32 << 20
Answer = Receipt | RefusedError


class Gather:
    """One take-in at a time; while it commits, the next ones gather."""

    def __init__(self, take_in: TakeIn) -> None:
        """Take in by `take_in`, in a thread."""
        self._take_in = take_in
        self._waiting: list[tuple[Delivery, asyncio.Future[Answer]]] = []
        self._task: asyncio.Task[None] | None = None

    async def take(self, deliveries: Sequence[Delivery]) -> list[Answer]:
        """Return what became of each delivery once that is durable."""
        loop = asyncio.get_running_loop()
        answers: list[asyncio.Future[Answer]] = [loop.create_future() for _ in deliveries]
        self._waiting += zip(deliveries, answers, strict=True)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._drain())
        # A sender that goes away must not take the others' answers with it.
        return await asyncio.shield(asyncio.gather(*answers))

    async def _drain(self) -> None:
        while self._waiting:
            batch = self._next()
            try:
                answers = await asyncio.to_thread(self._take_in.take, [delivery for delivery, _ in batch])
            except BaseException as error:
                for _, future in batch:
                    future.set_exception(error)
                raise
            for (_, future), answer in zip(batch, answers, strict=True):
                future.set_result(answer)

    def _next(self) -> list[tuple[Delivery, asyncio.Future[Answer]]]:
        """Take out what fits into one transaction, at least one."""
        size_bytes = count = 0
        for delivery, _ in self._waiting[:FILES_MAX]:
            size_bytes += len(delivery.body)
            if count and size_bytes > BYTES_MAX:
                break
            count += 1
        batch, self._waiting = self._waiting[:count], self._waiting[count:]
        return batch
