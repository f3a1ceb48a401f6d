"""Decided masses and raised limits: exact, rounded for the driver, and the two ways apart."""

from datetime import date
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.rules.rule_sets import rule_sets
from pipeline.rules.tolerance import Allowance, CountyFactor, Tolerance, allowance, in_order, share
from stations.station import IN_SERVICE_PERCENT

MASSES = st.integers(0, 300_000)
LIMITS = st.integers(0, 60_000)
PERCENTS = st.sampled_from([0, 0.2, 0.33, 0.5, 1, 2, 2.5, 5, 7.5, 10, 20])
# Largest scale interval of each class, kg (JJG 907, OIML R 134).
INTERVAL_KG = {"0.2": 5, "0.5": 10, "1": 20, "2": 50, "5": 100, "10": 200}


def column(*numbers: int) -> np.ndarray:
    return np.array(numbers, dtype=np.int64)


@pytest.mark.parametrize(
    ("gross_kg", "mpe_percent", "expected_kg"),
    [
        (49_000, 5, 46_550),
        (51_579, 5, 49_000),  # 49,000.05: the fraction of a kilogram falls in the driver's favour
        (51_580, 5, 49_001),
        (18_947, 5, 17_999),
        (18_948, 5, 18_000),
        (18_949, 5, 18_001),
        (63_700, 10, 57_330),
        (63_700, 2.5, 62_107),
        (100_000, 0.125, 99_875),
        (100_000, 2.555, 97_445),
        (100, 0, 100),
        (0, 5, 0),
    ],
)
def test_decided_mass(gross_kg: int, mpe_percent: float, expected_kg: int) -> None:
    assert Allowance(deducted=share(mpe_percent)).decided_kg(column(gross_kg)).tolist() == [expected_kg]


def made(mode: str, percent: float | None, error_percent: float = 5, **more: float) -> Allowance:
    table = Tolerance.model_validate({"mode": mode, "percent": percent, "citation": "x"})
    return allowance(table, error_percent, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("mode", "percent", "more", "deducted", "raised", "words"),
    [
        ("none", None, {}, 0, 1, "不作扣除"),
        ("deduct_percent", None, {}, Fraction(1, 20), 1, "扣除5%"),
        ("deduct_percent", 2.5, {}, Fraction(1, 40), 1, "扣除2.5%"),
        ("raise_limit", None, {}, 0, Fraction(21, 20), "限值提高5%"),
        ("raise_limit", 0, {}, 0, 1, "不作扣除"),
        ("none", None, {"factor": 1.091}, 0, Fraction(1091, 1000), "限值乘以1.091"),
        ("deduct_percent", None, {"factor": 1.1}, Fraction(1, 20), Fraction(11, 10), "扣除5%，限值乘以1.1"),
        ("none", None, {"ignored_percent": 105}, 0, 1, "不超过限值的105%不按超限处理"),
    ],
)
def test_what_is_allowed_for(
    mode: str,
    percent: float | None,
    more: dict[str, float],
    deducted: Fraction,
    raised: Fraction,
    words: str,
) -> None:
    found = made(mode, percent, **more)
    assert (found.deducted, found.raised, found.words) == (deducted, raised, words)


ALLOWANCES = st.builds(
    made,
    st.sampled_from(["deduct_percent", "raise_limit"]),
    PERCENTS,
    factor=st.sampled_from([1, 1.03, 1.2]),
    ignored_percent=st.sampled_from([100, 105]),
)


@given(MASSES, MASSES, LIMITS, ALLOWANCES)
def test_never_falls_as_the_mass_grows(one: int, other: int, limit: int, by: Allowance) -> None:
    decided = by.decided_kg(column(*sorted([one, other])))
    low, high = by.excess_kg(decided, column(limit, limit))
    assert decided[0] <= decided[1]
    assert 0 <= low <= high


@given(LIMITS, ALLOWANCES)
def test_zero_at_the_limit_and_without_one(limit: int, by: Allowance) -> None:
    assert by.excess_kg(column(limit, 300_000), column(limit, 0)).tolist() == [0, 0]


@given(MASSES, st.integers(1_000, 60_000), PERCENTS)
def test_a_deduction_is_never_stricter_than_a_raise(gross: int, limit: int, percent: float) -> None:
    deduct, raise_limit = made("deduct_percent", percent), made("raise_limit", percent)
    raised = -(-limit * raise_limit.raised.numerator // raise_limit.raised.denominator)
    deducted_over = deduct.excess_kg(deduct.decided_kg(column(gross)), column(limit))[0] > 0
    raised_over = raise_limit.excess_kg(column(gross), column(raised))[0] > 0
    assert raised_over or not deducted_over


def test_the_floor_in_scale_intervals_never_exceeds_the_percentage_at_a_limit() -> None:
    """An error of twice the interval an axle (in service) would be more only far below every limit."""
    assert IN_SERVICE_PERCENT.keys() == INTERVAL_KG.keys()
    for rules in rule_sets():
        for row in rules.gross_mass.limit:
            for name, percent in IN_SERVICE_PERCENT.items():
                assert 2 * INTERVAL_KG[name] * row.axles <= share(percent) * row.limit_kg


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"mode": "none", "percent": 5}, "mode none takes no percent"),
        ({"mode": "deduct_percent", "percent": 21}, "less than or equal to 20"),
        ({"mode": "double"}, "mode"),
    ],
)
def test_a_tolerance_that_makes_no_sense(changes: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValueError, match="validation error") as caught:
        Tolerance.model_validate({"citation": "x"} | changes)
    assert complaint in str(caught.value)


def test_factors_of_a_county_follow_each_other() -> None:
    def factor(county: str, first: date, last: date) -> CountyFactor:
        return CountyFactor(county=county, factor=1.1, valid_from=first, valid_until=last, citation="x")

    spring, summer = (date(2026, 1, 1), date(2026, 3, 31)), (date(2026, 4, 1), date(2026, 6, 30))
    kept = (factor("甲", *summer), factor("甲", *spring), factor("乙", *spring))
    assert in_order(kept) == kept
    with pytest.raises(ValueError, match="甲: two factors hold on 2026-03-31"):
        in_order((factor("甲", *spring), factor("甲", date(2026, 3, 31), date(2026, 5, 1))))
    with pytest.raises(ValueError, match="甲: valid_until 2026-01-01 lies before valid_from 2026-03-31"):
        in_order((factor("甲", *reversed(spring)),))
