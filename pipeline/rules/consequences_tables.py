"""What the rule files say of consequences: ladder, evasion, repetition, late fee, credit."""

from itertools import pairwise
from typing import Literal, Self

from pydantic import Field, model_validator

from models.values.money import FEN_PER_YUAN, Band
from pipeline.rules.rule import Citation, Rule


class Rung(Rule):
    """One step of a ladder: what holds above `above_percent` of the limit, or above `above_kg` over it.

    A mass equal to the threshold stays below it. `of` says what the rate is taken of: the part between
    this threshold and the next, or all the excess over the limit.
    """

    band: Band
    above_percent: int = Field(default=0, ge=0)
    above_kg: int = Field(default=0, ge=0)
    yuan_per_tonne: int = Field(default=0, ge=0)
    of: Literal["part", "excess"] = "part"
    label: Citation
    measure: Citation
    article: Citation
    citation: Citation

    @model_validator(mode="after")
    def _sense(self) -> Self:
        if self.above_percent and self.above_kg:
            raise ValueError("a threshold is above_percent or above_kg, got both")
        if self.band in {Band.UNDETERMINED, Band.NONE}:
            message = f"a step of the ladder is education, warning or fine, got {self.band}"
            raise ValueError(message)
        if (self.band is Band.FINE) != (self.yuan_per_tonne > 0):
            message = f"a fine and only a fine has a rate, got {self.yuan_per_tonne} yuan for {self.band}"
            raise ValueError(message)
        return self


class Parts(Rule):
    """How a fraction of a tonne counts; `note` is printed where the law does not state it."""

    rule: Literal["pro_rata", "whole_tonnes"]
    stated: bool
    note: Citation
    citation: Citation


class Penalty(Rule):
    """The ladder of fines for overload, mildest step first, and the highest sum."""

    violates: Citation
    cap_yuan: int = Field(gt=0)
    citation: Citation
    fraction: Parts
    step: tuple[Rung, ...] = Field(min_length=1)

    @property
    def cap_fen(self) -> int:
        """Return the highest sum."""
        return self.cap_yuan * FEN_PER_YUAN

    @model_validator(mode="after")
    def _climbs(self) -> Self:
        first, bands = self.step[0], list(Band)
        if first.above_percent or first.above_kg:
            raise ValueError("the first step begins at the limit")
        if any(one.above_percent for one in self.step) and any(one.above_kg for one in self.step):
            raise ValueError("thresholds are all above_percent or all above_kg, got both")
        for low, high in pairwise(self.step):
            if (low.above_percent, low.above_kg) >= (high.above_percent, high.above_kg):
                raise ValueError("each step begins above the one before")
            if bands.index(low.band) > bands.index(high.band):
                message = f"{high.band} follows {low.band}, which is graver"
                raise ValueError(message)
            if low.yuan_per_tonne and "excess" in {low.of, high.of}:
                raise ValueError("a rate on all the excess stands alone, got another rate beside it")
        return self


class Evasion(Rule):
    """A way of evading the weighing, and the highest fine for it."""

    act: Literal["weighing", "fixed_site"]
    what: Citation
    measure: Citation
    maximum_yuan: int = Field(gt=0)
    article: Citation
    citation: Citation


class Credit(Rule):
    """How long a penalty stands in the province's credit record."""

    years: int = Field(gt=0)
    summary_counts: bool
    article: Citation
    note: Citation
    citation: Citation


class Trigger(Rule):
    """How often is too often: more than `more_than` times, or percent of the fleet."""

    more_than: int = Field(gt=0)
    consequence: Citation
    article: Citation
    citation: Citation


class Repetition(Rule):
    """Repeated overload within a year (公路安全保护条例 art. 66), and which bands count as overload."""

    counted_bands: tuple[Band, ...] = Field(min_length=1)
    note: Citation
    window_article: Citation
    citation: Citation
    vehicle: Trigger
    driver: Trigger
    company: Trigger


class LateFee(Rule):
    """What is added for each day of late payment, up to a share of the fine."""

    percent_per_day: int = Field(gt=0)
    cap_percent: int = Field(gt=0)
    article: Citation
    citation: Citation


class National(Rule):
    """Consequences that are the same in every province."""

    id: str
    repetition: Repetition
    late_fee: LateFee
