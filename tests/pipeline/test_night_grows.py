"""What a night asks of the database for a chunk is the same however many there are."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from hs_file import hs_row, write_hs
from nights import MakeNight, Night
from sqlalchemy import event

from models.database import Database


@contextmanager
def asked(database: Database) -> Iterator[list[int]]:
    """Collect the number of values that each statement is given."""
    counts: list[int] = []

    def listen(*call: Any) -> None:  # noqa: ANN401 (the event's own arguments)
        _, _, _, values, _, many = call
        counts.append(1 if many else len(values))

    event.listen(database.engine, "before_cursor_execute", listen)
    try:
        yield counts
    finally:
        event.remove(database.engine, "before_cursor_execute", listen)


def write_trucks(night: Night, count: int) -> None:
    clocks = [f"2026-06-18 {one // 60:02d}:{one % 60:02d}:00.000" for one in range(count)]
    write_hs(night.inbox / "night.csv", [hs_row(clock, 40_000) for clock in clocks])


def test_a_chunk_asks_as_much_of_the_database_in_a_night_of_many_chunks(make_night: MakeNight) -> None:
    told = []
    for chunks in (20, 80):
        night = make_night(None, 3)
        write_trucks(night, 3 * chunks)
        with asked(night.database) as values:
            night.run()
        told.append((len(values) / chunks, sum(values) / chunks))
    (statements, given), (statements_of_many, given_of_many) = told
    assert statements_of_many <= statements
    assert given_of_many <= given
