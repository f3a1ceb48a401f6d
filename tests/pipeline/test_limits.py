"""Gross-mass limits, worked by hand from 62号令 art. 3 and the annex of 交公路发〔2016〕124号."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.rules.limits import gross_limits
from pipeline.rules.rule_sets import rule_sets
from pipeline.rules.tolerance import Allowance, share

RULES = rule_sets()[0].gross_mass

CASES = [
    # what it is, spacings mm, limit kg, layout ("" = open)
    ("2轴货车", [5000], 18_000, "rigid"),
    ("2轴短轴距", [2400], 18_000, "rigid"),
    ("2轴,轴距未知", [], 18_000, "rigid"),
    ("3轴货车 1+2", [4000, 1350], 25_000, "rigid"),
    ("3轴货车 双转向 2+1", [1900, 5000], 25_000, "rigid"),
    ("3轴列车 1+1+1", [3600, 7000], 27_000, "train"),
    ("3轴,轴距未知", [], 27_000, ""),
    ("4轴货车 双转向 2+2", [1900, 4500, 1350], 31_000, "rigid"),
    ("4轴货车 双转向,前轴距2.4米", [2400, 4500, 1350], 31_000, "rigid"),
    ("4轴货车 1+3", [4000, 1350, 1350], 31_000, "rigid"),
    ("4轴铰接列车 1+1+2", [3600, 7000, 1310], 36_000, "train"),
    ("4轴全挂列车", [4500, 5000, 4000], 36_000, "train"),
    ("4轴 1+2+1,中置轴或铰接", [3300, 1350, 6000], 36_000, ""),
    ("4轴,轴距未知", [], 36_000, ""),
    ("5轴铰接列车 1+1+3", [3600, 6000, 1310, 1310], 43_000, ""),
    ("5轴列车 1+2+2", [3300, 1350, 7000, 1310], 43_000, "train"),
    ("5轴,表中没有的布局", [1900, 4500, 1350, 1350], 43_000, ""),
    ("6轴铰接列车 1+2+3", [3300, 1350, 6500, 1310, 1310], 49_000, ""),
    ("7轴", [3300, 1350, 6500, 1310, 1310, 1310], 49_000, ""),
    ("1轴,不是车", [], 0, ""),
]
AXLES_UNKNOWN_SPACING = {"2轴,轴距未知": 2, "3轴,轴距未知": 3, "4轴,轴距未知": 4, "1轴,不是车": 1}


@pytest.mark.parametrize(("name", "spacings", "limit_kg", "layout"), CASES, ids=[case[0] for case in CASES])
def test_limit_of(name: str, spacings: list[int], limit_kg: int, layout: str) -> None:
    axles = AXLES_UNKNOWN_SPACING.get(name, len(spacings) + 1)
    table = np.array([spacings + [0] * (7 - len(spacings))], dtype=np.int64)
    limits = gross_limits(np.array([axles], dtype=np.int16), table, RULES)
    assert limits.limit_kg.tolist() == [limit_kg]
    assert limits.layout.tolist() == [layout]
    assert limits.open.tolist() == [layout == "" and limit_kg > 0]


@given(
    st.lists(
        st.tuples(st.integers(1, 9), st.lists(st.integers(0, 9000), min_size=8, max_size=8)), max_size=30
    )
)
def test_a_batch_is_judged_as_its_members_are(vehicles: list[tuple[int, list[int]]]) -> None:
    axles = np.array([axle_count for axle_count, _ in vehicles], dtype=np.int16)
    table = np.array([spacings for _, spacings in vehicles], dtype=np.int64).reshape(-1, 8)
    whole = gross_limits(axles, table, RULES)
    for n in range(len(vehicles)):
        single = gross_limits(axles[n : n + 1], table[n : n + 1], RULES)
        assert whole.limit_kg[n] == single.limit_kg[0]
        assert whole.layout[n] == single.layout[0]


@given(st.integers(2, 8), st.lists(st.integers(1, 9000), min_size=8, max_size=8))
def test_unknown_spacings_are_never_judged_harder(axles: int, spacings: list[int]) -> None:
    count = np.array([axles], dtype=np.int16)
    known = gross_limits(count, np.array([spacings], dtype=np.int64), RULES)
    unknown = gross_limits(count, np.zeros((1, 8), dtype=np.int64), RULES)
    assert unknown.limit_kg[0] >= known.limit_kg[0]


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
    assert Allowance(deducted=share(mpe_percent)).decided_kg(
        np.array([gross_kg], dtype=np.int64)
    ).tolist() == [expected_kg]


@given(st.integers(0, 300_000), st.integers(0, 300_000))
def test_decided_mass_never_falls_as_the_mass_grows(one: int, other: int) -> None:
    low, high = Allowance(deducted=share(5)).decided_kg(np.array(sorted([one, other]), dtype=np.int64))
    assert low <= high
