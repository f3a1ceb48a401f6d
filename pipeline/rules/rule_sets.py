"""Rule sets: which law holds at a station on a day, loaded from the TOML files beside this one."""

import tomllib
from datetime import date
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from pipeline.rules.consequences_tables import Credit, Evasion, National, Penalty
from pipeline.rules.rule import Citation, Rule

FOLDER = Path(__file__).parent
Spacing = Literal["steer", "group", "wide"]


class RuleError(ValueError):
    """A rule file can't be used; the message names it and what is wrong."""


class GrossLimit(Rule):
    """One row of the limit table; `open` says that the wheels alone leave the layout undecided."""

    axles: int = Field(ge=2)
    or_more: bool = False
    spacings: tuple[Spacing, ...] = ()
    layout: str
    limit_kg: int = Field(gt=0)
    open: bool = False
    citation: Citation

    @model_validator(mode="after")
    def _as_many_spacings(self) -> Self:
        if self.spacings and len(self.spacings) != self.axles - 1:
            message = f"{self.axles} axles have {self.axles - 1} spacings, got {len(self.spacings)}"
            raise ValueError(message)
        return self


class GrossMass(Rule):
    """Gross-mass limits by axle count and layout."""

    id: str
    steer_below_mm: int
    group_below_mm: int
    limit: tuple[GrossLimit, ...]


class Announcement(Rule):
    """How many days a station must have been published before its records may serve."""

    days: int = Field(ge=0)
    citation: Citation


class Tolerance(Rule):
    """What is taken off the measured mass before it is held against the limit."""

    mode: Literal["none", "deduct_in_service_error"]
    citation: Citation


class RuleSet(Rule):
    """The rules of one province from one day on, `valid_until` being the last day they hold."""

    id: str
    province: str
    valid_from: date
    valid_until: date = date.max
    gross_mass: GrossMass
    announcement: Announcement
    tolerance: Tolerance
    penalty: Penalty
    evasion: tuple[Evasion, ...] = ()
    credit: Credit
    national: National


@cache
def rule_sets(folder: Path = FOLDER) -> tuple[RuleSet, ...]:
    """Load every rule set of a folder.

    Raises:
        RuleError: a file can't be used, or two sets of a province overlap; the file is named.

    """
    sets = [
        _load(path, folder)
        for path in sorted(folder.glob("*.toml"))
        if not path.stem.startswith(("gross_mass", "consequences"))
    ]
    sets.sort(key=lambda one: (one.province, one.valid_from))
    for one, later in pairwise(sets):
        if one.province == later.province and later.valid_from <= one.valid_until:
            raise RuleError(f"{folder}: rule sets {one.id} and {later.id} of {one.province} overlap in time")
    return tuple(sets)


def _load(path: Path, folder: Path) -> RuleSet:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        table = folder / f"{content.get('gross_mass', '')}.toml"
        content["gross_mass"] = tomllib.loads(table.read_text(encoding="utf-8"))
        content["national"] = _national(folder / f"{content.get('national', '')}.toml")
        return RuleSet.model_validate(content)
    except RuleError:
        raise
    except (ValueError, OSError) as error:
        raise RuleError(f"{path}: {error}") from error


def _national(path: Path) -> National:
    try:
        return National.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (ValueError, OSError) as error:
        raise RuleError(f"{path}: {error}") from error


def rule_set_on(province: str, day: date, sets: tuple[RuleSet, ...]) -> RuleSet | None:
    """Return the rule set that holds in a province on a day, if any."""
    holding = (one for one in sets if one.province == province and one.valid_from <= day <= one.valid_until)
    return next(holding, None)
