"""From evidence to probability: the parameters fit the features, and more evidence never makes less sure."""

import math
import tomllib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from models.values.plates import MOST_DOUBTED, PlateColour
from pipeline.plates.calibration import PARAMETERS, characters, confidence, evidence_of
from pipeline.plates.decode import PlateDecoder
from pipeline.plates.find import Candidate
from pipeline.plates.grammar import PATTERNS
from pipeline.plates.sighting import Sighting
from pipeline.plates.weigh import View, Weighed

ALPHABET = ("blank", *sorted({c for p in PATTERNS for s in p.slots for c in s}))
SYMBOLS = PlateDecoder(ALPHABET, lookalikes={}).symbols

NAMES = [name for name in tomllib.loads(PARAMETERS.read_text("utf-8"))["logistic"] if name != "intercept"]
AGAINST = {
    "narrow",
    "anhui_in_doubt",
    "contradicted",
    "short",
    "cut_off",
    "overlaid",
    "province_alone",
    "rivalled",
}
CLEAR = {
    "odds": 9.0, "province_at_best": 0.0, "province_in_the_middle": 0.0, "province_at_worst": 0.0,
    "province_on_average": 0.0, "serial_at_best": 0.0, "serial_in_the_middle": 0.0, "serial_at_worst": 0.0,
    "least_on_average": 0.0, "agreeing": 1.0, "colour_fits": 1.0, "narrow": 0.0,
    "score": 1.0, "anhui_in_doubt": 0.0, "contradicted": 0.0, "short": 0.0, "cut_off": 0.0,
    "overlaid": 0.0, "province_alone": 0.0, "rivalled": 0.0,
}  # fmt: skip


def weighed(peaks: NDArray[np.float64]) -> Weighed:
    return Weighed(
        plates=(("浙F12345", 1.0),),
        recognisers=("first",) * len(peaks),
        peaks=peaks,
        weights=np.full(len(peaks), 1 / len(peaks)),
        agreeing=np.ones(len(peaks), dtype=np.bool_),
        rivals=np.zeros(len(peaks)),
    )


def test_every_feature_has_its_parameter() -> None:
    assert set(NAMES) == set(CLEAR)


def test_a_clear_plate_is_nearly_certain_and_a_faint_one_is_not() -> None:
    assert confidence(CLEAR) > 0.95
    faint = CLEAR | {"odds": 0.0, "least_on_average": -3.0, "serial_at_worst": -14.0, "agreeing": 0.2}
    assert confidence(faint) < confidence(CLEAR) - 0.2


@pytest.mark.parametrize("doubt", ["province_alone", "rivalled"])
def test_nothing_is_certain_in_which_a_character_is_doubted(doubt: str) -> None:
    assert confidence(CLEAR) > MOST_DOUBTED
    certain = CLEAR | {"odds": 1000.0}
    assert confidence(certain | {doubt: 1.0}) <= MOST_DOUBTED < confidence(certain)


def seen_as(
    text: str, place: int, other: str, share: float, by: str = "first", sure: float = 0.98
) -> Sighting:
    """Return a plate that three recognisers read alike; one also thinks of `other` in one place."""
    decoder = PlateDecoder(ALPHABET, lookalikes={})
    views = []
    for name in ("second", "first", "third"):
        output = np.full((2 * len(text), len(ALPHABET)), 1e-6, dtype=np.float32)
        each = sure if name == by else 0.98
        output[0::2][np.arange(len(text)), [ALPHABET.index(c) for c in text]] = each
        output[2 * place, ALPHABET.index(other)] = share * (name == by)
        output[1::2, 0] = 1.0
        emissions = decoder.emissions(output)
        views.append(
            View(recogniser=name, emissions=emissions, decoded=decoder.decode_lengths(emissions, 0.9))
        )
    outline = np.array([[0, 0], [140, 0], [140, 44], [0, 44]], dtype=np.float32)
    return Sighting(
        candidate=Candidate(corners=outline, lines=(outline,)),
        score=1.0,
        colour=PlateColour.BLUE,
        views=tuple(views[:2]),
        third=views[2],
    )


@pytest.mark.parametrize(
    ("text", "rare", "alone"),
    [("冀F12345", 0.01, 1.0), ("冀F12345", 1e-5, 0.0), ("浙F12345", 0.01, 0.0)],
)
def test_a_hebei_plate_that_may_be_tibetan_is_not_certain(text: str, rare: float, alone: float) -> None:
    evidence = evidence_of([seen_as(text, 0, "藏", rare)], SYMBOLS)
    assert evidence is not None
    assert evidence.text == text
    assert evidence.features["province_alone"] == alone


@pytest.mark.parametrize(
    ("place", "other", "share", "by", "sure", "rivalled"),
    [
        (5, "Q", 0.1, "first", 0.98, 1.0),
        (5, "Q", 0.1, "second", 0.98, 1.0),
        (0, "苏", 0.1, "first", 0.98, 1.0),
        (5, "Q", 0.01, "first", 0.98, 0.0),  # hardly thought of
        (5, "Q", 0.1, "third", 0.98, 0.0),  # the third errs too often
        (5, "Q", 0.1, "first", 0.85, 0.0),  # a cut that it can't read
        (5, "O", 0.1, "first", 0.98, 0.0),  # no plate has it there
    ],
)
def test_a_character_that_may_be_another_is_noticed(
    place: int, other: str, share: float, by: str, sure: float, rivalled: float
) -> None:
    evidence = evidence_of([seen_as("浙F12305", place, other, share, by, sure)], SYMBOLS)
    assert evidence is not None
    assert evidence.text == "浙F12305"
    assert evidence.features["rivalled"] == rivalled


@pytest.mark.parametrize("name", NAMES)
def test_no_evidence_speaks_the_wrong_way_round(name: str) -> None:
    more = confidence(CLEAR | {name: CLEAR[name] + 1})
    assert more <= confidence(CLEAR) if name in AGAINST else more >= confidence(CLEAR)


@given(
    hnp.arrays(np.float64, st.tuples(st.integers(1, 5), st.just(7)), elements=st.floats(0, 1)),
    st.floats(0.01, 0.999),
)
def test_the_characters_make_the_whole(peaks: NDArray[np.float64], probability: float) -> None:
    assert math.prod(characters(weighed(peaks), probability)) == pytest.approx(probability)


def test_the_faintest_character_is_most_in_doubt() -> None:
    each = characters(weighed(np.array([[0.4, 0.99, 0.99, 0.99, 0.9, 0.99, 0.99]])), 0.6)
    assert each[0] == min(each)
    assert sorted(each)[1] == each[4]
    assert each[1] > 0.95
