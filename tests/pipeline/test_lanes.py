"""Lanes measured from stored records: the same as from one batch, each day once, nothing rewritten."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from simulated_lanes import DAY_MS, Site, random_site, simulate, with_dead_left
from sqlalchemy import Connection, func, insert, select

from models.database import Database
from models.gate_tables import LaneDayRow, LaneReferenceRow
from models.passage_rows import COLUMNS, to_rows
from models.tables import Frame, Passage, SourceFile
from models.values.passages import PassageBatch
from models.values.states import Standing
from models.values.timeline import day_bounds_ms
from pipeline.gate.reference import lane_reference
from pipeline.gate.state import GateState, Override
from pipeline.gate.statistics import Given, lane_day
from pipeline.gate.values import Kind, thresholds_for
from pipeline.gate.watch import Night, night
from pipeline.lane_rows import STATE, add_override, lane_days
from pipeline.lanes import REFERENCE_DAYS, measure_lanes, thresholds_on
from stations.station import Lane, Station

START, ZONE = date(2026, 3, 2), ZoneInfo("UTC")
START_MS = day_bounds_ms(START, ZONE)[0]
QUIET = Site(
    trucks_a_day=80, mix=(0.3, 0.15, 0.12, 0.23, 0.2), error=0.025, left_share=0.5, loaded=0.3, overloaded=0.1
)


@pytest.fixture
def station(make_station: Callable[..., Station]) -> Station:
    return make_station(timezone="UTC", lanes=(Lane(number=1),))


def day_of(number: int) -> date:
    return START + timedelta(days=number)


def simulated(site: Site, days: int, seed: int) -> PassageBatch:
    made = simulate(site, days, np.random.default_rng(seed))
    made.passed_at_ms[:] += START_MS
    return made


def store(connection: Connection, station: Station, batch: PassageBatch) -> None:
    if connection.scalar(select(SourceFile.id)) is None:
        words = {"station_id": station.id, "sha256": "0", "name": "a", "kind": "records", "state": "taken"}
        numbers = dict.fromkeys(
            ("size_bytes", "received_at", "rows", "rows_new", "rows_known", "rows_quarantined"), 0
        )
        connection.execute(insert(SourceFile).values(id=1, **words, **numbers))
    rows = to_rows(batch, station_id=station.id, source_id=1)
    if rows:
        connection.execute(insert(Passage), [dict(zip(COLUMNS, row, strict=True)) for row in rows])


def of_days(batch: PassageBatch, first: int, last: int) -> PassageBatch:
    number = (batch.passed_at_ms - START_MS) // DAY_MS
    return batch.take((number >= first) & (number < last))


def folded(batch: PassageBatch, days: int) -> Iterator[Night]:
    """Say what the stored nights must be: no reference for two weeks, then that of the two weeks."""
    reference = lane_reference(of_days(batch, 0, REFERENCE_DAYS), ZONE)
    history, state = [], GateState()
    for number in range(days):
        held = reference if number >= REFERENCE_DAYS else None
        measured = lane_day(of_days(batch, number, number + 1), day_of(number), ZONE, held, Given())
        one = night(tuple(history), measured, state, thresholds_for(5))
        history.append(measured)
        state = one.state
        yield one


def test_stored_nights_are_those_of_one_batch_and_a_dead_sensor_bars(
    database: Database, station: Station
) -> None:
    days = 22
    whole = simulated(random_site(np.random.default_rng(3), 5), days, 4)
    whole = with_dead_left(whole, START_MS // DAY_MS + days - 1)
    with database.write("test") as connection:
        store(connection, station, whole)
        for number in range(days):
            assert measure_lanes(connection, station, day_of(number)) == 1
        stored = lane_days(connection, station.id, 1, START, day_of(days))
        assert connection.scalar(select(LaneReferenceRow.last_day)) == str(day_of(REFERENCE_DAYS - 1))
    expected = list(folded(whole, days))
    assert [one.state.standing for one in stored] == [one.state.standing for one in expected]
    assert [one.measured for one in stored] == [one.measured for one in expected]
    assert [one.state for one in stored] == [one.state for one in expected]
    words = [one.state.standing for one in stored]
    assert words[: REFERENCE_DAYS + 1] == [Standing.WATCHED] * (REFERENCE_DAYS + 1)
    assert words[-2:] == [Standing.TRUSTED, Standing.BARRED]
    assert "尚无检定后的基准" in stored[0].decided_by
    assert stored[-1].decided_kind == Kind.SIDES_REPEAT


def test_days_on_which_a_lane_was_barred_describe_nothing(database: Database, station: Station) -> None:
    whole = simulated(QUIET, 18, 8)
    word = Override(
        standing=Standing.BARRED, actor="张三", reason="施工", first_day=day_of(2), last_day=day_of(4)
    )
    with database.write("test") as connection:
        store(connection, station, whole)
        add_override(connection, station.id, 1, word)
        for number in range(18):
            assert measure_lanes(connection, station, day_of(number)) == 1
        spans = connection.execute(select(LaneReferenceRow.first_day, LaneReferenceRow.last_day)).all()
    assert spans == [(str(START), str(day_of(REFERENCE_DAYS + 3 - 1)))]


def test_a_camera_clock_that_runs_ahead_is_measured(database: Database, station: Station) -> None:
    whole = of_days(simulated(QUIET, 1, 9), 0, 1)
    frame = {"station_id": station.id, "kind": "front", "lane": 1, "received_at": 0, "problem": ""}
    frames = [
        frame | {"name": f"{number}", "sha256": f"{number}", "taken_at": int(instant) + 3_000}
        for number, instant in enumerate(whole.passed_at_ms)
    ]
    rear = [
        frame | {"name": "r", "sha256": "r", "kind": "rear", "taken_at": int(whole.passed_at_ms[0]) + 9_000}
    ]
    with database.write("test") as connection:
        store(connection, station, whole)
        connection.execute(insert(Frame), frames + rear)
        measure_lanes(connection, station, START)
        (stored,) = lane_days(connection, station.id, 1, START, START)
    clock = stored.measured.measure(Kind.CLOCK_DRIFT)
    assert clock is not None
    assert (clock.n, clock.value) == (len(whole), 3.0)


def test_a_day_of_silence_of_a_known_lane_is_a_gap(database: Database, station: Station) -> None:
    whole = simulated(QUIET, REFERENCE_DAYS, 10)
    with database.write("test") as connection:
        store(connection, station, whole)
        for number in range(REFERENCE_DAYS):
            measure_lanes(connection, station, day_of(number))
        assert measure_lanes(connection, station, day_of(REFERENCE_DAYS)) == 1
        (silent,) = lane_days(connection, station.id, 1, day_of(REFERENCE_DAYS), day_of(REFERENCE_DAYS))
    assert [one.kind for one in silent.measured.measures] == [Kind.RECORD_GAP]


def test_late_records_of_a_reference_day_are_not_held_against_the_days_after_it(
    database: Database, station: Station
) -> None:
    whole = simulated(random_site(np.random.default_rng(3), 5), REFERENCE_DAYS + 1, 12)
    late = of_days(whole, 5, 6).take(slice(0, None, 4))
    in_time = whole.take(~np.isin(whole.passed_at_ms, late.passed_at_ms))
    with database.write("test") as connection:
        store(connection, station, in_time)
        for number in range(REFERENCE_DAYS + 1):
            measure_lanes(connection, station, day_of(number))
        store(connection, station, late)
        assert measure_lanes(connection, station, day_of(5)) == 1
        first, again = lane_days(connection, station.id, 1, day_of(5), day_of(5))
        (after,) = lane_days(connection, station.id, 1, day_of(REFERENCE_DAYS), day_of(REFERENCE_DAYS))
    assert (first.passages, again.passages) == (again.passages - len(late), len(of_days(whole, 5, 6)))
    assert [one.measured.measure(Kind.GROSS_MASS) is None for one in (first, again, after)] == [
        True,
        True,
        False,
    ]


def test_what_was_measured_before_a_verification_says_nothing_after_it(
    database: Database, station: Station
) -> None:
    old = station.certificates[0]
    new = old.model_copy(update={"number": "虚构-0002", "valid_from": day_of(2)})
    leaning = replace(QUIET, left_share=0.58)
    before, after = simulated(leaning, 2, 13), of_days(simulated(QUIET, 3, 14), 2, 3)
    for certificates, standing in (((old,), "barred"), ((old, new), "watched")):
        declared = station.model_copy(update={"certificates": certificates, "id": f"test-{standing}"})
        with database.write("test") as connection:
            for part in (before, after):
                store(connection, declared, part)
            for number in range(3):
                measure_lanes(connection, declared, day_of(number))
            last = lane_days(connection, declared.id, 1, day_of(2), day_of(2))[0]
        assert last.state.standing == standing
        share = last.measured.measure(Kind.SYMMETRY)
        assert share is not None
        assert share.value < 52


def test_the_last_verification_sets_what_bars_expired_or_not(station: Station) -> None:
    wide = station.certificates[0].model_copy(
        update={"mpe_percent": 10.0, "valid_from": day_of(2), "valid_until": day_of(3)}
    )
    declared = station.model_copy(update={"certificates": (station.certificates[0], wide)})
    days = [date(2000, 1, 1), day_of(1), day_of(2), day_of(9)]
    assert [thresholds_on(declared, day).bar_slack_percent for day in days] == [7, 3.5, 7, 7]


RUNS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=14)
NUMBERS = itertools.count()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(runs=RUNS, dead_from=st.integers(0, 4))
def test_in_whatever_order_days_are_run_and_records_come_nothing_is_rewritten_or_skipped(
    tmp_path: Path, station: Station, runs: list[tuple[int, int]], dead_from: int
) -> None:
    whole = with_dead_left(simulated(QUIET, 4, 11), START_MS // DAY_MS + dead_from)
    thirds = [
        [of_days(whole, number, number + 1).take(slice(k, None, 3)) for k in range(3)] for number in range(4)
    ]
    database = Database(f"sqlite:///{tmp_path}/{next(NUMBERS)}.sqlite")
    kept: list[tuple[object, ...]] = []
    for number, arriving in runs:
        with database.write("test") as connection:
            for _ in range(arriving):
                if thirds[number]:
                    store(connection, station, thirds[number].pop())
            measured = measure_lanes(connection, station, day_of(number))
            assert measure_lanes(connection, station, day_of(number)) == 0
            rows = connection.execute(select(LaneDayRow.__table__).order_by(LaneDayRow.id)).all()
            there = connection.scalar(
                select(func.count(Passage.id))
                .where(Passage.passed_at >= START_MS + number * DAY_MS)
                .where(Passage.passed_at < START_MS + (number + 1) * DAY_MS)
            )
        assert [tuple(row) for row in rows[: len(kept)]] == kept
        assert len(rows) == len(kept) + measured
        if there:
            assert (str(day_of(number)), there) in {(row.day, row.passages) for row in rows}
        for row in rows[len(kept) :]:
            state = STATE.validate_json(row.state)
            earlier = [old for old in rows[: len(kept)] if old.day < row.day]
            last = max(earlier, key=lambda old: (old.day, old.passages), default=None)
            before = Standing(last.standing) if last else Standing.WATCHED
            assert state.day == date.fromisoformat(row.day)
            assert state.standing in before.next_standings | {before}
        kept = [tuple(row) for row in rows]
    database.close()
