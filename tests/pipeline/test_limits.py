"""Gross-mass limits, worked by hand from 62号令 art. 3 and the annex of 交公路发〔2016〕124号."""

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.values.findings import Doubt
from models.values.vehicles import Layout, VehicleFacts, VehicleKind
from pipeline.rules.limits import Limits, gross_limit, gross_limits
from pipeline.rules.rule_sets import rule_sets

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


FACTS = st.builds(
    VehicleFacts,
    layout=st.none() | st.sampled_from(Layout),
    drive_axles=st.none() | st.integers(1, 3),
    single_tyre_axles=st.none() | st.integers(0, 4),
    wide_tyres=st.none() | st.booleans(),
    air_suspension=st.none() | st.booleans(),
    registered_gross_kg=st.none() | st.integers(2_000, 60_000),
    kind=st.none() | st.sampled_from(VehicleKind),
)
# Around every edge of the table, and anywhere.
SPACING = st.integers(0, 9000) | st.sampled_from(RULES.edges_mm()).flatmap(
    lambda edge: st.integers(edge - 1, edge + 1)
)
VEHICLE = st.tuples(st.integers(0, 9), st.lists(SPACING, min_size=8, max_size=8), FACTS)


def own_spacings(axles: int, spacings: list[int]) -> tuple[int, ...]:
    return tuple(spacings[: max(axles - 1, 0)])


@given(st.lists(VEHICLE, max_size=25), st.integers(0, 25))
def test_a_batch_is_its_members_however_split(
    vehicles: list[tuple[int, list[int], VehicleFacts]], cut: int
) -> None:
    axles = np.array([one for one, _, _ in vehicles], dtype=np.int16)
    table = np.array([spacings for _, spacings, _ in vehicles], dtype=np.int64).reshape(-1, 8)
    facts = [known for _, _, known in vehicles]
    whole = gross_limits(axles, table, RULES, facts)
    halves = [
        gross_limits(axles[part], table[part], RULES, facts[part]) for part in (slice(cut), slice(cut, None))
    ]
    for field in fields(Limits):
        joined = [value for half in halves for value in getattr(half, field.name).tolist()]
        assert getattr(whole, field.name).tolist() == joined
    for place, (count, spacings, known) in enumerate(vehicles):
        single = gross_limit(count, own_spacings(count, spacings), RULES, known)
        assert whole.limit_kg[place] == single.limit_kg
        assert whole.layout[place] == single.layout
        assert whole.open[place] == single.open
        assert whole.rule[place] == single.rule
        assert whole.doubts[place] == single.doubts


@given(st.integers(2, 8), st.lists(st.integers(1, 9000), min_size=8, max_size=8))
def test_unknown_spacings_are_never_judged_harder(axles: int, spacings: list[int]) -> None:
    known = gross_limit(axles, own_spacings(axles, spacings), RULES)
    unknown = gross_limit(axles, (0,) * (axles - 1), RULES)
    assert unknown.limit_kg >= known.limit_kg


@given(VEHICLE)
def test_what_is_unknown_counts_as_the_law_is_mildest(
    vehicle: tuple[int, list[int], VehicleFacts],
) -> None:
    axles, spacings, known = vehicle
    told = own_spacings(axles, spacings)
    mildest = replace(
        known,
        drive_axles=2 if known.drive_axles is None else known.drive_axles,
        single_tyre_axles=0 if known.single_tyre_axles is None else known.single_tyre_axles,
        wide_tyres=True if known.wide_tyres is None else known.wide_tyres,
    )
    strictest = replace(
        known,
        drive_axles=known.drive_axles or 1,
        single_tyre_axles=max(axles - 2, 0) if known.single_tyre_axles is None else known.single_tyre_axles,
        wide_tyres=known.wide_tyres or False,
        air_suspension=known.air_suspension or False,
    )
    found, high, low = (gross_limit(axles, told, RULES, one) for one in (known, mildest, strictest))
    assert low.limit_kg <= found.limit_kg == high.limit_kg


@given(VEHICLE)
def test_without_layout_and_air_suspension_knowledge_only_lowers(
    vehicle: tuple[int, list[int], VehicleFacts],
) -> None:
    axles, spacings, known = vehicle
    told = own_spacings(axles, spacings)
    known = replace(known, layout=None, air_suspension=known.air_suspension and None)
    assert gross_limit(axles, told, RULES, known).limit_kg <= gross_limit(axles, told, RULES).limit_kg


@given(VEHICLE)
def test_a_layouts_own_figure_and_its_bonus_are_the_highest_there_is(
    vehicle: tuple[int, list[int], VehicleFacts],
) -> None:
    axles, spacings, known = vehicle
    limit = gross_limit(axles, own_spacings(axles, spacings), RULES, known)
    bonus = 1_000 if known.air_suspension else 0
    assert limit.limit_kg <= RULES.highest_kg(axles) + bonus
    assert (limit.limit_kg == 0) == (not limit.rule or Doubt.NO_LIMIT in limit.doubts)
