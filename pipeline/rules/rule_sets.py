"""Rule sets: which law holds at a station on a day, loaded from the TOML files beside this one."""

from datetime import date, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from pipeline.rules.consequences_tables import Credit, Evasion, National, Penalty
from pipeline.rules.dimensions import Dimensions
from pipeline.rules.limits_tables import GrossMass
from pipeline.rules.rule import Citation, Rule, RuleError, checked, read_toml
from pipeline.rules.tolerance import CountyFactor, Tolerance, in_order

FOLDER = Path(__file__).parent
DAY = timedelta(days=1)
# Tables that a rule set names by file, each read into its own model.
SHARED: dict[str, type[Rule]] = {
    "gross_mass": GrossMass,
    "dimensions": Dimensions,
    "national": National,
}


class Announcement(Rule):
    """How many days a station must have been published before its records may serve."""

    days: int = Field(ge=0)
    citation: Citation


class Summons(Rule):
    """The owner must be told to come before a fine may rest on the record alone."""

    citation: Citation


class RuleSet(Rule):
    """The rules of one province from one day on, `valid_until` being the last day they hold."""

    id: Citation
    province: Citation
    valid_from: date
    valid_until: date = date.max
    gross_mass: GrossMass
    dimensions: Dimensions
    announcement: Announcement
    tolerance: Tolerance
    county_factor: Annotated[tuple[CountyFactor, ...], AfterValidator(in_order)] = ()
    penalty: Penalty
    evasion: tuple[Evasion, ...] = ()
    summons: Summons | None = None
    credit: Credit
    national: National

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.valid_until < self.valid_from:
            message = f"valid_until {self.valid_until} lies before valid_from {self.valid_from}"
            raise ValueError(message)
        return self

    def factor_on(self, county: str, day: date) -> float:
        """Return what a county's limits are multiplied by on a day, 1 where nothing is set."""
        holding = (
            one.factor
            for one in self.county_factor
            if one.county == county and one.valid_from <= day <= one.valid_until
        )
        return next(holding, 1)


def rule_sets(folder: Path | None = None) -> tuple[RuleSet, ...]:
    """Load every rule set of a folder, by default the one that comes with the program.

    Raises:
        RuleError: a file can't be used, or a province's sets overlap or leave a gap; the file is named.

    """
    return _rule_sets(folder or FOLDER)


@cache
def _rule_sets(folder: Path) -> tuple[RuleSet, ...]:
    tables = (*SHARED, "consequences", "manoeuvres")
    paths = [path for path in sorted(folder.glob("*.toml")) if not path.stem.startswith(tables)]
    loaded = [(_load(path), path) for path in paths]
    loaded.sort(key=lambda one: (one[0].province, one[0].valid_from))
    for (one, earlier), (later, path) in pairwise(loaded):
        if one.province == later.province:
            _follows(one, earlier, later, path)
    return tuple(one for one, _ in loaded)


def _load(path: Path) -> RuleSet:
    content = read_toml(path)
    for key, model in SHARED.items():
        if isinstance(name := content.get(key), str):
            table = path.with_name(f"{name}.toml")
            content[key] = checked(model, read_toml(table), table)
    return checked(RuleSet, content, path)


def _follows(one: RuleSet, earlier: Path, later: RuleSet, path: Path) -> None:
    """Refuse a set that does not begin the day after the one before it ends."""
    if one.valid_until >= later.valid_from:
        what = "overlap in time"
    elif one.valid_until + DAY < later.valid_from:
        what = f"leave {one.valid_until + DAY} to {later.valid_from - DAY} without rules"
    else:
        return
    raise RuleError(
        f"{path}: valid_from: {later.valid_from} of {later.id} and valid_until {one.valid_until} of {one.id} "
        f"({earlier.name}), both of {one.province}, {what}"
    )


def rule_set_on(province: str, day: date, sets: tuple[RuleSet, ...]) -> RuleSet | None:
    """Return the rule set that holds in a province on a day, if any."""
    holding = (one for one in sets if one.province == province and one.valid_from <= day <= one.valid_until)
    return next(holding, None)


def latest_gross_mass() -> GrossMass:
    """Return the table of the rule set that began last, for telling vehicles apart wherever they pass."""
    return max(rule_sets(), key=lambda one: one.valid_from).gross_mass
