"""Plates hidden on purpose, from frames to findings: the same by night, by stream and on a rerun."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest
from fake_reader import frame_bytes
from hs_file import hs_row, write_hs
from looking_reader import HIDDEN, looking_reader
from nights import DAY, MakeNight, Night
from snapshot import snapshot
from sqlalchemy import delete, select, update

from models.legibility_tables import ObscuringRow, PlateLegibilityRow
from models.tables import Case, Finding, Passage
from models.values.findings import FindingKind
from models.values.states import Standing
from pipeline.executor import InlineExecutor
from pipeline.obscured_rows import NO_LONGER, judge_obscured_day, passages_seen
from pipeline.stream import StreamRun

Make = Callable[..., Night]
MORNING_MS = 1_781_740_800_000  # 2026-06-18 08:00 in Shanghai


@pytest.fixture
def make(make_night: MakeNight) -> Make:
    """Return a maker of nights whose reader tells what can be seen, on lanes that may open cases."""

    def new(**station: object) -> Night:
        night = make_night(InlineExecutor(looking_reader), 3, **station)
        for lane in (1, 2):
            night.say(Standing.WATCHED, lane, last=DAY + timedelta(days=9))
        return night

    return new


def trucks(night: Night, *plates: int, lane: int = 1, hour: int = 1, ahead_s: int = 0) -> None:
    """Let overloaded trucks cross a minute apart, each with a front frame; who hides does so at both ends."""
    rows = []
    for minute, plate in enumerate(plates):
        rows.append(hs_row(f"2026-06-18 {hour:02d}:{minute:02d}:00.000", 62_000, lane=lane))
        at = minute + ahead_s // 60, ahead_s % 60
        night.frame(f"{hour:02d}{at[0]:02d}{at[1]:02d}.400", plate, lane=lane)
        if plate == HIDDEN:
            night.frame(f"{hour:02d}{at[0]:02d}{at[1]:02d}.400", plate, "rear", lane=lane)
    write_hs(night.inbox / f"{hour}-{lane}.csv", rows)


def hidden(night: Night) -> list[str]:
    """Return the cases of passages that are thought to hide their plates, "" where there is none."""
    with night.database.read() as connection:
        query = select(Case.number).select_from(Finding).outerjoin(Case, Case.id == Finding.case_id)
        return [one or "" for one in connection.scalars(query.where(Finding.kind == HIDES))]


def problems(night: Night) -> list[str]:
    with night.database.read() as connection:
        return list(connection.scalars(select(ObscuringRow.problem).order_by(ObscuringRow.id)))


HIDES = FindingKind.PLATE_OBSCURED.value


def test_a_hidden_plate_among_clear_ones_is_flagged_and_a_rerun_changes_nothing(make: Make) -> None:
    night = make()
    trucks(night, 11, 12, 13, HIDDEN, 14, 15)
    night.run()
    assert hidden(night) == ["test-1-20260618-010300-1"]
    before = snapshot(night.database)
    night.run()
    assert snapshot(night.database) == before


def test_a_clear_lane_accuses_nobody_in_the_lane_beside_it(make: Make) -> None:
    night = make()
    trucks(night, 11, 12, 13, 14, 15, 16)
    trucks(night, 17, HIDDEN, lane=2)
    night.run()
    assert hidden(night) == []
    (problem,) = problems(night)
    assert "只有1辆" in problem


def test_a_camera_whose_clock_is_known_to_be_wrong_is_judged(make: Make) -> None:
    night = make(clock_offset_ms=120_000)
    trucks(night, 11, 12, 13, HIDDEN, 14, 15, ahead_s=120)
    night.run()
    assert hidden(night) == ["test-1-20260618-010300-1"]


def test_the_next_day_changes_nothing_that_was_said_of_a_day(make: Make) -> None:
    night = make()
    trucks(night, 11, 12, HIDDEN, hour=23)
    write_hs(night.inbox / "late.csv", [hs_row("2026-06-18 23:45:00.000", 62_000)])
    night.frame("234500.400", HIDDEN)
    night.run()
    before = problems(night)
    rows = [hs_row(f"2026-06-19 00:{minute:02d}:00.000", 62_000) for minute in range(9)]
    write_hs(night.inbox / "next.csv", rows)
    for minute in range(9):
        name = f"20260619T00{minute:02d}00.400_L1_front.png"
        (night.inbox / name).write_bytes(frame_bytes(20 + minute))
    night.run(DAY + timedelta(days=1))
    night.run()
    assert problems(night) == before
    assert hidden(night) == []


def test_the_night_flags_what_the_stream_judged_and_opened(make: Make) -> None:
    by_night, by_stream = make(), make()
    for night in (by_night, by_stream):
        trucks(night, 11, 12, 13, HIDDEN, 14, 15)
    by_night.run()
    run = by_stream.run_all
    intake = replace(run.intake, now_ms=lambda: MORNING_MS)
    for path in sorted(by_stream.inbox.iterdir()):
        intake.take(by_stream.station, [path], remove=True)
    now = replace(run.intake, now_ms=lambda: MORNING_MS + 3_000_000)
    stream = StreamRun(night=replace(run, intake=now), settle_ms=5_000, patience_ms=10_000)
    assert stream.round([by_stream.station]).cases_opened == 6
    assert hidden(by_stream) == []
    by_stream.run()
    assert hidden(by_stream) == hidden(by_night) == ["test-1-20260618-010300-1"]
    assert by_stream.cases() == by_night.cases()


def words(night: Night) -> list[tuple[int, str]]:
    """Return every word said of hidden plates: its number and its problem, "" where it accuses."""
    with night.database.read() as connection:
        query = select(ObscuringRow.number, ObscuringRow.problem).order_by(ObscuringRow.id)
        return [(number, problem) for number, problem in connection.execute(query)]


def test_a_later_frame_is_judged_with_the_others_and_both_words_are_kept(make: Make) -> None:
    night = make()
    trucks(night, 11, 12, 13, HIDDEN, 14, 15)
    night.run()
    night.frame("010300.900", 13)
    night.run()
    assert [number for number, _ in words(night)] == [1, 2]
    with night.database.read() as connection:
        first, second = connection.scalars(select(ObscuringRow.reasons).order_by(ObscuringRow.number))
        seen = passages_seen(connection, night.station, DAY, Passage.passed_at > 0)
    assert "时隐时现" in second
    assert "时隐时现" not in first
    # It hides in one frame and is named by the other.
    assert all(one.vehicle for one in seen)


def test_a_finding_that_no_frame_bears_out_any_more_is_followed_by_a_word_that_says_so(make: Make) -> None:
    night = make()
    trucks(night, 11, 12, 13, HIDDEN, 14, 15)
    night.run()
    (case,) = hidden(night)
    with night.database.write("test") as connection:
        connection.execute(update(PlateLegibilityRow).values(legibility="clear"))
    night.run()
    assert words(night) == [(1, ""), (2, NO_LONGER.problem)]
    # It is in a case, which its officers decide on.
    assert hidden(night) == [case]
    night.run()
    assert len(words(night)) == 2


def test_two_runners_that_judge_a_day_at_once_leave_one_word(make: Make) -> None:
    night = make()
    trucks(night, 11, 12, 13, HIDDEN, 14, 15)
    night.run()
    with night.database.write("test") as connection:
        connection.execute(delete(ObscuringRow))
        connection.execute(update(Finding).values(case_id=None))
        connection.execute(delete(Finding).where(Finding.kind == HIDES))
    start = Barrier(2)

    def judge(_: int) -> None:
        with night.database.write("test") as connection:
            connection.execute(select(Finding.id)).all()
            if connection.dialect.name == "postgresql":
                # On SQLite the second would wait for the first one's transaction.
                start.wait(10)
            judge_obscured_day(connection, night.station, DAY)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(judge, range(2)))
    assert words(night) == [(1, "")]
    assert len(hidden(night)) == 1
