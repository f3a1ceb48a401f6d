"""Each statistic on batches small enough to work out by hand."""

from collections.abc import Callable
from datetime import date
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from pydantic import TypeAdapter
from rehearsal import UTC
from simulated_lanes import DAY_MS, random_site, simulate, with_gain

from models.values.passages import PassageBatch
from pipeline.gate.levels import gap, heavy, left_shares, sides_repeat, tandem_spacings
from pipeline.gate.reference import LaneReference, ReferenceRefusedError, lane_reference
from pipeline.gate.statistics import Given, lane_day
from pipeline.gate.strata import Cell, Sample, shift, vehicle_kinds
from pipeline.gate.values import Kind, LaneDay

MakeBatch = Callable[..., PassageBatch]
DAY = date(1970, 1, 1)


def value(measured: LaneDay, kind: Kind) -> tuple[float, int]:
    found = measured.measure(kind)
    assert found is not None
    return pytest.approx(found.value), found.n


def test_repeated_sides_need_every_axle(make_batch: MakeBatch) -> None:
    batch = make_batch([[2000, 3000], [2000, 3000], [2000, 3010]], [[2000, 3000], [2000, 2990], [2000, 3010]])
    assert sides_repeat(batch).tolist() == [True, False, True]
    assert value(lane_day(batch, DAY, UTC, None, Given()), Kind.SIDES_REPEAT) == (200 / 3, 3)


def test_light_vehicles_do_not_count(make_batch: MakeBatch) -> None:
    batch = make_batch([[500, 400], [2000, 3000]], [[500, 400], [2000, 2990]])
    assert value(lane_day(batch, DAY, UTC, None, Given()), Kind.SIDES_REPEAT) == (0, 1)


def test_symmetry_is_the_median_left_share(make_batch: MakeBatch) -> None:
    batch = make_batch([[2000, 2000], [2500, 2500], [2200, 2200]], [[2000, 2000], [2500, 0], [2000, 2000]])
    assert left_shares(batch).tolist() == pytest.approx([50, 200 / 3, 4400 / 84])
    assert value(lane_day(batch, DAY, UTC, None, Given()), Kind.SYMMETRY) == (4400 / 84, 3)


def test_without_wheel_loads_the_sides_say_nothing(make_batch: MakeBatch) -> None:
    batch = make_batch([[-1, -1, -1]] * 3, [[5000, 4000, 4000]] * 3)
    measured = lane_day(batch, DAY, UTC, None, Given())
    assert batch.gross_kg.tolist() == [13_000] * 3
    assert {one.kind for one in measured.measures} == {Kind.TANDEM_SPACING, Kind.HEAVY_SHARE}


def test_the_drive_tandem_is_the_first_close_pair_behind_the_steering_axle(make_batch: MakeBatch) -> None:
    six = [[3300, 1350, 6800, 1310, 1310]]
    batch = make_batch([[3000] * 6], [[3000] * 6], six)
    assert tandem_spacings(batch).tolist() == [1350]
    twin_steer = make_batch([[3000] * 4], [[3000] * 4], [[1700, 3200, 1380]])
    assert tandem_spacings(twin_steer).tolist() == [1380]
    assert len(tandem_spacings(make_batch([[3000] * 2], [[3000] * 2]))) == 0


def test_heavy_share_counts_beyond_twice_the_highest_limit(make_batch: MakeBatch) -> None:
    # four axles: 36 t, twice is 72 t; eight wheels of 9,000 kg are exactly that
    batch = make_batch([[9000] * 4, [9010] * 4], [[9000] * 4, [9010] * 4], [[1900, 3000, 1350]] * 2)
    assert heavy(batch) == (50.0, 2)


def test_a_gap_is_counted_in_vehicles_that_usually_come() -> None:
    hourly = np.array([0.0] * 12 + [10.0] * 12)
    at = np.array([6, 13, 16]) * 3_600_000
    # 13 to 16 lacks 30 vehicles, 16 to midnight 80; the quiet morning lacks none
    assert gap(at, 0, hourly) == (80.0, 8.0)
    assert gap(np.array([], dtype=np.int64), 0, hourly) == (120.0, 24.0)


def test_given_plates_and_clock(make_batch: MakeBatch) -> None:
    given = Given(plates_expected=40, plates_unread=10, clock_offset_s=(0.2, 3.0, 2.5))
    measured = lane_day(make_batch([[3000, 3000]], [[3000, 3010]]), DAY, UTC, None, given)
    assert value(measured, Kind.PLATE_UNREAD) == (25, 40)
    assert value(measured, Kind.CLOCK_DRIFT) == (2.5, 3)


