from collections.abc import Callable, Iterator

import pytest
from agencies import Pair


@pytest.fixture
def pair(new_database: Callable[[], str]) -> Iterator[Pair]:
    made = Pair([new_database(), new_database()])
    yield made
    made.close()
