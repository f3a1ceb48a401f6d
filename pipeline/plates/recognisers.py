"""The engines that see plates: text detection and recognition, and the second opinion beside them."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.plates.decode import PlateDecoder
from pipeline.plates.second import SECOND_LOOKALIKES, Located
from pipeline.plates.weigh import View

# A recogniser this sure of one length is not asked for another.
_SURE_OF_LENGTH = 0.9
# Of 481 text boxes in real frames this cut 257 of the 315 that are no plates, and none of the 166 plates.
_HOPELESS = 1e-5


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
    """Both engines, and a decoder for the alphabet of each; both decode to the same symbols."""

    def __init__(self, text: TextEngine, second: CornerEngine) -> None:
        """Prepare the decoders; `ValueError` names the characters of the grammar that an alphabet lacks."""
        self.text, self.second = text, second
        self.name = f"{text.name}+{second.name}"
        decoders = (PlateDecoder(text.alphabet), PlateDecoder(second.alphabet, lookalikes=SECOND_LOOKALIKES))
        self.symbols = decoders[0].symbols
        self._voices = tuple(zip(("second", "first"), (second, text), decoders[::-1], strict=True))

    def views(self, line: NDArray[np.uint8]) -> tuple[View, ...]:
        """Return what each recogniser makes of a crop of one text line.

        Where the second, which knows plates alone and takes a third of the time, sees none, that is all.
        """
        views: list[View] = []
        for name, engine, decoder in self._voices:
            [probabilities] = engine.recognise([line])
            emissions = decoder.emissions(probabilities)
            decoded = decoder.decode_lengths(emissions, _SURE_OF_LENGTH)
            views.append(View(recogniser=name, emissions=emissions, decoded=decoded))
            if not decoded or decoded[0].confidence < _HOPELESS:
                break
        return tuple(views)
