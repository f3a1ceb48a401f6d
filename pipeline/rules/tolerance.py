"""What the measuring error and the place of a station change: decided mass and limits, in exact integers."""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import pairwise
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from pipeline.rules.rule import Citation, Rule

PERCENT = 100


def share(percent: float) -> Fraction:
    """Return a percentage as it was declared, not its nearest binary fraction."""
    return Fraction(str(percent)) / PERCENT


class Tolerance(Rule):
    """How the measuring error counts: not at all, off the mass, or on top of the limit.

    Without `percent` it is the certificate's in-service maximum permissible error.
    """

    mode: Literal["none", "deduct_percent", "raise_limit"]
    percent: float | None = Field(default=None, ge=0, le=20)
    citation: Citation

    @model_validator(mode="after")
    def _none_is_none(self) -> Self:
        if self.mode == "none" and self.percent is not None:
            message = f"mode none takes no percent, got {self.percent}"
            raise ValueError(message)
        return self


class CountyFactor(Rule):
    """By what the limits are multiplied at the stations of a county, `valid_until` being the last day."""

    county: Citation
    factor: float = Field(ge=1, le=1.2)
    valid_from: date
    valid_until: date = date.max
    citation: Citation


def in_order(factors: tuple[CountyFactor, ...]) -> tuple[CountyFactor, ...]:
    """Return the factors if no county has two on one day, and none ends before it begins."""
    for one in factors:
        if one.valid_until < one.valid_from:
            message = f"{one.county}: valid_until {one.valid_until} lies before valid_from {one.valid_from}"
            raise ValueError(message)
    for one, later in pairwise(sorted(factors, key=lambda one: (one.county, one.valid_from))):
        if one.county == later.county and later.valid_from <= one.valid_until:
            message = f"{one.county}: two factors hold on {later.valid_from}"
            raise ValueError(message)
    return factors


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What is allowed for at a station on a day.

    Attributes:
        deducted: part of the measured mass that is taken off.
        raised: what the limits are multiplied by.
        ignored: up to which multiple of the limit a mass does not count as over it.
        words: how a document says the tolerance, in Chinese.

    """

    deducted: Fraction = Fraction(0)
    raised: Fraction = Fraction(1)
    ignored: Fraction = Fraction(1)
    words: str = "不作扣除"

    def decided_kg(self, gross_kg: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return floor(gross x (1 - deducted)) in whole kg: a fraction of a kilogram is never counted."""
        kept = 1 - self.deducted
        return gross_kg if kept == 1 else gross_kg * kept.numerator // kept.denominator

    def excess_kg(self, decided_kg: NDArray[np.int64], limit_kg: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return by how much decided masses (N,) lie over limits (N,), 0 where not or without a limit."""
        excess = np.where(limit_kg > 0, np.maximum(decided_kg - limit_kg, 0), 0)
        if self.ignored == 1:
            return excess
        over = decided_kg * self.ignored.denominator > limit_kg * self.ignored.numerator
        return np.where(over, excess, 0)


def allowance(
    tolerance: Tolerance, error_percent: float, *, factor: float = 1, ignored_percent: int = PERCENT
) -> Allowance:
    """Return what a rule set allows for, with the certificate's error and the county's factor."""
    percent = error_percent if tolerance.percent is None else tolerance.percent
    by_county = Fraction(str(factor))
    words = [f"限值乘以{factor:g}"] if by_county != 1 else []
    deducted, raised = Fraction(0), by_county
    if tolerance.mode == "deduct_percent" and percent:
        deducted, words = share(percent), [f"扣除{percent:g}%", *words]
    if tolerance.mode == "raise_limit" and percent:
        raised, words = by_county * (1 + share(percent)), [f"限值提高{percent:g}%", *words]
    ignored = Fraction(ignored_percent, PERCENT)
    if ignored != 1:
        words.append(f"不超过限值的{ignored_percent}%不按超限处理")
    return Allowance(
        deducted=deducted, raised=raised, ignored=ignored, words="，".join(words) or Allowance().words
    )
