"""Outer dimensions: by how much a vehicle exceeds them, and the fine that an officer may then set.

62号令 art. 3(一) to (三), art. 43(一). A figure from a scale or a camera is a lead, never a measurement.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Self

from pydantic import Field, model_validator

from models.values.money import FEN_PER_YUAN, FineRange, Step, Unit, format_number
from pipeline.rules.rule import Citation, Rule

NAMES = {"height_mm": "车货总高度", "width_mm": "车货总宽度", "length_mm": "车货总长度"}


class DimensionLimit(Rule):
    """The largest lawful vehicle with its load, mm."""

    height_mm: int = Field(gt=0)
    width_mm: int = Field(gt=0)
    length_mm: int = Field(gt=0)
    citation: Citation


class ContainerHeight(Rule):
    """The height that holds with a container, and what a document says about it."""

    height_mm: int = Field(gt=0)
    note: Citation
    citation: Citation


class DimensionStep(Rule):
    """What holds up to a size; the last step has no size."""

    height_mm: int | None = Field(default=None, gt=0)
    width_mm: int | None = Field(default=None, gt=0)
    length_mm: int | None = Field(default=None, gt=0)
    minimum_yuan: int = Field(default=0, ge=0)
    maximum_yuan: int = Field(gt=0)
    article: Citation
    citation: Citation

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.maximum_yuan < self.minimum_yuan:
            message = f"maximum_yuan {self.maximum_yuan} lies below minimum_yuan {self.minimum_yuan}"
            raise ValueError(message)
        return self


class Dimensions(Rule):
    """Limits of height, width and length, and the ladder of fines."""

    id: str
    limit: DimensionLimit
    container: ContainerHeight
    step: tuple[DimensionStep, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _ends_open(self) -> Self:
        given = [sum(getattr(one, name) is not None for name in NAMES) for one in self.step]
        if given != [len(NAMES)] * (len(given) - 1) + [0]:
            raise ValueError("step: expected three sizes in each step but the last, and none in that")
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """A vehicle with its load as a person measured it, None where not measured."""

    height_mm: int | None = None
    width_mm: int | None = None
    length_mm: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DimensionConsequence:
    """What exceeds, step by step, and the range of the fine, None where nothing exceeds."""

    steps: tuple[Step, ...]
    fine: FineRange | None
    defaults: tuple[str, ...]


def dimension_consequence(
    size: Size, rules: Dimensions, *, container: bool | None = None
) -> DimensionConsequence:
    """Return what follows from a measured size; unknown containers count as carried."""
    limits = {name: getattr(rules.limit, name) for name in NAMES}
    if container is not False:
        limits["height_mm"] = max(limits["height_mm"], rules.container.height_mm)
    measured = {name: mm for name in NAMES if (mm := getattr(size, name)) is not None}
    over = {name: mm for name, mm in measured.items() if mm > limits[name]}
    steps = tuple(_step(name, mm, limits[name], rules.limit.citation) for name, mm in over.items())
    height_mm = measured.get("height_mm", 0)
    relied = container is not False and rules.limit.height_mm < height_mm
    return DimensionConsequence(
        steps=steps,
        fine=_fine(measured, rules) if over else None,
        defaults=(rules.container.note,) if relied else (),
    )


def _fine(measured: dict[str, int], rules: Dimensions) -> FineRange:
    reached = next(step for step in rules.step if _keeps_to(measured, step))
    return FineRange(
        what="车货总体外廓尺寸超限",
        measure="可以处",
        article=reached.article,
        minimum_fen=reached.minimum_yuan * FEN_PER_YUAN,
        maximum_fen=reached.maximum_yuan * FEN_PER_YUAN,
    )


def _keeps_to(measured: dict[str, int], step: DimensionStep) -> bool:
    return all((most := getattr(step, name)) is None or mm <= most for name, mm in measured.items())


def _step(name: str, mm: int, limit_mm: int, article: str) -> Step:
    over = Fraction(mm - limit_mm)
    working = f"{mm:,}毫米 − {limit_mm:,}毫米 = {format_number(over)}毫米"
    what = f"{NAMES[name]}超限"
    return Step(what=what, working=working, article=article, quantity=over, unit=Unit.MILLIMETRE)
