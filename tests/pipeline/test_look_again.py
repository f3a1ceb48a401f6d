"""Frames without a readable plate, looked at again: from frames to findings, once, and only beside others."""

import io
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
import pytest
from fake_reader import FakeReader
from hs_file import hs_row, write_hs
from nights import DAY, MakeNight, Night
from numpy.typing import NDArray
from PIL import Image
from snapshot import snapshot
from sqlalchemy import delete, select, update

from models import edges
from models.legibility_tables import ObscuringRow, PlateLegibilityRow
from models.tables import Finding, Frame, Judgement, Lease, Passage
from models.values.findings import FindingKind
from models.values.legibility import Legibility, PlateLegibility
from pipeline import look_again, others_seen
from pipeline.executor import InlineExecutor
from pipeline.look_again import SecondLook, readable_frames
from pipeline.obscured_rows import judge_obscured_day, passages_seen, save_legibility
from pipeline.others_seen import OtherVehicles
from pipeline.plates.look import FrameLook
from pipeline.plates.second import Located
from pipeline.plates.second_look import second_judge

ABSENT, TURNED, NEIGHBOURS, WIDE, HIGH = 0, 30, 40, 320, 240
BOX = (100, 100, 180, 126)
Make = Callable[..., Night]


class CornerReader(FakeReader):
    """Reads the plate that the corner's pixel names; of others it doesn't know what they are."""

    def look(self, image: NDArray[np.uint8], *, crop: bool = False) -> FrameLook:
        number = int(image[0, 0, 0])
        readings = () if crop else tuple(super().read(np.full((2, 2, 3), number, dtype=np.uint8)))
        seen = PlateLegibility(
            legibility=Legibility.CLEAR if readings else Legibility.DOUBTFUL,
            probability=0.95,
            text=readings[0].text if readings else "",
            rows=1 if readings else 0,
            box=BOX,
            corners=((0.0, 0.0),) * 4,
            visible=(),
            mask=(),
            judge="fake",
        )
        return FrameLook(readings=readings, legibilities=(seen,))


class Blind:
    """Sees no plate anywhere, and counts how often it was asked."""

    asked = 0

    def locate(self, image: NDArray[np.uint8], longest_side_px: int, least_score: float) -> list[Located]:
        del image, longest_side_px, least_score
        self.asked += 1
        return []


class TurnedReader(CornerReader):
    """Sees the plates from number 30 on elsewhere: the camera was turned."""

    def look(self, image: NDArray[np.uint8], *, crop: bool = False) -> FrameLook:
        seen = super().look(image, crop=crop)
        moved = replace(seen.legibilities[0], box=(200, 20, 280, 46))
        return replace(seen, legibilities=(moved,)) if image[0, 0, 0] >= TURNED else seen


class NeighboursReader(CornerReader):
    """Reads, in the frames of number 40, a plate that stands a lane further."""

    def look(self, image: NDArray[np.uint8], *, crop: bool = False) -> FrameLook:
        seen = super().look(image, crop=crop)
        moved = replace(seen.legibilities[0], box=(1000, 100, 1080, 126))
        return replace(seen, legibilities=(moved,)) if image[0, 0, 0] == NEIGHBOURS else seen


def neighbours_reader() -> NeighboursReader:
    return NeighboursReader()


def turned_reader() -> TurnedReader:
    return TurnedReader()


def corner_reader() -> CornerReader:
    return CornerReader()


def frame(number: int, *, blurred: bool = False) -> bytes:
    """Return a frame full of edges whose corner names its plate."""
    rng = np.random.default_rng(number)
    pixels = np.kron(rng.integers(20, 220, (30, 40, 1)), np.ones((8, 8, 3))).astype(np.uint8)
    if blurred:
        ramp = np.linspace(20, 220, WIDE)[None, :, None]
        pixels = np.broadcast_to(ramp, pixels.shape).astype(np.uint8).copy()
    pixels[:2, :2] = number
    sink = io.BytesIO()
    Image.fromarray(pixels).save(sink, "PNG")
    return sink.getvalue()


@pytest.fixture
def detector() -> Blind:
    return Blind()


@pytest.fixture
def make(make_night: MakeNight, detector: Blind) -> Make:
    """Return a maker of nights that look again."""

    def new(reader: Callable[[], CornerReader] = corner_reader, chunk_size: int = 50) -> Night:
        night = make_night(InlineExecutor(reader), chunk_size)
        run = night.run_all
        night.run_all = replace(run, second_look=SecondLook(run.database, run.store, lambda: detector))
        return night

    return new


def trucks(
    night: Night,
    *plates: int,
    blurred: int | None = None,
    hour: int = 1,
    within: frozenset[int] = frozenset(),
) -> None:
    """Let trucks cross a minute apart, each with a frame of its front and of its rear.

    All are overloaded but those of the minutes `within` their limits.
    """
    rows = []
    for minute, plate in enumerate(plates):
        rows.append(
            hs_row(f"2026-06-18 {hour:02d}:{minute:02d}:00.000", 20_000 if minute in within else 62_000)
        )
        for number, kind in enumerate(("front", "rear")):
            name = f"20260618T{hour:02d}{minute:02d}00.{4 + number}00_L1_{kind}.png"
            content = frame(plate, blurred=minute == blurred)
            (night.inbox / name).write_bytes(content + bytes([minute, number]))
    write_hs(night.inbox / f"{hour}.csv", rows)


