"""The forward sums of CTC against every path there is, and the rivals of a plate."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from pipeline.plates.decode import PlateDecoder
from pipeline.plates.grammar import Pattern
from pipeline.plates.spell import log_likelihoods, with_rivals

SYMBOLS = ("A", "B", "D")
PATTERN = Pattern(name="two", slots=("AB", "ABD"))
TEXTS = ("A", "AB", "AA", "BAD", "DD")


def by_every_path(output: NDArray[np.float64], text: str) -> float:
    """Return the summed probability of the paths that spell the text."""
    total = 0.0
    for path in itertools.product(range(len(SYMBOLS) + 1), repeat=len(output)):
        if "".join(SYMBOLS[one - 1] for one, _ in itertools.groupby(path) if one) == text:
            total += math.prod(float(row[one]) for row, one in zip(output, path, strict=True))
    return total


@given(hnp.arrays(np.float64, st.tuples(st.integers(3, 6), st.just(4)), elements=st.floats(0.01, 1.0)))
@settings(deadline=None, max_examples=30)
def test_agrees_with_every_path(weights: NDArray[np.float64]) -> None:
    output = weights / weights.sum(axis=1, keepdims=True)
    [logs] = log_likelihoods([output], TEXTS, SYMBOLS)
    assert np.exp(logs) == pytest.approx([by_every_path(output, text) for text in TEXTS], rel=1e-6, abs=1e-9)


def test_a_text_too_long_for_the_steps_is_as_good_as_impossible() -> None:
    assert log_likelihoods([np.full((2, 4), 0.25)], ["BAD"], SYMBOLS)[0, 0] < -20


def test_rivals_differ_in_one_place_where_the_grammar_lets_them() -> None:
    output = np.array([[0.1, 0.7, 0.1, 0.1], [0.9, 0.0, 0.1, 0.0], [0.1, 0.1, 0.5, 0.3]])
    decoder = PlateDecoder(("blank", *SYMBOLS), (PATTERN,), {})
    decoded = decoder.decode(output)
    assert decoded is not None
    texts = with_rivals(decoded, output, SYMBOLS)
    assert texts[0] == decoded.text == "AB"
    assert set(texts[1:]) == {"BB", "AA", "AD"}
    # the likelier rival first
    assert texts.index("AD") < texts.index("AA")
