"""The decoder against any plate, against brute force, and where the recogniser slips."""

import itertools
import math
from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from pipeline.plates.decode import PlateDecoder
from pipeline.plates.grammar import PATTERNS, Pattern
from pipeline.plates.spell import log_likelihoods

ALPHABET = ("blank", *sorted({c for p in PATTERNS for s in p.slots for c in s}), "I", "l", "·", "疗")
DECODER = PlateDecoder(ALPHABET)


def softmax_of(steps: Iterable[tuple[str, float]]) -> NDArray[np.float32]:
    """Return T x C probabilities: at each step the class has its probability, the rest share what is left."""
    rows = []
    for character, probability in steps:
        row = np.full(len(ALPHABET), (1 - probability) / (len(ALPHABET) - 1), dtype=np.float32)
        row[ALPHABET.index(character)] = probability
        rows.append(row)
    return np.array(rows)


def spelled(text: Iterable[str], probability: float = 0.9) -> NDArray[np.float32]:
    """Return the output of a recogniser that prints `text` with a blank after every character."""
    return softmax_of((step, probability) for character in text for step in (character, "blank"))


@st.composite
def plate_outputs(draw: st.DrawFn) -> tuple[str, list[float], NDArray[np.float32]]:
    """Draw a plate, the best probability of each character, and an output that says so."""
    pattern = draw(st.sampled_from(PATTERNS))
    text = "".join(draw(st.sampled_from(slot)) for slot in pattern.slots)
    sure = st.floats(0.75, 0.99)
    steps, peaks, previous = [], [], ""
    for character in text:
        gap = draw(st.integers(int(character == previous), 2))
        steps += [("blank", 0.9)] * gap
        run = draw(st.lists(sure, min_size=1, max_size=3))
        steps += [(character, probability) for probability in run]
        peaks.append(max(run))
        previous = character
    return text, peaks, softmax_of(steps)


@given(plate_outputs())
@settings(deadline=None)
def test_any_plate_is_read_back(case: tuple[str, list[float], NDArray[np.float32]]) -> None:
    text, peaks, output = case
    decoded = DECODER.decode(output)
    assert decoded is not None
    assert decoded.text == text
    assert decoded.pattern.matches(text)
    # Look-alikes add the little that the rest of the alphabet shares.
    assert decoded.characters == pytest.approx(peaks, abs=0.02)
    assert decoded.confidence == pytest.approx(math.prod(decoded.characters))


TINY = ("blank", "A", "B", "D")
TINY_PATTERNS = (
    Pattern(name="two", slots=("AB", "BD")),
    Pattern(name="three", slots=("A", "AB", "ABD")),
    Pattern(name="twins", slots=("D", "D")),
)


def brute_force(output: NDArray[np.float64]) -> dict[str, float]:
    """Return every plate's best alignment score, by trying every path."""
    scores: dict[str, float] = {}
    for path in itertools.product(range(len(TINY)), repeat=len(output)):
        text = "".join(TINY[symbol] for symbol, _ in itertools.groupby(path) if symbol)
        if any(pattern.matches(text) for pattern in TINY_PATTERNS):
            score = math.prod(float(row[symbol]) for row, symbol in zip(output, path, strict=True))
            scores[text] = max(scores.get(text, 0.0), score)
    return scores


@given(
    hnp.arrays(np.float64, st.tuples(st.integers(0, 6), st.just(len(TINY))), elements=st.floats(0.01, 1.0))
)
@settings(deadline=None)
def test_agrees_with_brute_force(weights: NDArray[np.float64]) -> None:
    output = weights / weights.sum(axis=1, keepdims=True)
    decoded = PlateDecoder(TINY, TINY_PATTERNS).decode(output)
    scores = brute_force(output)
    if decoded is None:
        assert scores == {}
    else:
        assert scores[decoded.text] == pytest.approx(max(scores.values()))


def test_trailer_sign_and_guangxi_stay_apart() -> None:
    decoded = DECODER.decode(spelled("桂A1234挂"))
    assert decoded is not None
    assert decoded.text == "桂A1234挂"


def test_impossible_characters_give_way_to_possible_ones() -> None:
    output = softmax_of([("浙", 0.9), ("F", 0.9), *[("8", 0.9), ("blank", 0.9)] * 4, ("桂", 0.9)])
    output[-1, ALPHABET.index("挂")] = 0.05
    decoded = DECODER.decode(output)
    assert decoded is not None
    assert decoded.text == "浙F8888挂"
    assert decoded.characters[-1] == pytest.approx(0.05, abs=0.01)


@pytest.mark.parametrize(
    ("printed", "text"), [("粤021609", "粤O21609"), ("浙A1I3l5", "浙A11315"), ("浙A·12345", "浙A12345")]
)
def test_look_alikes_and_dots_cost_no_confidence(printed: str, text: str) -> None:
    decoded = DECODER.decode(spelled(printed))
    assert decoded is not None
    assert decoded.text == text
    assert min(decoded.characters) == pytest.approx(0.9, abs=0.01)


def test_noise_has_no_confidence() -> None:
    decoded = DECODER.decode(spelled("疗" * 8))
    assert decoded is not None
    assert decoded.confidence < 1e-6


def test_too_short_for_any_plate() -> None:
    assert DECODER.decode(spelled("浙A1")) is None
    assert DECODER.decode(softmax_of([]).reshape(0, len(ALPHABET))) is None


def test_wrong_shape_is_named() -> None:
    with pytest.raises(ValueError, match=rf"expected T x {len(ALPHABET)}, got \(3, 2\)"):
        DECODER.decode(np.zeros((3, 2), dtype=np.float32))


def test_alphabet_must_hold_the_grammar() -> None:
    with pytest.raises(ValueError, match="lacks 挂"):
        PlateDecoder([c for c in ALPHABET if c != "挂"])


def test_the_dot_between_office_and_serial_costs_nothing() -> None:
    plain, dotted = (
        DECODER.emissions(softmax_of([*((one, 0.99) for one in "浙A"), (between, 0.99), *serial]))
        for serial in [[(one, 0.99) for one in "12345"]]
        for between in ("blank", "·")
    )
    likelihoods = log_likelihoods([plain, dotted], ["浙A12345"], DECODER.symbols)[:, 0]
    assert likelihoods[1] == pytest.approx(likelihoods[0], abs=1e-3)
