"""The network tells from pixels what covers a plate, and only where the forests leave it doubtful."""

from dataclasses import dataclass

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from plate_scene import TEXT, Frame, place, scene

from pipeline.plates import legibility
from pipeline.plates.covered import ABOVE, BESIDE, HIGH, NETWORK, WIDE, covered_share, network_name, seen_at
from pipeline.plates.frame_quality import frame_quality
from pipeline.plates.legibility import CELL_CLASSES, PLATE_CLASSES, judge_name, judge_plate
from stations.roadside.objects import cover

INNER = np.s_[ABOVE : HIGH - ABOVE, BESIDE : WIDE - BESIDE]


@dataclass(frozen=True)
class Votes:
    """A forest that has made up its mind."""

    told: tuple[float, ...]

    def shares(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.tile(np.array(self.told, dtype=np.float32), (len(features), 1))


def said(
    patched: pytest.MonkeyPatch, frame: Frame, corners: NDArray[np.float32], *, sure: float, **votes: float
) -> str:
    cells = Votes((0.9, *[0.1 / 3] * (len(CELL_CLASSES) - 1)))
    plate = Votes(tuple(votes.get(word, 0.0) for word in PLATE_CLASSES))
    patched.setattr(legibility, "forests", lambda: (cells, plate))
    patched.setattr(legibility, "covered_share", lambda *_: sure)
    seen = judge_plate(frame, place(corners, *[0.6] * 7, confidence=0.6), frame_quality(frame), TEXT)
    assert seen is not None
    return seen.legibility.value


@pytest.mark.parametrize(
    ("sure", "votes", "word"),
    [
        (0.9, {"clear": 0.45, "covered": 0.4}, "clear"),
        (0.9, {"clear": 0.4, "covered": 0.3, "dirty": 0.3}, "covered"),
        (0.89, {"clear": 0.4, "covered": 0.3, "dirty": 0.3}, "doubtful"),
        (0.9, {"covered": 0.45, "clear": 0.3, "camera": 0.25}, "covered"),
        (1.0, {"camera": 0.9, "covered": 0.1}, "camera"),
        (1.0, {"dirty": 0.9, "covered": 0.1}, "dirty"),
        (1.0, {"damaged": 0.9, "covered": 0.1}, "damaged"),
        (1.0, {"clear": 0.9, "covered": 0.1}, "clear"),
        (0.0, {"covered": 0.9, "clear": 0.1}, "covered"),
    ],
)
def test_the_network_decides_what_the_forests_leave_doubtful(
    monkeypatch: pytest.MonkeyPatch, sure: float, votes: dict[str, float], word: str
) -> None:
    frame, corners = scene()
    assert said(monkeypatch, frame, corners, sure=sure, **votes) == word


def test_a_plate_cut_off_by_the_frame_is_covered_by_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    frame, corners = scene()
    cut = np.ascontiguousarray(frame[:, 150:])
    moved = corners - np.array((150, 0), dtype=np.float32)
    assert said(monkeypatch, cut, moved, sure=1.0, clear=0.4, covered=0.3, dirty=0.3) == "doubtful"


@pytest.mark.parametrize(("tone", "wide"), [(255, 120), (0, 140)])
def test_a_plate_lost_in_light_or_darkness_is_covered_by_nobody(
    monkeypatch: pytest.MonkeyPatch, tone: int, wide: int
) -> None:
    frame, corners = scene()
    frame[150:220, 120 : 120 + wide] = tone
    assert said(monkeypatch, frame, corners, sure=1.0, clear=0.4, covered=0.3, dirty=0.3) == "doubtful"


@pytest.mark.parametrize("thing", ["cloth", "card", "rag"])
def test_the_network_tells_a_covered_plate_from_a_plain_one(thing: str) -> None:
    frame, corners = scene()
    done = cover(frame, corners, 7, 1, thing, "side", np.random.default_rng(3))
    plain, hidden = (covered_share(one, place(corners), frame_quality(one)) for one in (frame, done.pixels))
    assert plain < 0.1
    assert hidden > 0.6


def test_the_network_is_small_and_the_judge_bears_its_name() -> None:
    assert NETWORK.stat().st_size < 1_000_000
    assert judge_name().endswith(network_name())


@pytest.mark.parametrize("scale", [0.25, 1.0, 4.0])
def test_a_view_shows_the_plate_inside_its_margin_whatever_its_size(scale: float) -> None:
    frame, corners = scene()
    grown = cv2.resize(frame, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    view = seen_at(grown, corners * np.float32(scale), crop=False)
    inside = (WIDE - 2 * BESIDE, HIGH - 2 * ABOVE)
    plate = cv2.resize(frame[150:220, 120:340], inside, interpolation=cv2.INTER_AREA)
    assert view.shape == (HIGH, WIDE, 3)
    assert np.abs(view[INNER].astype(float) - plate).mean() < 18
    assert view[:ABOVE].std() > 5


def test_a_crops_margin_is_empty() -> None:
    frame, corners = scene()
    view = seen_at(frame[150:220, 120:340], corners, crop=True)
    assert view[INNER].any()
    assert view.sum() == view[INNER].sum()
