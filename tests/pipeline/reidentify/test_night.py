"""Re-identification in the night: kept once, shown side by side, and the same on a rerun."""

import json
from types import SimpleNamespace

import pytest
from hs_file import HEADER, hs_row
from nights import DAY, Night
from snapshot import snapshot
from sqlalchemy import insert, select, update

from models.legibility_tables import PlateLegibilityRow
from models.reidentify_tables import CandidateRow, PlateCheck, PlateConflict
from models.tables import Frame
from pipeline import nightly
from pipeline.reidentify.conflicts import RULES
from pipeline.reidentify.lists import candidate_rows, conflict_rows
from pipeline.reidentify.partial import DISAGREE, merged, partial_plate


def write(night: Night, rows: list[tuple[str, str]]) -> None:
    lines = [f"{HEADER},License_Plate,License_Plate_Color", *(f"{row},{plate},黄" for row, plate in rows)]
    (night.inbox / "night.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_an_unread_overload_gets_candidates_and_a_clone_is_told(night: Night) -> None:
    write(
        night,
        [
            (hs_row("2026-06-18 01:00:00.000", 62_000), "浙Z00007"),
            (hs_row("2026-06-18 01:30:00.000", 30_000, axles=4), "浙Z00008"),
            (hs_row("2026-06-18 02:00:00.000", 62_300), ""),
            (hs_row("2026-06-18 02:30:00.000", 61_000), "浙Z00008"),
        ],
    )
    night.run()
    with night.database.read() as connection:
        candidates = candidate_rows(connection, night.station, DAY)
        (conflict,) = conflict_rows(connection, night.station, DAY)
    assert [row["place"] for row in candidates] == list(range(1, len(candidates) + 1))
    assert candidates[0]["plate"] == "浙Z00007"
    assert candidates[0]["other_gross_kg"] == 62_000
    # Three vehicles are no fleet to be sure among.
    assert not any(row["likely"] for row in candidates)
    assert {(row["fleet"], row["vehicles"]) for row in candidates} == {(3, 2)}
    assert candidates[0]["other_time"].startswith("2026-06-18T01:00:00")
    assert (conflict["plate"], conflict["kind"]) == ("浙Z00008", "signature")
    assert (conflict["axle_count"], conflict["other_axle_count"]) == (6, 4)
    with night.database.read() as connection:
        (check,) = connection.execute(select(PlateCheck.plates, PlateCheck.conflicts, PlateCheck.rules)).all()
        assert check == (1, 1, RULES)
        assert connection.scalar(select(PlateConflict.rules)) == RULES
    before = snapshot(night.database)
    night.run()
    assert snapshot(night.database) == before
    assert before["reidentify_candidate"]


def test_a_passage_that_cannot_be_compared_says_why(night: Night) -> None:
    write(night, [(hs_row("2026-06-18 02:00:00.000", 62_300), "")])
    night.run()
    with night.database.read() as connection:
        (row,) = candidate_rows(connection, night.station, DAY)
    assert (row["place"], row["plate"]) == (0, "")
    assert "没有号牌可读" in row["trouble"]


def reading(text: str, sure: float) -> SimpleNamespace:
    return SimpleNamespace(text=text, characters=json.dumps([sure] * len(text)), colour="yellow")


def test_frames_of_two_vehicles_tell_nothing_of_a_plate() -> None:
    first, second = reading("浙Z00012", 0.95), reading("浙Z97345", 0.9)
    assert merged([first, second]) == (("", (), ""), DISAGREE)
    near = reading("浙Z00013", 0.9)
    assert merged([first, near]) == (("浙Z00012", (0.95,) * 7, "yellow"), "")
    assert merged([]) == (("", (), ""), "")


def test_what_fails_here_is_told_and_the_night_goes_on(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise MemoryError("so many")

    monkeypatch.setattr(nightly, "reidentify_day", fail)
    write(night, [(hs_row("2026-06-18 02:00:00.000", 62_300), "")])
    night.run()
    assert night.report.failures == ["test-1: reidentify: MemoryError: so many"]
    assert "registries" in night.report.seconds


def test_among_two_hundred_passages_of_twenty_trucks_nobody_is_called_likely(night: Night) -> None:
    clocks = [
        f"2026-06-18 {hour:02}:{minute:02}:00.000" for hour in range(1, 11) for minute in range(0, 60, 3)
    ]
    known = [(hs_row(clock, 40_000), f"浙Z{number % 20:05}") for number, clock in enumerate(clocks)]
    write(night, [*known, (hs_row("2026-06-18 12:00:00.000", 62_300), "")])
    night.run()
    with night.database.write("test") as connection:
        connection.execute(update(CandidateRow).values(probability=1.0))
        first, *_ = candidate_rows(connection, night.station, DAY)
    assert (first["place"], first["fleet"], first["vehicles"], first["likely"]) == (1, 200, 20, False)


def test_what_a_second_look_gives_to_another_vehicle_is_no_part_of_this_plate(night: Night) -> None:
    write(night, [(hs_row("2026-06-18 02:00:00.000", 62_300), "")])
    night.frame("020000.400", 11)
    night.run()
    seen = {"position": 0, "probability": 0.9, "cause": "", "rows": 1, "sentence": ""}
    blank = dict.fromkeys(("box", "corners", "visible", "mask"), "[]")
    with night.database.write("test") as connection:
        frame = connection.execute(select(Frame.id, Frame.passage_id)).one()
        (read, *_), _ = partial_plate(connection, frame.passage_id)
        assert read
        row = insert(PlateLegibilityRow).values(frame_id=frame.id, **seen, **blank)
        connection.execute(row.values(judge="a", legibility="clear", text=read))
        assert partial_plate(connection, frame.passage_id)[0][0] == read
        connection.execute(row.values(judge="a, usual place", legibility="missing", text=""))
        assert partial_plate(connection, frame.passage_id) == (("", (), ""), "")
