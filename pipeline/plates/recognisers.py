"""The engines that see plates: text detection and recognition, and two other opinions beside them."""

import dataclasses
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.plates.decode import PlateDecoder
from pipeline.plates.second import SECOND_LOOKALIKES, Located
from pipeline.plates.weigh import View

# A recogniser this sure of one length is not asked for another.
_SURE_OF_LENGTH = 0.9
_NEVER_SURE = 2.0
# GA 36 knows no plate in two rows with more characters, or fewer.
_LENGTH_IN_TWO_ROWS = 7
# Of 481 text boxes in real frames this cut 257 of the 315 that are no plates, and none of the 166 plates.
_HOPELESS = 1e-5
# What the second's word on two rows is worth beside the first's: of 79 hard ones drawn by the project it read
# 42, the first 55; together 52 at equal worth, 55 at half.
_OF_TWO_ROWS = 0.5


class Recogniser(Protocol):
    """Reads a crop of one text line."""

    @property
    def name(self) -> str:
        """The engine and its weights."""

    @property
    def alphabet(self) -> Sequence[str]:
        """The recogniser's classes, class 0 being the CTC blank."""

    def recognise(self, crops: Sequence[NDArray[np.uint8]]) -> list[NDArray[np.float32]]:
        """Return for each crop of one text line a T x C array of class probabilities."""


class TextEngine(Recogniser, Protocol):
    """Text detection and recognition, the heavy part of a reader; see `pipeline.plates.paddle`."""

    def detect(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return text boxes as N x 4 x 2 corners in pixels, clockwise from the top left."""


class CornerEngine(Recogniser, Protocol):
    """Plate detection by corners, and recognition; see `pipeline.plates.second`."""

    def locate(self, image: NDArray[np.uint8], longest_side_px: int, least_score: float) -> list[Located]:
        """Return the plates of an image (BGR), the surest first; a larger image is shrunk before."""


class Recognisers:
    """The engines, and a decoder for the alphabet of each; all decode to the same symbols."""

    def __init__(self, text: TextEngine, second: CornerEngine, third: Recogniser) -> None:
        """Prepare the decoders; `ValueError` names the characters of the grammar that an alphabet lacks."""
        self.text, self.second, self.third = text, second, third
        self.name = f"{text.name}+{second.name}+{third.name}"
        self._first = PlateDecoder(text.alphabet)
        self._others = PlateDecoder(second.alphabet, lookalikes=SECOND_LOOKALIKES)
        self._thirds = PlateDecoder(third.alphabet, lookalikes=SECOND_LOOKALIKES)
        self.symbols = self._first.symbols

    def views(self, line: NDArray[np.uint8], rows: int = 1) -> tuple[View, ...]:
        """Return what the second and the first recogniser make of a crop of one line, or of two side by side.

        Where the second, which knows plates alone and takes a third of the time, sees none, that is all.
        """
        second = _view("second", self.second, self._others, line, rows)
        if rows > 1:
            second = dataclasses.replace(second, worth=_OF_TWO_ROWS)
        if not second.decoded or second.decoded[0].confidence < _HOPELESS:
            return (second,)
        return second, _view("first", self.text, self._first, line, rows)

    def third_view(self, line: NDArray[np.uint8]) -> View:
        """Return what the third recogniser makes of a crop of one text line."""
        return _view("third", self.third, self._thirds, line)


def _view(
    name: str, engine: Recogniser, decoder: PlateDecoder, line: NDArray[np.uint8], rows: int = 1
) -> View:
    [probabilities] = engine.recognise([line])
    emissions = decoder.emissions(probabilities)
    if rows == 1:
        decoded = decoder.decode_lengths(emissions, _SURE_OF_LENGTH)
    else:
        every = decoder.decode_lengths(emissions, _NEVER_SURE)
        decoded = tuple(one for one in every if len(one.text) == _LENGTH_IN_TWO_ROWS)
    return View(recogniser=name, emissions=emissions, decoded=decoded)
