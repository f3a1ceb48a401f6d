"""Views of one plate weighed together: evidence adds up, blur counts little, colour and rarity count."""

import dataclasses
from collections.abc import Sequence

import numpy as np
import pytest

from models.values.plates import PlateColour
from pipeline.plates.decode import PlateDecoder
from pipeline.plates.grammar import PATTERNS
from pipeline.plates.weigh import View, Weighed, weigh

ALPHABET = ("blank", *sorted({c for p in PATTERNS for s in p.slots for c in s}))
DECODER = PlateDecoder(ALPHABET, lookalikes={})


def view(
    text: str, *, sure: float = 0.95, rivals: dict[int, tuple[str, float]] | None = None, by: str = "first"
) -> View:
    """Return what a recogniser makes of a plate; `rivals` holds another character and its share by place."""
    output = np.full((2 * len(text), len(ALPHABET)), (1 - sure) / len(ALPHABET))
    output[1::2] = 1e-4
    output[1::2, 0] = 0.98
    for place, character in enumerate(text):
        other, share = (rivals or {}).get(place, ("", 0.0))
        output[2 * place, ALPHABET.index(character)] = sure * (1 - share)
        if other:
            output[2 * place, ALPHABET.index(other)] = sure * share
    emissions = DECODER.emissions(output)
    return View(recogniser=by, emissions=emissions, decoded=DECODER.decode_lengths(emissions, 0.99))


def weighed(views: Sequence[View], colour: PlateColour = PlateColour.BLUE) -> Weighed:
    result = weigh(views, DECODER.symbols, colour)
    assert result is not None
    return result


def test_shares_add_up_and_the_best_comes_first() -> None:
    result = weighed([view("浙F12345", rivals={6: ("6", 0.3)})])
    shares = [share for _, share in result.plates]
    assert sum(shares) == pytest.approx(1)
    assert shares == sorted(shares, reverse=True)
    assert [text for text, _ in result.plates[:2]] == ["浙F12345", "浙F12346"]
    assert 1.3 < shares[0] / shares[1] < 7 / 3


def test_two_recognisers_that_lean_the_same_way_are_surer_than_one() -> None:
    leaning = [view("浙F12345", rivals={0: ("苏", 0.4)}, by=name) for name in ("first", "second")]
    alone = weighed(leaning[:1]).plates[0][1]
    assert weighed(leaning).plates[0][1] > alone + 0.05
    # One that is asked twice has said nothing new.
    assert weighed([leaning[0], leaning[0]]).plates[0][1] == pytest.approx(alone)


def test_a_blurred_view_is_overruled_by_a_clear_one() -> None:
    blurred, clear = view("皖F12345", sure=0.4), view("浙F12345", sure=0.97)
    result = weighed([blurred, blurred, clear])
    assert result.plates[0][0] == "浙F12345"
    assert result.agreeing.tolist() == [False, False, True]
    assert result.weights.argmax() == 2


def test_the_colour_decides_a_length_in_doubt() -> None:
    thin = view("浙FD12341", rivals={7: ("7", 0.05)})
    thin.emissions[14, 0] = 0.5
    thin.emissions[14, 1:] *= 0.5
    both = View(
        recogniser="fake", emissions=thin.emissions, decoded=DECODER.decode_lengths(thin.emissions, 1)
    )
    assert {len(one.text) for one in both.decoded} >= {7, 8}
    assert weighed([both], PlateColour.BLUE).plates[0][0] == "浙FD1234"
    assert weighed([both], PlateColour.YELLOW_GREEN).plates[0][0] == "浙FD12341"


@pytest.mark.parametrize(("seen", "other", "place"), [("皖F12345", "浙", 0), ("粤OA1234", "Q", 1)])
def test_what_is_rare_or_seen_in_every_blur_needs_more_than_a_tie(seen: str, other: str, place: int) -> None:
    tie = weighed([view(seen, rivals={place: (other, 0.5)})])
    assert tie.plates[0][0][place] == other
    assert weighed([view(seen, rivals={place: (other, 0.2)})]).plates[0][0] == seen


def test_no_plate_at_all() -> None:
    emissions = np.full((3, 1 + len(DECODER.symbols)), 0.01)
    assert (
        weigh([View(recogniser="fake", emissions=emissions, decoded=())], DECODER.symbols, PlateColour.BLUE)
        is None
    )


def test_a_view_that_can_not_tell_o_from_q_agrees_with_either() -> None:
    unable = view("粤Q12345", rivals={1: ("O", 0.5)}, by="second")
    for office in "QO":
        result = weighed([view(f"粤{office}12345"), unable])
        assert result.plates[0][0] == f"粤{office}12345"
        assert result.agreeing.all()


def test_a_view_counts_by_what_its_word_is_worth() -> None:
    first, second = view("浙F12345", sure=0.9), view("皖F12345", sure=0.95, by="second")
    assert weighed([first, second], PlateColour.YELLOW).weights[1] > 0.5
    halved = weighed([first, dataclasses.replace(second, worth=0.5)], PlateColour.YELLOW)
    assert halved.plates[0][0] == "浙F12345"
    assert halved.weights[1] < 0.4
