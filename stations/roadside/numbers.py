"""Plate numbers that no vehicle has: real grammar, but issuing letter Z, not in use in these provinces."""

import numpy as np

from models.values.plates import PlateColour
from stations.roadside.vehicle import Layout, TruePlate

PROVINCES = {"浙": 0.40, "沪": 0.25, "苏": 0.20, "皖": 0.15}
UNUSED_LETTER = "Z"
DIGITS = "0123456789"
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"  # GA 36 leaves out I and O: they look like 1 and 0

_NEW_ENERGY_SHARE = 0.04
_RIGID = frozenset({Layout.LIGHT, Layout.RIGID})


class NumberOffice:
    """Gives out plates, each number once."""

    def __init__(self, rng: np.random.Generator) -> None:
        """Draw all numbers from `rng`."""
        self._rng = rng
        self._issued: set[str] = set()

    def plates(self, layout: Layout) -> tuple[TruePlate, TruePlate]:
        """Return the front and the rear plate of a new vehicle.

        A truck repeats its number in two rows on the rear (GA 36), a train shows its trailer's own
        number there; blue and new energy plates have one row on both ends.
        """
        if layout is Layout.LIGHT:
            light = TruePlate(text=self._new(5), colour=PlateColour.BLUE, rows=1)
            return light, light
        if layout is Layout.RIGID and self._rng.random() < _NEW_ENERGY_SHARE:
            electric = TruePlate(text=self._new_energy(), colour=PlateColour.YELLOW_GREEN, rows=1)
            return electric, electric
        front = TruePlate(text=self._new(5), colour=PlateColour.YELLOW, rows=1)
        rear_text = front.text if layout in _RIGID else self._new(4, "挂")
        return front, TruePlate(text=rear_text, colour=PlateColour.YELLOW, rows=2)

    def _new(self, length: int, ending: str = "") -> str:
        """Return an ordinary number: at most two letters among the characters of its serial."""
        serial = list(self._rng.choice(list(DIGITS), size=length))
        for place in self._rng.choice(length, size=self._rng.integers(0, 3), replace=False):
            serial[place] = str(self._rng.choice(list(LETTERS)))
        return self._issue("".join(serial) + ending) or self._new(length, ending)

    def _new_energy(self) -> str:
        """Return a large new energy number: five digits, then D (electric) or F (other)."""
        digits = "".join(self._rng.choice(list(DIGITS), size=5))
        return self._issue(digits + str(self._rng.choice(["D", "F"]))) or self._new_energy()

    def _issue(self, serial: str) -> str:
        """Return the whole number, or nothing when it was given out before."""
        province = str(self._rng.choice(list(PROVINCES), p=list(PROVINCES.values())))
        text = f"{province}{UNUSED_LETTER}{serial}"
        if text in self._issued:
            return ""
        self._issued.add(text)
        return text
