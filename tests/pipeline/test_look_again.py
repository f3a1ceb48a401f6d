"""Frames without a readable plate, looked at again: from frames to findings, once, and only beside others."""

from dataclasses import replace

import pytest
from nights import DAY
from second_looks import (
    ABSENT,
    NEIGHBOURS,
    TURNED,
    Blind,
    MakeLooking,
    edge_reader,
    flagged,
    frame,
    neighbours_reader,
    trucks,
    turned_reader,
    words,
)
from snapshot import snapshot
from sqlalchemy import insert, select, update

from models import edges
from models.legibility_tables import ObscuringRow, PlateLegibilityRow
from models.tables import Judgement, Passage
from pipeline import look_again
from pipeline.look_again import SecondLook, readable_frames
from pipeline.obscured_rows import judge_obscured_day, passages_seen
from pipeline.plates.second_look import second_judge


def test_a_plate_missing_at_both_ends_is_flagged_once_and_a_rerun_changes_nothing(
    make_looking: MakeLooking, detector: Blind
) -> None:
    night = make_looking()
    trucks(night, *range(11, 16), ABSENT, *range(16, 21))
    night.run()
    assert words(night) == ["missing", "missing"]
    assert flagged(night) == 1
    assert detector.asked == 2
    with night.database.read() as connection:
        (reasons,) = connection.scalars(select(ObscuringRow.reasons))
    assert "未见号牌" in reasons
    assert "其他车辆10辆，号牌清晰10辆" in reasons
    before = snapshot(night.database)
    night.run()
    assert snapshot(night.database) == before
    assert detector.asked == 2


def test_each_camera_has_its_own_latest_frames(
    make_looking: MakeLooking, monkeypatch: pytest.MonkeyPatch
) -> None:
    night = make_looking()
    trucks(night, *range(11, 16))
    night.run()
    monkeypatch.setattr(look_again, "LEARNT_FRAMES", 3)
    with night.database.read() as connection:
        cameras = readable_frames(connection, night.station, DAY)
        last = sorted(connection.scalars(select(Passage.passed_at)))[-3:]
    assert {camera: sorted(row.passed_at for row in rows) for camera, rows in cameras.items()} == {
        (1, "front"): last,
        (1, "rear"): last,
    }


def test_a_camera_with_few_readable_plates_has_no_usual_place(make_looking: MakeLooking) -> None:
    night = make_looking()
    trucks(night, 11, 12, 13, ABSENT, 14, 15)
    night.run()
    assert (words(night), flagged(night)) == ([], 0)


def test_a_blurred_frame_among_sharp_ones_is_the_cameras_fault(make_looking: MakeLooking) -> None:
    night = make_looking()
    trucks(night, *range(11, 16), ABSENT, *range(16, 21), blurred=5)
    night.run()
    assert words(night) == ["camera", "camera"]
    assert flagged(night) == 0


def test_a_first_look_made_later_does_not_overrule_the_second(make_looking: MakeLooking) -> None:
    night = make_looking()
    trucks(night, *range(11, 16), ABSENT, *range(16, 21), blurred=5)
    night.run()
    with night.database.write("test") as connection:
        again = select(PlateLegibilityRow.__table__).where(PlateLegibilityRow.judge == second_judge())
        rows = [
            {key: value for key, value in row.items() if key != "id"}
            | {"judge": "a first look", "legibility": "covered"}
            for row in connection.execute(again).mappings()
        ]
        connection.execute(insert(PlateLegibilityRow), rows)
        seen = passages_seen(connection, night.station, DAY, Passage.station_id == night.station.id)
    hidden = [frame.legibility for one in seen for frame in one.frames if frame.legibility != "clear"]
    assert hidden == ["camera", "camera"]


def test_pictures_of_another_hour_are_no_measure(make_looking: MakeLooking, detector: Blind) -> None:
    night = make_looking()
    trucks(night, *range(11, 21))
    trucks(night, ABSENT, hour=3)
    night.run()
    assert (words(night), flagged(night), detector.asked) == ([], 0, 0)


def test_a_frame_that_can_no_longer_be_opened_keeps_none_of_the_others_back(
    make_looking: MakeLooking,
) -> None:
    night = make_looking()
    trucks(night, *range(11, 16), ABSENT, *range(16, 21), ABSENT)
    look, night.run_all = night.run_all.second_look, replace(night.run_all, second_look=None)
    night.run()
    assert look is not None
    stored = (path for path in night.folder.rglob("originals/**/*") if path.is_file())
    lost = next(path for path in stored if path.read_bytes() == frame(ABSENT) + bytes([5, 0]))
    lost.unlink()
    assert look.look(night.station, DAY, night.run_all.intake.holder) == 3


