"""A second look where plates usually are: nothing there is a missing plate in a good picture alone."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from road_frames import PLACE, road

from models.values.legibility import HIDDEN_BELOW, CameraCause, Legibility
from models.values.plates import PlateColour
from pipeline.plates import second_look
from pipeline.plates.frame_quality import frame_quality
from pipeline.plates.look import nothing_seen
from pipeline.plates.second import Located
from pipeline.plates.second_look import look_where_usual, second_judge
from pipeline.plates.usual import picture, usual_picture
from stations.roadside.camera_faults import glare
from stations.roadside.plate import draw_plate

USUAL = usual_picture(picture(PLACE.window(road(seed))) for seed in range(5))


@dataclass(frozen=True)
class Detector:
    """Sees one plate, or none."""

    left: int = 260
    score: float = 0.0
    wide: int = 120

    def locate(self, image: NDArray[np.uint8], longest_side_px: int, least_score: float) -> list[Located]:
        del image, longest_side_px
        right = self.left + self.wide
        box = (self.left, 220), (right, 220), (right, 260), (self.left, 260)
        found = Located(corners=np.array(box, dtype=np.float32), score=self.score)
        return [found] if self.score >= least_score else []


@pytest.mark.parametrize("detector", [Detector(), Detector(left=20, score=0.1)])
def test_no_plate_where_they_usually_are_is_missing(detector: Detector) -> None:
    said = look_where_usual(road(7), PLACE, USUAL, detector)
    assert said is not None
    assert said.legibility is Legibility.MISSING
    assert said.box == (260, 220, 380, 260)
    assert said.mask == (said.corners,)
    assert (said.rows, said.text, said.judge) == (0, "", second_judge())
    assert "未见号牌" in said.sentence


def test_a_plate_elsewhere_leaves_it_open_whether_one_is_missing() -> None:
    assert look_where_usual(road(7), PLACE, USUAL, Detector(left=20, score=0.99)) is None


def test_another_lanes_plate_does_not_stand_for_the_vehicles_own() -> None:
    said = look_where_usual(road(7), PLACE, USUAL, Detector(left=-700, score=0.99))
    assert said is not None
    assert said.legibility is Legibility.MISSING


def test_no_plate_in_a_blurred_picture_is_the_cameras_fault() -> None:
    said = look_where_usual(np.asarray(cv2.GaussianBlur(road(7), (0, 0), 6)), PLACE, USUAL, Detector())
    assert said is not None
    assert (said.legibility, said.cause) == (Legibility.CAMERA, CameraCause.BLUR)


def test_a_plate_that_a_light_washes_out_is_not_missing() -> None:
    plate = np.array([[260, 220], [380, 220], [380, 260], [260, 260]], dtype=np.float32)
    dazzling = glare(road(7), plate, 1.0, np.random.default_rng(3))
    said = look_where_usual(dazzling, PLACE, USUAL, Detector())
    assert said is not None
    assert (said.legibility, said.cause) == (Legibility.CAMERA, CameraCause.GLARE)


def test_a_light_takes_a_plate_away_where_other_pictures_are_as_bright() -> None:
    plate = np.array([[260, 220], [380, 220], [380, 260], [260, 260]], dtype=np.float32)
    dazzling = glare(road(7), plate, 1.0, np.random.default_rng(3))
    said = look_where_usual(dazzling, PLACE, replace(USUAL, brightest=1.0, sharp=0.1), Detector())
    assert said is not None
    assert (said.legibility, said.cause) == (Legibility.CAMERA, CameraCause.GLARE)


def test_what_is_as_bright_as_a_light_but_has_an_edge_takes_no_plate_away() -> None:
    pale = cv2.circle(road(7), (320, 240), 60, (255, 255, 255), -1)
    assert next(picture(PLACE.window(pale)).worse_than(USUAL)) is CameraCause.GLARE
    said = look_where_usual(np.asarray(pale, dtype=np.uint8), PLACE, USUAL, Detector())
    assert said is not None
    assert said.legibility is Legibility.MISSING


def test_no_plate_where_fog_veils_every_picture_proves_nothing() -> None:
    def veiled(seed: int) -> NDArray[np.uint8]:
        return (road(seed) * 0.2 + 120).astype(np.uint8)

    usual = usual_picture(picture(PLACE.window(veiled(seed))) for seed in range(5))
    said = look_where_usual(veiled(7), PLACE, usual, Detector())
    assert said is not None
    assert (said.legibility, said.cause) == (Legibility.CAMERA, CameraCause.UNCLEAR)


def test_a_plate_that_the_detector_surely_sees_is_not_missing() -> None:
    said = look_where_usual(road(7), PLACE, USUAL, Detector(score=0.99))
    assert said is None or said.legibility is not Legibility.MISSING


@pytest.mark.parametrize(("word", "said_word"), [("covered", "covered"), ("doubtful", "camera")])
def test_what_covers_a_plate_may_take_the_sharpness_away(
    monkeypatch: pytest.MonkeyPatch, word: str, said_word: str
) -> None:
    judged = replace(nothing_seen(road(7), frame_quality(road(7))), legibility=Legibility(word), rows=1)
    monkeypatch.setattr(second_look, "judge_plate", lambda *_: judged)
    blurred = np.asarray(cv2.GaussianBlur(road(7), (0, 0), 6))
    said = look_where_usual(blurred, PLACE, USUAL, Detector(score=0.1))
    assert said is not None
    assert said.legibility is Legibility(said_word)


def test_what_is_left_of_a_plate_shows_what_covers_the_rest() -> None:
    frame = road(7)
    frame[220:260, 260:380] = cv2.resize(draw_plate("浙Z12345", PlateColour.BLUE, 1), (120, 40))
    left_uncovered = Detector(left=310, score=0.5, wide=70)
    said = look_where_usual(frame, PLACE, USUAL, left_uncovered)
    assert said is None or said.legibility is not Legibility.COVERED
    said = look_where_usual(half_hidden(), PLACE, USUAL, left_uncovered)
    assert said is not None
    assert said.legibility is Legibility.COVERED
    assert said.visible[0] < HIDDEN_BELOW < said.visible[-1]
    assert (said.judge, bool(said.mask)) == (second_judge(), True)


def half_hidden() -> NDArray[np.uint8]:
    frame = road(7)
    frame[220:260, 260:380] = cv2.resize(draw_plate("浙Z12345", PlateColour.BLUE, 1), (120, 40))
    frame[212:268, 250:312] = (150, 190, 205)
    return frame


@pytest.mark.parametrize("detector", [Detector(), Detector(left=20, score=0.99)])
def test_what_covers_a_plate_at_the_usual_place_shows_whatever_the_detector_sees(detector: Detector) -> None:
    said = look_where_usual(half_hidden(), PLACE, USUAL, detector)
    assert said is not None
    assert (said.legibility, said.judge, bool(said.mask)) == (Legibility.COVERED, second_judge(), True)


@pytest.mark.parametrize(("agreeing", "word"), [(2, "missing"), (3, "covered")])
def test_several_rooms_about_the_usual_place_must_agree(
    monkeypatch: pytest.MonkeyPatch, agreeing: int, word: str
) -> None:
    surely = replace(nothing_seen(road(7), frame_quality(road(7))), legibility=Legibility.COVERED, rows=1)
    told = iter([replace(surely, probability=0.9)] * agreeing)
    monkeypatch.setattr(second_look, "judge_covered", lambda *_: next(told, None))
    said = look_where_usual(road(7), PLACE, USUAL, Detector())
    assert said is not None
    assert said.legibility.value == word


def test_what_may_be_a_plate_is_not_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    judged = replace(nothing_seen(road(7), frame_quality(road(7))), legibility=Legibility.DOUBTFUL, rows=1)
    monkeypatch.setattr(second_look, "judge_plate", lambda *_: judged)
    assert look_where_usual(road(7), PLACE, USUAL, Detector(score=0.1)) is None