def words(night: Night) -> list[str]:
    """Return what was said of frames beyond the first look."""
    with night.database.read() as connection:
        query = select(PlateLegibilityRow.legibility).where(PlateLegibilityRow.judge == second_judge())
        return list(connection.scalars(query))


def flagged(night: Night) -> int:
    with night.database.read() as connection:
        query = select(Finding.id).where(Finding.kind == FindingKind.PLATE_OBSCURED.value)
        return len(connection.scalars(query).all())


def test_a_plate_missing_at_both_ends_is_flagged_once_and_a_rerun_changes_nothing(
    make: Make, detector: Blind
) -> None:
    night = make()
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


def test_each_camera_has_its_own_latest_frames(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    night = make()
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


def test_a_camera_with_few_readable_plates_has_no_usual_place(make: Make) -> None:
    night = make()
    trucks(night, 11, 12, 13, ABSENT, 14, 15)
    night.run()
    assert (words(night), flagged(night)) == ([], 0)


def test_vehicles_within_their_limits_are_looked_at_for_comparison_alone(make: Make) -> None:
    night = make()
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


def test_a_neighbours_frame_that_can_not_be_read_costs_that_frame_alone(make: Make) -> None:
    night = make()
    trucks(night, *range(11, 16), ABSENT, *range(16, 21), within=frozenset(range(11)) - {5})
    beside(night, Balking)
    night.run()
    assert (night.report.failures, words(night), flagged(night)) == ([], ["missing"] * 2, 1)
    with night.database.read() as connection:
        (reasons,) = connection.scalars(select(ObscuringRow.reasons))
    assert "其他车辆9辆，号牌清晰9辆" in reasons


def test_what_stops_the_look_beside_is_told_and_stops_no_second_look(make: Make) -> None:
    night = make()
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


def test_who_is_not_judged_yet_is_no_comparison_and_its_own_plates_are_kept(make: Make) -> None:
    night = make(StumblesAtFirst, 1)
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


def test_who_was_looked_at_for_comparison_and_is_judged_later_has_rows_of_its_own(make: Make) -> None:
    night = make()
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
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(others_seen, "BESIDE", 4)
    night = make()
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


def test_a_long_look_beside_keeps_its_lease(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    night = make()
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


def test_a_blurred_frame_among_sharp_ones_is_the_cameras_fault(make: Make) -> None:
    night = make()
    trucks(night, *range(11, 16), ABSENT, *range(16, 21), blurred=5)
    night.run()
    assert words(night) == ["camera", "camera"]
    assert flagged(night) == 0


def test_pictures_of_another_hour_are_no_measure(make: Make, detector: Blind) -> None:
    night = make()
    trucks(night, *range(11, 21))
    trucks(night, ABSENT, hour=3)
    night.run()
    assert (words(night), flagged(night), detector.asked) == ([], 0, 0)


def test_a_frame_that_can_no_longer_be_opened_keeps_none_of_the_others_back(make: Make) -> None:
    night = make()
    trucks(night, *range(11, 16), ABSENT, *range(16, 21), ABSENT)
    look, night.run_all = night.run_all.second_look, replace(night.run_all, second_look=None)
    night.run()
    assert look is not None
    stored = (path for path in night.folder.rglob("originals/**/*") if path.is_file())
    lost = next(path for path in stored if path.read_bytes() == frame(ABSENT) + bytes([5, 0]))
    lost.unlink()
    assert look.look(night.station, DAY, night.run_all.intake.holder) == 3


def test_a_detector_that_fails_is_told_and_stops_no_night(make: Make) -> None:
    night = make()
    run = night.run_all

    def broken() -> Blind:
        raise RuntimeError("no weights")

    night.run_all = replace(run, second_look=SecondLook(run.database, run.store, broken))
    trucks(night, *range(11, 16), ABSENT, *range(16, 21))
    night.run()
    assert night.report.failures == ["test-1: second look: RuntimeError: no weights"]
    assert (words(night), len(night.cases())) == ([], 11)


def test_a_camera_that_was_turned_says_of_no_plate_that_it_is_missing(make: Make, detector: Blind) -> None:
    night = make(turned_reader)
    trucks(night, *range(11, 21), hour=1)
    trucks(night, *range(TURNED, TURNED + 3), ABSENT, *range(TURNED + 3, TURNED + 6), hour=2)
    night.run()
    assert (words(night), detector.asked) == ([], 0)


def test_where_only_the_next_lanes_plate_reads_the_vehicles_own_is_looked_for(make: Make) -> None:
    night = make(neighbours_reader)
    trucks(night, *range(11, 16), NEIGHBOURS, *range(16, 21))
    night.run()
    assert (words(night), flagged(night)) == (["missing", "missing"], 1)
    doubts = [case["doubts"] for case in night.cases()]
    assert sum("plate_in_doubt" in one for one in doubts) == 1


def test_what_other_stations_saw_of_a_neighbour_says_nothing_of_who_hid_beside_it(make: Make) -> None:
    night = make(neighbours_reader)
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


def test_a_plate_that_reads_beside_its_usual_place_is_the_vehicles_own(make: Make, detector: Blind) -> None:
    night = make(turned_reader)
    trucks(night, *range(11, 21), TURNED)
    night.run()
    assert (words(night), flagged(night), detector.asked) == ([], 0, 0)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_killed_where_a_second_look_is_kept_the_next_run_comes_to_the_same(make: Make, moment: str) -> None:
    plates = (*range(11, 16), ABSENT, *range(16, 21))
    whole, night = make(), make()
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
