from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from timetable import Timetable


@pytest.fixture
def timetable(tmp_path: Path, new_database: Callable[[], str]) -> Iterator[Timetable]:
    made = Timetable(tmp_path, new_database())
    yield made
    made.database.close()
