"""Vehicles looked at beside one whose plate can't be seen: for comparison alone, once."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
import pytest
from nights import DAY, Night
from numpy.typing import NDArray
from second_looks import ABSENT, HIGH, WIDE, CornerReader, MakeLooking, corner_reader, flagged, trucks, words
from snapshot import snapshot
from sqlalchemy import delete, select

from models import edges
from models.legibility_tables import ObscuringRow, PlateLegibilityRow
from models.tables import Finding, Frame, Lease, Passage
from pipeline import others_seen
from pipeline.obscured_rows import passages_seen, save_legibility
from pipeline.others_seen import OtherVehicles
from pipeline.plates.look import FrameLook


def test_vehicles_within_their_limits_are_looked_at_for_comparison_alone(make_looking: MakeLooking) -> None:
    night = make_looking()
    trucks(night, *range(11, 16), ABSENT, 16, ABSENT, *range(17, 21), within=frozenset(range(12)) - {5})
    night.run()
    assert (words(night), flagged(night)) == ([], 0)
    run = night.run_all
    night.run_all = replace(run, others=OtherVehicles(run.database, run.store, corner_reader))
    night.run()
    assert (words(night), flagged(night)) == (["missing"] * 4, 1)
    with night.database.read() as connection:
        assert len(connection.scalars(select(ObscuringRow.id)).all()) == 1
        rows = connection.execute(
            select(PlateLegibilityRow.text, Finding.id)
            .join(Frame, Frame.id == PlateLegibilityRow.frame_id)
            .outerjoin(Finding, Finding.passage_id == Frame.passage_id)
        ).all()
    # Ten vehicles are looked at, their plates aren't kept, and nobody of them is suspect.
    assert Counter(row.text for row in rows if row.id is None) == {"???????": 18, "": 4}
    before = snapshot(night.database)
    night.run()
    assert snapshot(night.database) == before


class Balking(CornerReader):
    """Balks at the frames of number 12 as OpenCV does."""

    def look(self, image: NDArray[np.uint8], *, crop: bool = False) -> FrameLook:
        if int(image[0, 0, 0]) == 12:
            raise cv2.error("a size of nought")
        return super().look(image, crop=crop)


class Stumbling(CornerReader):
    """Stumbles wherever it is."""

    def look(self, image: NDArray[np.uint8], *, crop: bool = False) -> FrameLook:
        del image, crop
        raise RuntimeError("no memory")


def beside(night: Night, reader: Callable[[], CornerReader]) -> None:
    """Let a night look at the vehicles beside those whose plates can't be seen."""
    run = night.run_all
    night.run_all = replace(run, others=OtherVehicles(run.database, run.store, reader))


def test_a_neighbours_frame_that_can_not_be_read_costs_that_frame_alone(make_looking: MakeLooking) -> None:
    night = make_looking()
    trucks(night, *range(11, 16), ABSENT, *range(16, 21), within=frozenset(range(11)) - {5})
    beside(night, Balking)
    night.run()
    assert (night.report.failures, words(night), flagged(night)) == ([], ["missing"] * 2, 1)
    with night.database.read() as connection:
        (reasons,) = connection.scalars(select(ObscuringRow.reasons))
    assert "其他车辆9辆，号牌清晰9辆" in reasons


def test_what_stops_the_look_beside_is_told_and_stops_no_second_look(make_looking: MakeLooking) -> None:
    night = make_looking()
    trucks(night, *range(11, 16), ABSENT, *range(16, 21), within=frozenset({10}))
    beside(night, Stumbling)
    night.run()
    assert night.report.failures == ["test-1: looking beside: RuntimeError: no memory"]
    assert (words(night), flagged(night)) == (["missing"] * 2, 1)


class StumblesAtFirst(CornerReader):
    """Stumbles once at plate 12, so that its chunk waits for the next run."""

    def __init__(self) -> None:
        self.stumbled = False

    def look(self, image: NDArray[np.uint8], *, crop: bool = False) -> FrameLook:
        if int(image[0, 0, 0]) == 12 and not self.stumbled:
            self.stumbled = True
            raise RuntimeError("no memory")
        return super().look(image, crop=crop)


