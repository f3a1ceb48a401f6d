"""Nights for the tests of the pipeline."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from nights import MakeNight, Night

from pipeline.executor import Executor
from stations.station import Station


@pytest.fixture
def make_night(
    tmp_path: Path, make_station: Callable[..., Station], new_database: Callable[[], str]
) -> Iterator[MakeNight]:
    """Return a maker of nights, each with a folder and a database of its own."""
    made: list[Night] = []

    def make(executor: Executor | None = None, chunk_size: int = 3, /, **station: object) -> Night:
        folder = tmp_path / f"night-{len(made)}"
        made.append(Night(folder, make_station(**station), new_database(), executor, chunk_size))
        return made[-1]

    yield make
    for night in made:
        night.database.close()
