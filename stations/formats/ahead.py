"""Work ahead: the next item is prepared in a thread while the last one is used."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")


def ahead(items: Iterator[Item]) -> Iterator[Item]:
    """Yield the same items and raise the same error; at most one item is held in advance."""
    with ThreadPoolExecutor(1) as thread:
        coming = thread.submit(lambda: next(items, None))
        while (item := coming.result()) is not None:
            coming = thread.submit(lambda: next(items, None))
            yield item
