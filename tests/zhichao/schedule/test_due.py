"""Which instants are due: case table in words of the clock, and properties over any history."""

from datetime import time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from timetable import ZONE, at

from models.values.schedule import RunState
from zhichao.schedule.installation import Installation
from zhichao.schedule.job import DAY_MS, REACH_MS, Done, Job, Run, due_now, pause_ms
from zhichao.schedule.timing import daily, every, weekly


def work(_installation: Installation, _slot: int) -> Done:
    return Done(summary="")


NIGHT = Job(name="night", label="", timing=daily(time(1, 30), ZONE), work=work, each=True)
OFTEN = Job(name="often", label="", timing=every(10, ZONE), work=work)
EARLY = Job(name="early", label="", timing=daily(time(4), ZONE), work=work, misfire_ms=3_600_000)


def run(slot: str, state: RunState = RunState.DONE, retry_at: str = "", attempts: int = 1) -> Run:
    return Run(
        id=at(slot),
        job="",
        slot=at(slot),
        state=state,
        attempts=attempts,
        retry_at=at(retry_at) if retry_at else None,
    )


@pytest.mark.parametrize(
    ("job", "runs", "now", "expected"),
    [
        (NIGHT, [], "06-18 12:00", ["06-18 01:30"]),
        (NIGHT, [run("06-18 01:30")], "06-18 12:00", []),
        (NIGHT, [run("06-17 01:30")], "06-18 01:29", []),
        (NIGHT, [run("06-17 01:30")], "06-18 01:30", ["06-18 01:30"]),
        (NIGHT, [run("06-15 01:30")], "06-18 12:00", ["06-16 01:30", "06-17 01:30", "06-18 01:30"]),
        (OFTEN, [run("06-15 01:30")], "06-18 12:07", ["06-18 12:00"]),
        (EARLY, [run("06-17 04:00")], "06-18 04:59", ["06-18 04:00"]),
        (EARLY, [run("06-17 04:00")], "06-18 12:00", ["06-18 04:00 passed over"]),
        (NIGHT, [run("06-18 01:30", RunState.FAILED, "06-18 02:00")], "06-18 01:59", []),
        (NIGHT, [run("06-18 01:30", RunState.FAILED, "06-18 02:00")], "06-18 02:00", ["06-18 01:30 again"]),
        (
            NIGHT,
            [run("06-17 01:30", RunState.FAILED, "06-17 02:00")],
            "06-18 02:00",
            ["06-17 01:30 again", "06-18 01:30"],
        ),
        (OFTEN, [run("06-18 11:50", RunState.FAILED, "06-18 11:55")], "06-18 12:00", ["06-18 12:00"]),
        (NIGHT, [run("06-18 01:30", RunState.FAILED)], "06-18 12:00", []),
        # What a clock that was ahead has run says nothing of what is due now.
        (NIGHT, [run("06-16 01:30"), run("06-30 01:30")], "06-17 12:00", ["06-17 01:30"]),
    ],
)
def test_what_is_due(job: Job, runs: list[Run], now: str, expected: list[str]) -> None:
    found = [(due.slot, due.again is not None, due.passed_over) for due in due_now(job, runs, at(now))]
    wanted = [(at(one[:11]), one.endswith("again"), one.endswith("over")) for one in expected]
    assert found == wanted


@given(
    st.lists(st.integers(min_value=0, max_value=90), unique=True, max_size=20),
    st.integers(min_value=0, max_value=90 * DAY_MS),
)
def test_every_night_within_reach_is_run_once_and_none_before_its_time(days: list[int], since: int) -> None:
    start = at("03-01 01:30")
    now_ms = start + since
    runs = [run("03-01 01:30")] + [
        Run(id=day, job="", slot=start + day * DAY_MS, state=RunState.DONE, attempts=1, retry_at=None)
        for day in days
    ]
    due = [one.slot for one in due_now(NIGHT, runs, now_ms)]
    done = {one.slot for one in runs}
    assert due == sorted(set(due))
    assert not set(due) & done
    assert all(slot <= now_ms for slot in due)
    last = max(slot for slot in done if slot <= now_ms)
    wanted = range(last + DAY_MS, now_ms + 1, DAY_MS)
    assert due == [slot for slot in wanted if slot > now_ms - REACH_MS]


def test_a_night_follows_the_stations_own_clock_over_a_change_of_it() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    timing = daily(time(2, 30), berlin)
    # On 2026-03-29 there is no 02:30 there, on 2026-10-25 there are two: the second run changes nothing.
    spring = list(timing.between(at("03-28 00:00"), at("04-01 00:00")))
    autumn = list(timing.between(at("10-24 00:00"), at("10-28 00:00")))
    assert len(spring) == 4
    assert len(autumn) == 5
    assert sorted(set(spring)) == spring


def test_weekly_is_on_sunday() -> None:
    latest = weekly(time(4, 30), ZONE).latest(at("06-18 12:00"))
    assert latest == at("06-14 04:30")


def test_pauses_double_up_to_an_hour() -> None:
    assert [pause_ms(attempts) // 60_000 for attempts in (1, 2, 3, 6, 7, 100)] == [1, 2, 4, 32, 60, 60]
