"""Which texts are plates."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.plates.grammar import PATTERNS, PROVINCES, Pattern, pattern_of


@st.composite
def plates(draw: st.DrawFn) -> tuple[Pattern, str]:
    """Draw a layout and a text of it."""
    pattern = draw(st.sampled_from(PATTERNS))
    return pattern, "".join(draw(st.sampled_from(slot)) for slot in pattern.slots)


def test_there_are_31_provinces() -> None:
    assert len(set(PROVINCES)) == len(PROVINCES) == 31


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("浙F12345", "ordinary"),
        ("粤O21609", "ordinary"),
        ("桂A1234挂", "ordinary"),
        ("浙A1234学", "ordinary"),
        ("皖A1234警", "ordinary"),
        ("粤ZAB12港", "hong kong and macao"),
        ("粤Z1234澳", "hong kong and macao"),
        ("浙AD12345", "new energy, small"),
        ("浙AFA1234", "new energy, small"),
        ("浙A12345D", "new energy, large"),
        ("014578使", "embassy"),
        ("使014578", "embassy, sign first"),
        ("沪A0023领", "consulate"),
    ],
)
def test_plates(text: str, name: str) -> None:
    pattern = pattern_of(text)
    assert pattern is not None
    assert pattern.name == name


@pytest.mark.parametrize(
    "text",
    [
        "",
        "浙F1234",
        "浙F1234567",
        "浙I12345",
        "浙F1234I",
        "浙F1234O",
        "0F12345",
        "浙012345",
        "挂A12345",
        "浙A1234桂",
        "京Z1234港",
        "浙AL12345",
        "浙AD1234A",
        "浙a12345",
        "浙A·12345",
        "沪22478领",
    ],
)
def test_no_plates(text: str) -> None:
    assert pattern_of(text) is None


@given(plates())
def test_every_text_of_a_layout_is_a_plate_without_i(plate: tuple[Pattern, str]) -> None:
    pattern, text = plate
    assert pattern.matches(text)
    assert pattern_of(text) is not None
    assert "I" not in text
    assert "O" not in text[2:]