def test_a_detector_that_fails_is_told_and_stops_no_night(make_looking: MakeLooking) -> None:
    night = make_looking()
    run = night.run_all

    def broken() -> Blind:
        raise RuntimeError("no weights")

    night.run_all = replace(run, second_look=SecondLook(run.database, run.store, broken))
    trucks(night, *range(11, 16), ABSENT, *range(16, 21))
    night.run()
    assert night.report.failures == ["test-1: second look: RuntimeError: no weights"]
    assert (words(night), len(night.cases())) == ([], 11)


def test_a_camera_that_was_turned_says_of_no_plate_that_it_is_missing(
    make_looking: MakeLooking, detector: Blind
) -> None:
    night = make_looking(turned_reader)
    trucks(night, *range(11, 21), hour=1)
    trucks(night, *range(TURNED, TURNED + 3), ABSENT, *range(TURNED + 3, TURNED + 6), hour=2)
    night.run()
    assert (words(night), detector.asked) == ([], 0)


def test_where_only_the_next_lanes_plate_reads_the_vehicles_own_is_looked_for(
    make_looking: MakeLooking,
) -> None:
    night = make_looking(neighbours_reader)
    trucks(night, *range(11, 16), NEIGHBOURS, *range(16, 21))
    night.run()
    assert (words(night), flagged(night)) == (["missing", "missing"], 1)
    doubts = [case["doubts"] for case in night.cases()]
    assert sum("plate_in_doubt" in one for one in doubts) == 1


def test_where_the_frames_edge_cuts_a_plate_off_the_vehicles_own_is_looked_for(
    make_looking: MakeLooking,
) -> None:
    night = make_looking(edge_reader)
    trucks(night, *range(11, 16), ABSENT, *range(16, 21))
    night.run()
    assert words(night) == ["missing", "missing"]


def test_what_other_stations_saw_of_a_neighbour_says_nothing_of_who_hid_beside_it(
    make_looking: MakeLooking,
) -> None:
    night = make_looking(neighbours_reader)
    trucks(night, *range(11, 16), NEIGHBOURS, *range(16, 21))
    night.run()
    with night.database.write("test") as connection:
        rows = connection.execute(
            select(Judgement.passage_id, Judgement.plate).order_by(Judgement.plate)
        ).all()
        # The neighbour's own passage, at another station.
        here, plate, there = rows[-1].passage_id, rows[-1].plate, rows[0].passage_id
        connection.execute(update(Passage).where(Passage.id == there).values(station_id="other"))
        connection.execute(update(Judgement).where(Judgement.passage_id == there).values(plate=plate))
        judge_obscured_day(connection, night.station, DAY)
        said = select(ObscuringRow.reasons).where(ObscuringRow.passage_id == here)
        _, latest = connection.scalars(said.order_by(ObscuringRow.number))
        seen = passages_seen(connection, night.station, DAY, Passage.station_id != "")
    assert "其他检测点" not in latest
    assert [one.passage_id for one in seen if not one.vehicle] == [here]


def test_a_plate_that_reads_beside_its_usual_place_is_the_vehicles_own(
    make_looking: MakeLooking, detector: Blind
) -> None:
    night = make_looking(turned_reader)
    trucks(night, *range(11, 21), TURNED)
    night.run()
    assert (words(night), flagged(night), detector.asked) == ([], 0, 0)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_killed_where_a_second_look_is_kept_the_next_run_comes_to_the_same(
    make_looking: MakeLooking, moment: str
) -> None:
    plates = (*range(11, 16), ABSENT, *range(16, 21))
    whole, night = make_looking(), make_looking()
    trucks(whole, *plates)
    trucks(night, *plates)
    whole.run()

    def die(edge: str) -> None:
        if edge == f"plates.looked_again: {moment} commit":
            raise KeyboardInterrupt

    edges.listener = die
    try:
        with pytest.raises(KeyboardInterrupt):
            night.run()
    finally:
        edges.listener = None
    night.run()
    assert sorted(words(night)) == sorted(words(whole)) == ["missing", "missing"]
    assert flagged(night) == flagged(whole) == 1
