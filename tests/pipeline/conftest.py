"""Nights for the tests of the pipeline."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from nights import MakeNight, Night
from second_looks import Blind, CornerReader, MakeLooking, corner_reader

from pipeline.executor import Executor, InlineExecutor
from pipeline.look_again import SecondLook
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


@pytest.fixture
def night(make_night: MakeNight) -> Night:
    return make_night()


@pytest.fixture
def detector() -> Blind:
    return Blind()


@pytest.fixture
def make_looking(make_night: MakeNight, detector: Blind) -> MakeLooking:
    """Return a maker of nights that look again."""

    def new(reader: Callable[[], CornerReader] = corner_reader, chunk_size: int = 50, /) -> Night:
        night = make_night(InlineExecutor(reader), chunk_size)
        run = night.run_all
        night.run_all = replace(run, second_look=SecondLook(run.database, run.store, lambda: detector))
        return night

    return new
