"""Work done apart: its answer, its error, and what happens when it breaks a bound."""

import operator
import time

import pytest

from models.apart import MIB, Apart, TooMuchError


def test_what_comes_of_it_comes_back_and_so_does_its_error() -> None:
    apart = Apart()
    assert apart.run(operator.mul, 2, 21) == 42
    with pytest.raises(ValueError, match="why"):
        apart.run(int, "why")


def test_a_bound_broken_costs_the_answer_and_no_more() -> None:
    # A second is for the piece that overruns it alone: a busy machine may need longer to begin the others.
    with pytest.raises(TooMuchError, match="not done within 1 s"):
        Apart(seconds=1).run(time.sleep, 60)
    apart = Apart(seconds=60, memory_bytes=512 * MIB)
    with pytest.raises(TooMuchError, match="512 MiB were allowed"):
        apart.run(bytearray, 4096 * MIB)
    assert apart.run(operator.mul, 2, 1) == 2


def test_no_more_is_done_at_once_than_there_are_places() -> None:
    apart = Apart(seconds=1, at_once=1)
    assert apart._places.acquire()
    with pytest.raises(TooMuchError, match="at once"):
        apart.run(operator.mul, 2, 21)
