"""The keeper turns with a clock that tests set: missed nights, failures, stepped clocks, changed settings."""

import pytest
from sqlalchemy import update
from timetable import Timetable, at

from models.database import DatabaseUnavailableError
from models.schedule_tables import JobRun
from models.schedule_view import kept_by, latest_runs, schedule_lines
from models.tables import Lease
from zhichao.schedule.job import Due
from zhichao.schedule.runs import LockLostError, begin


def test_the_first_start_runs_the_last_night_only(timetable: Timetable) -> None:
    assert timetable.beat_at("06-18 12:00") == [("night", at("06-18 01:30")), ("often", at("06-18 12:00"))]
    assert timetable.beat_at("06-18 12:00", "06-18 12:09") == []
    assert timetable.states("early") == [(at("06-18 04:00"), "passed_over")]


def test_missed_nights_are_made_up_each_and_other_jobs_once(timetable: Timetable) -> None:
    timetable.beat_at("06-18 12:00")
    ran = timetable.beat_at("06-21 12:05")
    assert [slot for name, slot in ran if name == "night"] == [
        at("06-19 01:30"),
        at("06-20 01:30"),
        at("06-21 01:30"),
    ]
    assert [slot for name, slot in ran if name == "often"] == [at("06-21 12:00")]


def test_what_fails_is_tried_again_after_pauses_and_given_up_at_last(timetable: Timetable) -> None:
    timetable.fails = lambda name, _: "no" if name == "night" else ""
    assert ("night", at("06-18 01:30")) in timetable.beat_at("06-18 12:00")
    assert ("night", at("06-18 01:30")) not in timetable.beat_at("06-18 12:00:59")
    assert ("night", at("06-18 01:30")) in timetable.beat_at("06-18 12:01")
    for hour in range(13, 24):
        timetable.beat_at(f"06-18 {hour}:01", f"06-18 {hour}:59")
    with timetable.database.read() as connection:
        (night,) = [line for line in schedule_lines(connection) if line.name == "night"]
    assert (night.state, night.attempts, night.retry_at) == ("failed", 12, None)
    assert night.summary == "RuntimeError: no"
    timetable.fails = lambda *_: ""
    assert ("night", at("06-19 01:30")) in timetable.beat_at("06-19 01:30")


def test_what_a_dead_process_began_is_run_again(timetable: Timetable) -> None:
    timetable.beat_at("06-18 12:00")
    with timetable.database.write("test") as connection:
        dead = {"state": "running", "finished_at": None, "holder": "elsewhere/1/1"}
        connection.execute(update(JobRun).where(JobRun.job == "night").values(dead))
    assert ("night", at("06-18 01:30")) in timetable.beat_at("06-18 12:01")
    assert timetable.states("night") == [(at("06-18 01:30"), "done")]


def test_a_clock_set_forward_and_back_loses_nothing(timetable: Timetable) -> None:
    timetable.beat_at("06-18 12:00")
    timetable.beat_at("07-01 12:00")
    # Set right again: what ran in July does not count, and the nights of June come at their time.
    assert timetable.beat_at("06-18 12:10") == [("often", at("06-18 12:10"))]
    assert ("night", at("06-19 01:30")) in timetable.beat_at("06-19 01:30")
    states = dict.fromkeys(state for _, state in timetable.states("night"))
    assert set(states) == {"done", "discounted"}
    assert timetable.states("night").count((at("06-19 01:30"), "done")) == 1
    ran = timetable.beat_at("07-01 12:00")
    assert ("night", at("07-01 01:30")) in ran


def test_an_hour_back_runs_nothing_twice_that_counts(timetable: Timetable) -> None:
    timetable.beat_at("06-18 01:35")
    before = timetable.states("night")
    # No night counts now, so the one before is run, as at a first start: that changes nothing either.
    assert timetable.beat_at("06-18 00:35") == [("night", at("06-17 01:30")), ("often", at("06-18 00:30"))]
    again = timetable.beat_at("06-18 01:30", "06-18 01:35")
    assert again.count(("night", at("06-18 01:30"))) == 1
    assert before == [(at("06-18 01:30"), "done")]
    assert timetable.states("night") == [
        (at("06-17 01:30"), "done"),
        (at("06-18 01:30"), "discounted"),
        (at("06-18 01:30"), "done"),
    ]


def test_a_database_away_is_waited_for(timetable: Timetable, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_edge: str) -> None:
        raise DatabaseUnavailableError("away")

    with monkeypatch.context() as patched:
        patched.setattr(timetable.database, "write", away)
        assert timetable.beat_at("06-18 12:00") == []
        assert not timetable.keeper.holds
        assert timetable.keeper.problem() == "away"
    assert ("night", at("06-18 01:30")) in timetable.beat_at("06-18 12:01")
    assert timetable.keeper.problem() == ""


def test_one_keeps_and_the_other_stands_by_until_the_lock_is_given_back(timetable: Timetable) -> None:
    other = timetable.another()
    other.holder = type(other.holder)(name="elsewhere/1/1/schedule", lease_ms=60_000)
    assert timetable.keeper.beat()
    assert not other.beat()
    with timetable.database.read() as connection:
        kept = kept_by(connection)
    assert kept is not None
    assert kept.holder == timetable.keeper.holder.name
    timetable.keeper.give_back()
    assert other.beat()
    assert not timetable.keeper.beat()


def test_changed_settings_hold_from_the_next_beat_and_wrong_ones_change_nothing(timetable: Timetable) -> None:
    url = timetable.installation.settings.url
    assert timetable.keeper.beat()
    timetable.config.write_text(f'database_url = "{url}"\nworkers = 7\n', encoding="utf-8")
    timetable.keeper.beat()
    assert timetable.installation.settings.workers == 7
    timetable.config.write_text(f'database_url = "{url}"\nworker = 5\n', encoding="utf-8")
    assert timetable.keeper.beat()
    assert timetable.installation.settings.workers == 7
    assert "worker: Extra inputs are not permitted" in timetable.installation.problem
    timetable.config.write_text('database_url = "sqlite:///elsewhere.sqlite"\n', encoding="utf-8")
    timetable.keeper.beat()
    assert "restart" in timetable.installation.problem
    assert timetable.installation.settings.url == url
    timetable.config.write_text(f'database_url = "{url}"\n', encoding="utf-8")
    timetable.keeper.beat()
    assert timetable.installation.problem == ""
    assert timetable.installation.settings.workers == 2


def test_runs_to_look_at_are_listed_newest_first(timetable: Timetable) -> None:
    timetable.fails = lambda name, _: "no" if name == "often" else ""
    timetable.beat_at("06-18 12:00", "06-18 12:10")
    with timetable.database.read() as connection:
        runs = latest_runs(connection, 10, unsound=True)
    assert [(run.job, run.slot) for run in runs][:2] == [
        ("often", at("06-18 12:10")),
        ("early", at("06-18 04:00")),
    ]


def test_a_run_begins_only_while_the_lock_is_still_held(timetable: Timetable) -> None:
    timetable.beat_at("06-18 12:00")
    (job, *_), before = timetable.jobs(timetable.installation), timetable.states("night")
    with timetable.database.write("test") as connection:
        connection.execute(update(Lease).values(holder="elsewhere/1/1/schedule"))
    with pytest.raises(LockLostError), timetable.database.write("test") as connection:
        begin(connection, job, Due(slot=at("06-19 01:30")), timetable.keeper.holder, timetable.now_ms)
    assert timetable.states("night") == before
