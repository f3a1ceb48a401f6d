"""What can be seen of a plate is told apart from what it reads; the camera's fault accuses nobody."""

import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plate_scene import TEXT, Frame, place, scene

from models.values.legibility import CameraCause, Legibility, PlateLegibility
from models.values.plates import PlateColour
from pipeline.plates import legibility
from pipeline.plates.cells import CELL_FEATURES
from pipeline.plates.covered import Covering
from pipeline.plates.frame_quality import frame_quality
from pipeline.plates.legibility import FOREST, Forest, forests, judge_plate
from pipeline.plates.look import nothing_seen
from pipeline.plates.visible import PLATE_FEATURES, Place, measure
from stations.roadside.objects import cover


def judged(frame: Frame, where: Place, text: str = "") -> PlateLegibility:
    seen = judge_plate(frame, where, frame_quality(frame), text)
    assert seen is not None
    return seen


def test_a_plate_that_reads_surely_is_clear() -> None:
    frame, corners = scene()
    seen = judged(frame, place(corners, *[0.99] * 7, confidence=0.95), TEXT)
    assert (seen.legibility, seen.probability, seen.mask) == (Legibility.CLEAR, 0.99, ())


@given(st.integers(0, 50), st.sampled_from(["cloth", "card", "rag"]))
@settings(max_examples=15, deadline=None)
def test_what_is_surely_read_is_never_called_covered(seed: int, thing: str) -> None:
    frame, corners = scene()
    done = cover(frame, corners, 7, 1, thing, "whole", np.random.default_rng(seed))
    seen = judged(done.pixels, place(corners, *[0.96] * 7, confidence=0.9), TEXT)
    assert seen.legibility is Legibility.CLEAR


@given(st.integers(0, 50), st.floats(0.0, 1.0))
@settings(max_examples=25, deadline=None)
def test_a_frame_lost_in_darkness_light_or_blur_accuses_nobody(seed: int, confidence: float) -> None:
    frame, corners = scene()
    rng = np.random.default_rng(seed)
    lost = [
        np.clip(frame * 0.01 + rng.normal(0, 2, frame.shape), 0, 255),
        np.clip(frame * 9.0 + 120, 0, 255),
        cv2.GaussianBlur(frame, (0, 0), 14),
    ]
    sure = Covering(share=1.0, characters=(1.0,) * 7)
    for one in lost:
        where = place(corners, *[confidence] * 7 if confidence > 0.05 else (), confidence=confidence)
        with pytest.MonkeyPatch.context() as patched:
            # Not even where the network is as sure as can be.
            patched.setattr(legibility, "covering", lambda *_: sure)
            seen = judge_plate(one.astype(np.uint8), where, frame_quality(one.astype(np.uint8)), TEXT)
        assert seen is None or seen.legibility is not Legibility.COVERED


def test_features_are_as_many_as_their_names_and_forests_take_them() -> None:
    frame, corners = scene()
    measured = measure(frame, place(corners), frame_quality(frame))
    assert measured.cells.shape == (7, len(CELL_FEATURES))
    assert measured.plate.shape == (len(PLATE_FEATURES),)
    assert np.isfinite(measured.cells).all()
    assert np.isfinite(measured.plate).all()
    assert measured.colour is PlateColour.BLUE
    shares = forests()[0].shares(measured.cells)
    assert shares.sum(axis=1) == pytest.approx(np.ones(7), abs=0.01)


def test_a_forest_follows_its_trees() -> None:
    forest = Forest(
        roots=np.array([0], dtype=np.int32),
        feature=np.array([1, -1, -1], dtype=np.int16),
        at_most=np.array([0.5, 0, 0], dtype=np.float32),
        left=np.array([1, 0, 0], dtype=np.int32),
        right=np.array([2, 0, 0], dtype=np.int32),
        votes=np.array([[0, 0], [0.9, 0.1], [0.2, 0.8]], dtype=np.float32),
    )
    rows = np.array([[9, 0.5], [9, 0.6]], dtype=np.float32)
    assert forest.shares(rows) == pytest.approx(np.array([[0.9, 0.1], [0.2, 0.8]]))


def test_the_weights_are_small() -> None:
    assert Path(FOREST).stat().st_size < 600_000


@pytest.mark.parametrize(("gain", "cause"), [(0.02, CameraCause.DARK), (1.0, None)])
def test_a_frame_without_any_plate_is_never_called_missing(gain: float, cause: CameraCause | None) -> None:
    frame, _ = scene()
    seen = nothing_seen((frame * gain).astype(np.uint8), frame_quality((frame * gain).astype(np.uint8)))
    assert seen.legibility in {Legibility.CAMERA, Legibility.DOUBTFUL}
    assert seen.cause is cause


@pytest.mark.parametrize(
    ("visible", "text", "rows", "words"),
    [
        ((0.9, 0.9, 0.1, 0.2, 0.9, 0.3, 0.9), TEXT, 1, "号牌第3至4、6位字符之上"),
        ((0.9, 0.9, 0.1, 0.2, 0.9, 0.3, 0.9), "", 1, "号牌第3至4、6位字符（按单层7位号牌计）之上"),
        ((0.9,) * 7 + (0.1,), "", 1, "号牌第8位字符（按单层8位号牌计）之上"),
        ((0.1,) * 7, "", 2, "号牌全部字符（按双层7位号牌计）之上"),
        ((0.9,) * 7, "", 1, "号牌（未能确定是哪几位字符）之上"),
    ],
)
def test_the_sentence_names_the_characters(
    visible: tuple[float, ...], text: str, rows: int, words: str
) -> None:
    box = ((0.0, 0.0),) * 4
    seen = PlateLegibility(
        legibility=Legibility.COVERED, probability=0.9, text=text, rows=rows, box=(0, 0, 1, 1),
        corners=box, visible=visible, mask=(),
    )  # fmt: skip
    assert words in seen.sentence
    assert not re.search("笔画|底色", seen.sentence), (
        "what covers a plate the network tells, from pixels alone"
    )


@pytest.mark.parametrize("shape", [(2, 4000), (1, 3000), (3000, 1), (1, 1), (3, 4000)])
def test_however_thin_a_frame_its_quality_can_be_told(shape: tuple[int, int]) -> None:
    quality = frame_quality(np.full((*shape, 3), 51, dtype=np.uint8))
    assert (quality.sharp, quality.bright) == (0.0, 0.2)
