"""Doubt and alternatives by character, and the drawing of axles."""

from types import SimpleNamespace as Reading

from review.characters import characters
from review.drawing import MARGIN, WIDTH, draw_axles


def test_another_reading_of_the_plate_gives_alternatives_and_the_trailers_does_not() -> None:
    readings = [
        Reading(text="浙Z12345", characters="[0.99, 0.9, 0.5, 1, 1, 1, 1]"),
        Reading(text="浙Z17345", characters="[1, 1, 1, 1, 1, 1, 1]"),
        Reading(text="沪ZQ69U挂", characters="[1, 1, 1, 1, 1, 1, 1]"),
    ]
    found = characters("浙Z12345", readings)
    assert [one.alternatives for one in found] == [(), (), (), ("7",), (), (), ()]
    assert [one.level for one in found][:3] == ["sure", "fair", "doubtful"]


def test_a_corrected_plate_has_no_confidence_of_its_own() -> None:
    readings = [Reading(text="浙Z12345", characters="[1, 1, 1, 1, 1, 1, 1]")]
    found = characters("浙Z1234?", readings)
    assert {one.level for one in found} == {"unread"}
    assert found[6].alternatives == ("5",)
    assert characters("", []) == ()


def test_axles_are_drawn_to_scale_and_unknown_spacings_are_said() -> None:
    drawn = draw_axles([7000, 9000, 9000], [3000, 1000])
    first, second, third = (axle.x for axle in drawn.axles)
    assert (first, third) == (MARGIN, WIDTH - MARGIN)
    assert abs((second - first) / (third - second) - 3) < 0.01
    assert drawn.axles[1].height > drawn.axles[0].height
    assert "轴距未记录" in draw_axles([7000, 9000], []).words
    assert not draw_axles([7000, 9000, 9000], [3000]).known
    assert draw_axles([], []).axles == ()
