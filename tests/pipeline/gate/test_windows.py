"""The rolling window and its sentences."""

from datetime import date, timedelta

import pytest

from pipeline.gate.values import Kind, LaneDay, Measure, Thresholds, thresholds_for
from pipeline.gate.windows import cumulative_sums, window

START = date(2026, 3, 1)


def shift(value: float, n: int = 500, spread: float = 0.5) -> Measure:
    return Measure(kind=Kind.FIRST_AXLE, n=n, value=value, spread=spread, reference=0.0)


def days(*measures: Measure) -> list[LaneDay]:
    return [
        LaneDay(lane=1, day=START + timedelta(days=number), measures=(one,))
        for number, one in enumerate(measures)
    ]


def test_the_sum_takes_what_lies_beyond_the_slack() -> None:
    shifts = [shift(value) for value in (3, 3, 3, 0, -9)]
    # slack 1.5 at a unit of 1: 1.5, 3, 4.5, 3; downwards 7.5 at once
    assert cumulative_sums(shifts, 1.5, Thresholds()) == pytest.approx([1.5, 3, 4.5, 3, 7.5])


def test_the_sum_is_capped_so_that_a_mended_lane_recovers() -> None:
    assert cumulative_sums([shift(30)] * 3, 1.5, Thresholds()) == [8, 8, 8]


def test_a_noisy_lane_counts_in_its_own_spreads() -> None:
    assert cumulative_sums([shift(6, spread=2)], 1.5, Thresholds()) == [pytest.approx(3 - 1)]


def test_days_with_few_trucks_say_nothing() -> None:
    seen = window(days(shift(0), shift(9, n=10)), Thresholds()).of(Kind.FIRST_AXLE)
    assert seen is not None
    assert seen.watch_score is None
    assert "样本不足" in seen.sentence


def test_without_a_reference_a_lane_is_to_be_watched() -> None:
    level = Measure(kind=Kind.SYMMETRY, n=500, value=50.0)
    seen = window(days(level), Thresholds()).of(Kind.GROSS_MASS)
    assert seen is not None
    assert (seen.watch_score, seen.bar_score) == (1, 0)
    assert seen.sentence == "总质量偏移：尚无检定后的基准"


def test_a_level_is_the_median_of_its_days() -> None:
    history = days(*(Measure(kind=Kind.SYMMETRY, n=500, value=value) for value in (50, 58, 50.5)))
    seen = window(history, Thresholds()).of(Kind.SYMMETRY)
    assert seen is not None
    assert (seen.value, seen.n, seen.watch_score) == (50.5, 1500, pytest.approx(0.2))


def test_a_level_is_held_against_nominal_or_own_whichever_is_further() -> None:
    leaning = Measure(kind=Kind.SYMMETRY, n=500, value=52.4, reference=52.3)
    moved = Measure(kind=Kind.SYMMETRY, n=500, value=50.0, reference=52.4)
    first, second = (window(days(one), Thresholds()).of(Kind.SYMMETRY) for one in (leaning, moved))
    assert first is not None
    assert second is not None
    assert (first.ground, first.watch) == (50, 2.5)
    assert (second.ground, second.watch, second.watch_score) == (52.4, 1.5, pytest.approx(1.6))
    assert second.sentence == (
        "左侧轮重占比中位数 50.0%，基准 52.4%"
        "（500 条；关注线偏离基准 1.5 个百分点，停用线偏离基准 3 个百分点）"
    )


def test_the_certificate_sets_what_bars() -> None:
    assert [thresholds_for(mpe).bar_slack_percent for mpe in (2, 5, 10)] == [2, 3.5, 7]


@pytest.mark.parametrize("kind", list(Kind))
def test_every_statistic_has_a_label_and_a_sentence(kind: Kind) -> None:
    seen = window(days(Measure(kind=kind, n=500, value=1.0)), Thresholds()).of(kind)
    assert seen is not None
    assert kind.label
    assert "500 条" in seen.sentence
