"""What the rule files say of gross mass: limits by axles and layout, and what lowers them."""

from datetime import date
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from models.values.vehicles import Layout, VehicleKind
from pipeline.rules.rule import Citation, Rule

Word = Literal["steer", "group", "wide"]
# A train of which the wheels don't tell which.
TRAIN = "train"


class Spacings(Rule):
    """How layout is told from axle spacings, and by how much a measured spacing may be too short."""

    steer_below_mm: int = Field(gt=0)
    group_below_mm: int = Field(gt=0)
    error_mm: int = Field(ge=0)
    citation: Citation

    def words(self, spacing_mm: tuple[int, ...]) -> tuple[Word | Literal[""], ...]:
        """Return what each spacing is called, "" where unknown (0)."""
        first: tuple[Word, int] = ("steer", self.steer_below_mm)
        later: tuple[Word, int] = ("group", self.group_below_mm)
        return tuple(
            "" if mm <= 0 else near if mm < below_mm else "wide"
            for mm, (near, below_mm) in zip(spacing_mm, [first, *[later] * len(spacing_mm)], strict=False)
        )


class GrossLimit(Rule):
    """One row of the limit table; `open` says that the wheels alone leave the layout undecided."""

    axles: int = Field(ge=2)
    or_more: bool = False
    spacings: tuple[Word, ...] = ()
    layout: Layout | Literal["train"]
    drive_axles: int | None = Field(default=None, ge=1)
    air_suspension: Literal[True] | None = None
    limit_kg: int = Field(gt=0)
    open: bool = False
    citation: Citation

    @model_validator(mode="after")
    def _as_many_spacings(self) -> Self:
        if self.spacings and len(self.spacings) != self.axles - 1:
            message = f"{self.axles} axles have {self.axles - 1} spacings, got {len(self.spacings)}"
            raise ValueError(message)
        return self


class SingleTyres(Rule):
    """What each axle with single tyres takes off the limit."""

    reduction_kg: int = Field(gt=0)
    citation: Citation


class Registered(Rule):
    """Vehicles that may never weigh more than their licence says."""

    axles: int | None = None
    kind: VehicleKind | None = None
    citation: Citation

    @model_validator(mode="after")
    def _of_some(self) -> Self:
        if (self.axles is None) == (self.kind is None):
            raise ValueError("expected either axles or kind")
        return self


class Exempt(Rule):
    """A kind of vehicle for which there is no figure."""

    kind: VehicleKind
    citation: Citation


class AxleLoad(Rule):
    """What an axle or axle group may carry; conditions hold unless the facts exclude them."""

    axles: int = Field(ge=1)
    place: Literal["first"] | None = None
    spacing_from_mm: int = Field(default=0, ge=0)
    spacing_below_mm: int | None = None
    wide_tyres: Literal[True] | None = None
    air_suspension: Literal[True] | None = None
    limit_kg: int = Field(gt=0)
    citation: Citation


class ExpresswayEntrance(Rule):
    """Up to which share of the limit a result is not counted as over it at an expressway entrance."""

    percent_of_limit: int = Field(ge=100)
    valid_from: date
    citation: Citation


def _whole_columns(limit: tuple[GrossLimit, ...]) -> tuple[GrossLimit, ...]:
    """Refuse a column with an axle count that has no figure unless something is known."""
    plain = {(row.layout, row.axles) for row in limit if row.drive_axles is None and not row.air_suspension}
    for row in limit:
        if (row.layout, row.axles) not in plain:
            message = f"{row.layout} of {row.axles} axles has no row without drive_axles and air_suspension"
            raise ValueError(message)
    return limit


def _rising(limit: tuple[GrossLimit, ...]) -> tuple[GrossLimit, ...]:
    """Refuse a column in which more axles may weigh less."""
    for layout in sorted({row.layout for row in limit}):
        rows = [row for row in limit if row.layout == layout]
        for fewer, more in pairwise(sorted({row.axles for row in rows})):
            highest = max(row.limit_kg for row in rows if row.axles == fewer)
            lowest = min(row.limit_kg for row in rows if row.axles == more)
            if lowest < highest:
                message = (
                    f"in column {layout} {more} axles may weigh {lowest} kg, "
                    f"less than the {highest} kg of {fewer} axles"
                )
                raise ValueError(message)
    return limit


class GrossMass(Rule):
    """Gross-mass limits by axle count and layout, and what lowers them."""

    id: str
    spacing: Spacings
    limit: Annotated[
        tuple[GrossLimit, ...], Field(min_length=1), AfterValidator(_whole_columns), AfterValidator(_rising)
    ]
    single_tyres: SingleTyres
    registered: tuple[Registered, ...] = ()
    exempt: tuple[Exempt, ...] = ()
    axle_load: tuple[AxleLoad, ...] = ()
    expressway_entrance: ExpresswayEntrance

    def rows(self, axles: int, layouts: tuple[str, ...]) -> list[GrossLimit]:
        """Return the table's rows for an axle count in some layouts."""
        return [
            row
            for row in self.limit
            if (row.axles == axles or (row.or_more and axles > row.axles)) and row.layout in layouts
        ]

    def highest_kg(self, axles: int) -> int:
        """Return the highest figure of an axle count without air suspension, 0 where there is none."""
        return max(
            (row.limit_kg for row in self.rows(axles, (*Layout, TRAIN)) if not row.air_suspension), default=0
        )

    def edges_mm(self) -> list[int]:
        """Return the spacings at which anything changes: between two of them no limit differs."""
        groups = [
            edge - self.spacing.error_mm
            for load in self.axle_load
            for edge in (load.spacing_from_mm, load.spacing_below_mm)
            if edge
        ]
        told = [1, self.spacing.steer_below_mm, self.spacing.group_below_mm]
        return sorted({edge for edge in [*told, *groups] if edge > 0})
