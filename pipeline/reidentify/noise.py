"""How far two measurements of one vehicle differ, by the class of the scale's certificate."""

from dataclasses import dataclass
from typing import Self

# A normal deviate that 95 % of measurements keep to.
WITHIN_95 = 1.96
# Axles err more than their sum: COST 323 allows a single axle 11 % where it allows the gross mass 7 %.
# What an axle errs by itself is what that leaves beside the error of the gross mass.
AXLE_TO_GROSS = ((11 / 7) ** 2 - 1) ** 0.5
# Both spacings of a tridem, alike by design, differ by this times the root of 2 in real records.
SPACING_MM = 30.0
# An error of speed makes all spacings longer or shorter together. ASTM E1318 allows 1 mph in 95 %, 1.4 % as a
# standard deviation at 60 km/h; a certified scale is taken to err by half of that (judgement).
SPEED = 0.007
LENGTH_MM = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """Standard deviations of one measurement; `speed`, `gross` and `axle` are shares of what is measured.

    `speed` is common to all spacings and `gross` to all axles.
    """

    spacing_mm: float = SPACING_MM
    speed: float = SPEED
    gross: float = 0.03
    axle: float = 0.04
    length_mm: float = LENGTH_MM

    @classmethod
    def of_class(cls, mpe_percent: float) -> Self:
        """Return the noise of a scale whose gross mass errs by at most `mpe_percent` in service."""
        gross = mpe_percent / 100 / WITHIN_95
        return cls(gross=gross, axle=gross * AXLE_TO_GROSS)
