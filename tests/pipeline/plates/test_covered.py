"""The network tells from pixels what covers a plate, and it alone accuses."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from plate_scene import TEXT, Frame, place, scene

from models.values.legibility import CameraCause, PlateLegibility
from pipeline.plates import legibility
from pipeline.plates.covered import (
    ABOVE,
    BESIDE,
    HIGH,
    NETWORK,
    WIDE,
    Covering,
    covering,
    network_name,
    seen_at,
)
from pipeline.plates.frame_quality import frame_quality
from pipeline.plates.legibility import CELL_CLASSES, PLATE_CLASSES, judge_name, judge_plate
from pipeline.plates.visible import Place
from stations.roadside.objects import cover

INNER = np.s_[ABOVE : HIGH - ABOVE, BESIDE : WIDE - BESIDE]


@dataclass(frozen=True)
class Votes:
    """A forest that has made up its mind."""

    told: tuple[float, ...]

    def shares(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.tile(np.array(self.told, dtype=np.float32), (len(features), 1))


def judged(
    patched: pytest.MonkeyPatch,
    frame: Frame,
    corners: NDArray[np.float32],
    covers: Covering | Callable[[Frame, Place, int], Covering],
    **votes: float,
) -> PlateLegibility:
    # The forests see no character: what is named is the network's alone.
    cells = Votes((0.1, *[0.9 / 3] * (len(CELL_CLASSES) - 1)))
    plate = Votes(tuple(votes.get(word, 0.0) for word in PLATE_CLASSES))
    patched.setattr(legibility, "forests", lambda: (cells, plate))
    told = covers if callable(covers) else lambda *_: covers
    patched.setattr(legibility, "covering", told)
    seen = judge_plate(frame, place(corners, *[0.6] * 7, confidence=0.6), frame_quality(frame), TEXT)
    assert seen is not None
    return seen


def share(sure: float) -> Covering:
    return Covering(share=sure, characters=(sure,) * 7)


@pytest.mark.parametrize(
    ("sure", "votes", "word"),
    [
        (0.85, {"clear": 0.9, "covered": 0.1}, "covered"),
        (0.85, {"clear": 0.4, "covered": 0.3, "dirty": 0.3}, "covered"),
        (0.85, {"camera": 0.9, "covered": 0.1}, "covered"),
        (0.85, {"dirty": 0.9, "covered": 0.1}, "covered"),
        (0.84, {"clear": 0.9, "covered": 0.1}, "clear"),
        (0.84, {"clear": 0.4, "covered": 0.3, "dirty": 0.3}, "doubtful"),
        (0.84, {"camera": 0.9, "covered": 0.1}, "camera"),
        (0.84, {"dirty": 0.9, "covered": 0.1}, "dirty"),
        (0.84, {"covered": 0.9, "clear": 0.1}, "doubtful"),
        (0.0, {"covered": 1.0}, "doubtful"),
    ],
)
def test_the_network_alone_accuses_whatever_the_forests_say(
    monkeypatch: pytest.MonkeyPatch, sure: float, votes: dict[str, float], word: str
) -> None:
    frame, corners = scene()
    assert judged(monkeypatch, frame, corners, share(sure), **votes).legibility.value == word


def test_the_mask_of_what_the_network_names_is_the_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    frame, corners = scene()
    covers = Covering(share=1.0, characters=(0.0, 0.9, 0.8, 0.1, 0.0, 0.4, 0.0))
    seen = judged(monkeypatch, frame, corners, covers, clear=0.9, covered=0.1)
    assert (seen.hidden_places, len(seen.mask)) == ((2, 3), 2)
    assert "第2至3位字符" in seen.sentence


@pytest.mark.parametrize(
    ("votes", "short", "word"),
    [
        ({"covered": 1.0}, 0.1, "covered"),
        ({"camera": 1.0}, 0.1, "camera"),
        ({"camera": 1.0}, 0.9, "covered"),
    ],
)
@pytest.mark.parametrize("left", [True, False])
def test_an_outline_of_what_was_left_uncovered_is_looked_at_as_long_as_a_plate(
    monkeypatch: pytest.MonkeyPatch, votes: dict[str, float], short: float, word: str, *, left: bool
) -> None:
    frame, corners = scene()
    part = corners.copy()
    part[[1, 2] if left else [0, 3], 0] += -90 if left else 90
    whole = (120, 150, 340, 220)

    def covers(_: Frame, where: Place, __: int) -> Covering:
        box = tuple(np.rint([*where.corners.min(axis=0), *where.corners.max(axis=0)]).astype(int).tolist())
        if box == whole:
            hidden = (0.0,) * 4 + (0.9,) * 3
            return Covering(share=0.9, characters=hidden if left else hidden[::-1])
        end = (0.0,) * 6 + (0.3,)
        return Covering(share=short, characters=end if left else end[::-1])

    seen = judged(monkeypatch, frame, part, covers, **votes)
    assert (seen.legibility.value, seen.box == whole) == (word, word == "covered")
    if word == "covered":
        assert seen.hidden_places == ((5, 6, 7) if left else (1, 2, 3))
        across = np.array(seen.mask)[..., 0]
        assert across.min() > 230 if left else across.max() < 230


def test_a_plate_cut_off_by_the_frame_is_covered_by_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    frame, corners = scene()
    cut = np.ascontiguousarray(frame[:, 150:])
    moved = corners - np.array((150, 0), dtype=np.float32)
    seen = judged(monkeypatch, cut, moved, share(1.0), clear=0.4, covered=0.3, dirty=0.3)
    assert (seen.legibility.value, seen.cause) == ("camera", CameraCause.OUT_OF_FRAME)


@pytest.mark.parametrize(
    ("frame_px", "sure", "votes", "word"),
    [
        (260, 0.1, {"covered": 1.0}, "camera"),
        (260, 0.1, {"dirty": 1.0}, "camera"),
        (260, 0.1, {"clear": 1.0}, "clear"),
        (260, 0.9, {"covered": 1.0}, "camera"),
        (480, 0.1, {"covered": 1.0}, "doubtful"),
        (480, 0.9, {"covered": 1.0}, "covered"),
    ],
)
def test_a_short_outline_is_cut_off_where_a_whole_plate_would_leave_the_frame(
    monkeypatch: pytest.MonkeyPatch, frame_px: int, sure: float, votes: dict[str, float], word: str
) -> None:
    frame, corners = scene()
    frame = np.ascontiguousarray(frame[:, :frame_px])
    part = corners.copy()
    part[[1, 2], 0] -= 90
    to_the_right = Covering(share=sure, characters=(0.0,) * 6 + (0.3,))
    seen = judged(monkeypatch, frame, part, to_the_right, **votes)
    cause = CameraCause.OUT_OF_FRAME if word == "camera" else None
    assert (seen.legibility.value, seen.cause) == (word, cause)


def test_a_faint_guess_at_the_frames_edge_is_no_plate_that_is_cut_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    frame, corners = scene()
    cut, faint = np.ascontiguousarray(frame[:, 150:]), place(corners - np.array((150, 0), dtype=np.float32))
    monkeypatch.setattr(legibility, "covering", lambda *_: share(0.1))
    seen = judge_plate(cut, replace(faint, score=0.19), frame_quality(cut), "")
    assert seen is None or seen.cause is not CameraCause.OUT_OF_FRAME


@pytest.mark.parametrize(("tone", "wide"), [(255, 120), (0, 140)])
def test_a_plate_lost_in_light_or_darkness_is_covered_by_nobody(
    monkeypatch: pytest.MonkeyPatch, tone: int, wide: int
) -> None:
    frame, corners = scene()
    frame[150:220, 120 : 120 + wide] = tone
    seen = judged(monkeypatch, frame, corners, share(1.0), clear=0.4, covered=0.3, dirty=0.3)
    assert seen.legibility.value == "doubtful"


@pytest.mark.parametrize("thing", ["cloth", "card", "rag"])
def test_the_network_tells_a_covered_plate_from_a_plain_one_and_which_characters(thing: str) -> None:
    frame, corners = scene()
    done = cover(frame, corners, 7, 1, thing, "side", np.random.default_rng(3))
    plain, hidden = (covering(one, place(corners), 7) for one in (frame, done.pixels))
    assert plain.share < 0.1
    assert max(plain.characters) < 0.5
    assert hidden.share > 0.6
    told = {one >= 0.5 for one, truth in zip(hidden.characters, done.characters, strict=True) if truth > 0.9}
    free = {one >= 0.5 for one, truth in zip(hidden.characters, done.characters, strict=True) if truth < 0.1}
    assert (told, free) == ({True}, {False})


def test_the_network_is_small_and_the_judge_bears_its_name() -> None:
    assert NETWORK.stat().st_size < 2_500_000
    assert judge_name().endswith(network_name())


@pytest.mark.parametrize("scale", [0.25, 1.0, 4.0])
def test_a_view_shows_the_plate_inside_its_margin_whatever_its_size(scale: float) -> None:
    frame, corners = scene()
    grown = cv2.resize(frame, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    view = seen_at(grown, corners * np.float32(scale), crop=False)
    inside = (WIDE - 2 * BESIDE, HIGH - 2 * ABOVE)
    plate = cv2.resize(frame[150:220, 120:340], inside, interpolation=cv2.INTER_AREA)
    assert view.shape == (HIGH, WIDE, 3)
    assert np.abs(view[INNER].astype(float) - plate).mean() < 24
    assert view[:ABOVE].std() > 5


def test_a_crops_margin_is_empty() -> None:
    frame, corners = scene()
    view = seen_at(frame[150:220, 120:340], corners, crop=True)
    assert view[INNER].any()
    assert view.sum() == view[INNER].sum()
