"""From evidence to probability: the parameters fit the features, and more evidence never makes less sure."""

import math
import tomllib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from pipeline.plates.calibration import MOST_ALONE, PARAMETERS, characters, confidence
from pipeline.plates.weigh import Weighed

NAMES = [name for name in tomllib.loads(PARAMETERS.read_text("utf-8"))["logistic"] if name != "intercept"]
AGAINST = {"narrow", "anhui_in_doubt", "contradicted", "short", "cut_off", "overlaid", "province_alone"}
CLEAR = {
    "odds": 9.0, "province_at_best": 0.0, "province_in_the_middle": 0.0, "province_at_worst": 0.0,
    "province_on_average": 0.0, "serial_at_best": 0.0, "serial_in_the_middle": 0.0, "serial_at_worst": 0.0,
    "least_on_average": 0.0, "agreeing": 1.0, "colour_fits": 1.0, "narrow": 0.0,
    "score": 1.0, "anhui_in_doubt": 0.0, "contradicted": 0.0, "short": 0.0, "cut_off": 0.0,
    "overlaid": 0.0, "province_alone": 0.0,
}  # fmt: skip


def weighed(peaks: NDArray[np.float64]) -> Weighed:
    return Weighed(
        plates=(("浙F12345", 1.0),),
        recognisers=("first",) * len(peaks),
        peaks=peaks,
        weights=np.full(len(peaks), 1 / len(peaks)),
        agreeing=np.ones(len(peaks), dtype=np.bool_),
    )


def test_every_feature_has_its_parameter() -> None:
    assert set(NAMES) == set(CLEAR)


def test_a_clear_plate_is_nearly_certain_and_a_faint_one_is_not() -> None:
    assert confidence(CLEAR) > 0.95
    faint = CLEAR | {"odds": 0.0, "least_on_average": -3.0, "serial_at_worst": -14.0, "agreeing": 0.2}
    assert confidence(faint) < confidence(CLEAR) - 0.2


def test_nothing_is_certain_where_only_one_recogniser_sees_the_province() -> None:
    assert confidence(CLEAR) > MOST_ALONE
    certain = CLEAR | {"odds": 1000.0}
    assert confidence(certain | {"province_alone": 1.0}) <= MOST_ALONE < confidence(certain)


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