def test_a_type_is_axle_count_and_close_spacings(make_batch: MakeBatch) -> None:
    rows = [[1950, 3200, 1350], [4200, 1350, 1350], [1950, 3300, 1300]]
    kinds = vehicle_kinds(make_batch([[3000] * 4] * 3, [[3000] * 4] * 3, rows))
    assert kinds[0] == kinds[2] != kinds[1]


def of_day(shares: list[float], masses: list[float]) -> Sample:
    n = len(shares)
    kind, day = np.full(n, 7), np.zeros(n, dtype=np.int64)
    return Sample(kind=kind, share=np.array(shares), log_mass=np.log(masses), day=day)


CELLS = (
    Cell(kind=7, share_from=0, share_to=0.3, centre=float(np.log(40_000)), within=0.1, between=0.01),
    Cell(kind=7, share_from=0.3, share_to=1, centre=float(np.log(10_000)), within=0.1, between=0.01),
)


def test_another_mix_of_empty_and_loaded_is_no_shift() -> None:
    mixes = [of_day([0.2] * k + [0.4] * (40 - k), [40_000] * k + [10_000] * (40 - k)) for k in (4, 36)]
    assert [shift(mix, CELLS)[0] for mix in mixes] == pytest.approx([0, 0], abs=1e-9)


def test_a_scale_that_reads_three_percent_more_is_a_shift_of_three_percent() -> None:
    drifted = of_day([0.2] * 20 + [0.4] * 20, [41_200] * 20 + [10_300] * 20)
    off, error, n = shift(drifted, CELLS)
    assert (off, n) == (pytest.approx(3), 40)
    # two strata of twenty: pi/2 * 0.1^2 / 20 + 0.01^2 each
    assert error == pytest.approx(100 * ((np.pi / 2 * 0.01 / 20 + 0.0001) / 2) ** 0.5)


def test_strata_that_disagree_widen_the_error() -> None:
    agree = shift(of_day([0.2] * 20 + [0.4] * 20, [42_000] * 20 + [10_500] * 20), CELLS)
    disagree = shift(of_day([0.2] * 20 + [0.4] * 20, [32_000] * 20 + [10_000] * 20), CELLS)
    assert disagree[1] > 3 * agree[1]


def test_nothing_known_of_a_type_is_no_shift() -> None:
    assert shift(of_day([], []), CELLS) == (0.0, 0.0, 0)
    assert shift(of_day([0.5], [9000]), ()) == (0.0, 0.0, 0)


def test_a_reference_is_found_again_and_survives_storage() -> None:
    rng = np.random.default_rng(5)
    batch = simulate(random_site(rng, 5), 21, rng)
    early = batch.passed_at_ms < 14 * DAY_MS
    reference = lane_reference(batch.take(early), UTC)
    stored = TypeAdapter(LaneReference)
    assert stored.validate_json(stored.dump_json(reference)) == reference
    later = with_gain(batch, np.full(21, 1.10)).take(~early)
    chosen = later.passed_at_ms < 15 * DAY_MS
    measured = lane_day(later.take(chosen), date(1970, 1, 15), UTC, reference, Given())
    first = measured.measure(Kind.FIRST_AXLE)
    assert first is not None
    assert first.value == pytest.approx(10, abs=3 * first.spread)
    days = TypeAdapter(LaneDay)
    assert days.validate_json(days.dump_json(measured)) == measured


def test_too_few_days_or_trucks_are_no_reference(make_batch: MakeBatch) -> None:
    short = make_batch([[3000, 3000]] * 4, [[3000, 3010]] * 4)
    with pytest.raises(ReferenceRefusedError, match="5 days"):
        lane_reference(short, ZoneInfo("Asia/Shanghai"))
    sparse = make_batch([[3000, 3000]] * 6, [[3000, 3010]] * 6, None, [DAY_MS * k for k in range(6)])
    with pytest.raises(ReferenceRefusedError, match="100 trucks"):
        lane_reference(sparse, UTC)


def test_a_day_without_records_is_a_gap_and_nothing_else(make_batch: MakeBatch) -> None:
    empty = make_batch([[3000, 3000]], [[3000, 3010]]).take(np.array([False]))
    rng = np.random.default_rng(6)
    reference = lane_reference(simulate(random_site(rng, 5), 7, rng), UTC)
    measured = lane_day(empty, date(1970, 1, 8), UTC, reference, Given())
    assert [one.kind for one in measured.measures] == [Kind.RECORD_GAP]
    assert measured.measures[0].value > 60