def test_who_is_not_judged_yet_is_no_comparison_and_its_own_plates_are_kept(
    make_looking: MakeLooking,
) -> None:
    night = make_looking(StumblesAtFirst, 1)
    trucks(night, *range(11, 16), ABSENT, *range(16, 21), within=frozenset({10}))
    beside(night, corner_reader)
    texts = (
        select(PlateLegibilityRow.judge, PlateLegibilityRow.text)
        .join(Frame, Frame.id == PlateLegibilityRow.frame_id)
        .join(Passage, Passage.id == Frame.passage_id)
    )
    at_12 = texts.where(Passage.gross_kg == 62_000, PlateLegibilityRow.text.in_(("浙Z00012", "???????")))
    night.run()
    with night.database.read() as connection:
        assert connection.execute(at_12).all() == []
    night.run()
    with night.database.read() as connection:
        assert connection.execute(at_12).all() == [("fake", "浙Z00012")] * 2
    # Nor is who is overloaded looked at, when frames of it come late.
    with night.database.write("test") as connection:
        connection.execute(delete(PlateLegibilityRow).where(PlateLegibilityRow.text == "浙Z00012"))
    night.run()
    with night.database.read() as connection:
        assert connection.execute(at_12).all() == []


def test_who_was_looked_at_for_comparison_and_is_judged_later_has_rows_of_its_own(
    make_looking: MakeLooking,
) -> None:
    night = make_looking()
    trucks(night, *range(11, 16), ABSENT, *range(16, 21), within=frozenset(range(11)) - {5})
    beside(night, corner_reader)
    night.run()
    own = CornerReader().look(np.full((HIGH, WIDE, 3), 11, dtype=np.uint8)).legibilities
    with night.database.write("test") as connection:
        first = connection.scalars(select(Frame.id).order_by(Frame.taken_at)).first()
        assert first is not None
        save_legibility(connection, [(first, own)])
    with night.database.read() as connection:
        one, *_ = passages_seen(connection, night.station, DAY, Passage.station_id == night.station.id)
    assert [frame.text for frame in one.frames] == ["浙Z00011", "???????"]


def test_what_was_looked_at_beside_is_kept_suspect_by_suspect(
    make_looking: MakeLooking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(others_seen, "BESIDE", 4)
    night = make_looking()
    trucks(night, *range(11, 16), ABSENT, *range(16, 21), within=frozenset(range(11)) - {5})
    trucks(night, *range(11, 16), ABSENT, *range(16, 21), within=frozenset(range(11)) - {5}, hour=3)
    beside(night, corner_reader)
    kept: list[int] = []

    def count(edge: str) -> None:
        if edge == "plates.looked_beside: after commit":
            with night.database.read() as connection:
                kept.append(len(connection.scalars(select(PlateLegibilityRow.id)).all()))
                waits = select(Lease.name).where(Lease.name.startswith("station:"))
                assert connection.scalars(waits).all() == []

    monkeypatch.setattr(others_seen, "MOST_SUSPECTS", 1)
    monkeypatch.setattr(edges, "listener", count)
    night.run()
    (told,) = night.report.failures
    assert "looking beside: 1 vehicles" in told
    night.run()
    assert (kept, night.report.failures) == ([4 + 8, 4 + 16], [])


def test_a_long_look_beside_keeps_its_lease(
    make_looking: MakeLooking, monkeypatch: pytest.MonkeyPatch
) -> None:
    night = make_looking()
    trucks(night, *range(11, 16), ABSENT, *range(16, 21), within=frozenset(range(11)) - {5})
    beside(night, corner_reader)
    until: list[int] = []

    def watch(edge: str) -> None:
        if edge.startswith("plates.looked_"):
            with night.database.read() as connection:
                until.extend(connection.scalars(select(Lease.until).where(Lease.name.startswith("look:"))))

    monkeypatch.setattr(edges, "listener", watch)
    night.run()
    # Before and after the commit of what was beside, and of the two frames looked at again.
    assert len(until) == 6
    assert until == sorted(until)
    assert until[0] < until[1] < until[-1]
