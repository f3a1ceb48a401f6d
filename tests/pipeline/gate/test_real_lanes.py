"""The gate on real records, with thresholds that were set without them; skipped where they are absent."""

from collections import Counter
from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
from rehearsal import nights

from models.values.passages import PassageBatch, no_text
from models.values.states import Standing
from models.values.timeline import local_days
from pipeline.gate.chart import lane_chart
from pipeline.gate.reference import lane_reference
from pipeline.gate.statistics import Given, lane_day
from pipeline.gate.values import Kind, thresholds_for
from pipeline.gate.watch import Night
from stations.formats.hs_data import HsData

ZONE = ZoneInfo("Asia/Shanghai")
FORTNIGHT = "wim/dazhang_cn_2021/hs_data_20210601_15.csv"
AUSTRALIAN = "wim/btls_garage/garage_docs_5000.txt"
AXLES = 9


def lane_of(path: Path, lane: int) -> PassageBatch:
    blocks = [block.batch for block in HsData(zone=ZONE).read(path)]
    whole = PassageBatch(
        **{
            one.name: np.concatenate([getattr(block, one.name) for block in blocks])
            for one in fields(PassageBatch)
            if one.name != "driving"
        }
    )
    return whole.take(whole.lane == lane)


def watched(batch: PassageBatch) -> list[Night]:
    """Take the first week as the reference: nothing is known of the site's verification."""
    _, which = local_days(batch.passed_at_ms, ZONE)
    return list(nights(batch, ZONE, lane_reference(batch.take(which < 7), ZONE), thresholds_for(5)))


def test_the_lane_that_repeats_its_sides_is_barred_from_the_first_night(
    real_data: Callable[[str], Path],
) -> None:
    lane = watched(lane_of(real_data(FORTNIGHT), 1))
    assert [night.state.standing for night in lane] == [Standing.BARRED] * 15
    decided = lane[-1].state.decided_by
    assert decided is not None
    assert decided.kind is Kind.SIDES_REPEAT
    assert decided.value > 80
    # what looks best on paper: a scale that doubles one side is symmetric to the kilogram
    symmetry = lane[-1].window.of(Kind.SYMMETRY)
    assert symmetry is not None
    assert symmetry.value == 50


def test_the_other_lane_leans_to_the_left(real_data: Callable[[str], Path]) -> None:
    lane = watched(lane_of(real_data(FORTNIGHT), 2))
    last = lane[-1].state
    assert last.standing is Standing.BARRED
    assert last.decided_by is not None
    assert last.decided_by.kind is Kind.SYMMETRY
    assert last.since == date(2021, 6, 4)
    # on the day of another traffic the first axle at the same proportions stays where it was
    odd = next(night for night in lane if night.measured.day == date(2021, 6, 6))
    gross, first = (odd.measured.measure(kind) for kind in (Kind.GROSS_MASS, Kind.FIRST_AXLE))
    assert gross is not None
    assert first is not None
    assert gross.value < -10
    assert abs(first.value) < 1


def test_a_lane_s_chart_is_a_picture(real_data: Callable[[str], Path], tmp_path: Path) -> None:
    picture = tmp_path / "lane.png"
    picture.write_bytes(lane_chart("第1车道", watched(lane_of(real_data(FORTNIGHT), 1))))
    assert picture.read_bytes().startswith(b"\x89PNG")


def number(text: str) -> int:
    return int(text.strip() or 0)


def australian(path: Path) -> PassageBatch:
    """Read the fixed-width file as far as the gate needs it: time, lane, loads, spacings."""
    lines = path.read_text(encoding="ascii").splitlines()
    starts = np.array([50 + 10 * axle for axle in range(AXLES)])
    axle_kg = np.array([[number(line[at : at + 5]) for at in starts] for line in lines])
    spacing = np.array([[number(line[at + 5 : at + 10]) for at in starts[:-1]] for line in lines])
    times = [
        datetime(number(line[13:17]), number(line[11:13]), number(line[9:11]), tzinfo=UTC)
        + timedelta(hours=number(line[17:19]), minutes=number(line[19:21]))
        for line in lines
    ]
    n = len(lines)
    return PassageBatch(
        row=np.arange(1, n + 1),
        passed_at_ms=np.array([int(time.timestamp() * 1000) for time in times]),
        lane=np.array([number(line[44:45]) for line in lines], dtype=np.int16),
        axle_count=(axle_kg > 0).sum(axis=1).astype(np.int16),
        gross_kg=axle_kg.sum(axis=1),
        axle_kg=axle_kg,
        left_kg=np.full((n, AXLES), -1),
        spacing_mm=spacing,
        speed_kmh=np.full(n, np.nan),
        length_mm=np.full(n, -1, dtype=np.int64),
        serial=no_text(n),
        plate_front=no_text(n),
        plate_rear=no_text(n),
        plate_colour=no_text(n),
    )


def test_without_wheel_loads_only_the_other_statistics_speak(real_data: Callable[[str], Path]) -> None:
    batch = australian(real_data(AUSTRALIAN))
    assert Counter(batch.axle_count.tolist())[6] == 1346
    half = np.median(batch.passed_at_ms)
    # the other lanes have no type of a hundred trucks in the first half
    for lane in (2, 3):
        of_lane = batch.take(batch.lane == lane)
        reference = lane_reference(of_lane.take(of_lane.passed_at_ms < half), ZoneInfo("UTC"))
        later = of_lane.take(of_lane.passed_at_ms >= half)
        # a sample of about 27 vehicles a day: the second half counts as one day
        measured = lane_day(later, date(2012, 12, 31), ZoneInfo("UTC"), reference, Given())
        kinds = {one.kind for one in measured.measures}
        assert kinds.isdisjoint({Kind.SIDES_REPEAT, Kind.SYMMETRY})
        assert {Kind.GROSS_MASS, Kind.FIRST_AXLE, Kind.TANDEM_SPACING} <= kinds
        first = measured.measure(Kind.FIRST_AXLE)
        assert first is not None
        # half a year apart and a few dozen trucks a type: no more than three spreads is expected
        assert abs(first.value) < 3 * first.spread
