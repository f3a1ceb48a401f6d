"""What counts as a manoeuvre: figures from the rule file beside this one."""

from datetime import date
from functools import cache
from pathlib import Path

from pydantic import Field

from pipeline.rules.rule import Citation, Rule, checked, read_toml

FILE = Path(__file__).parent / "manoeuvres_2020.toml"


class Speeds(Rule):
    """Speeds and accelerations; `certainty` is how many standard errors a change must exceed."""

    crawling_kmh: float = Field(ge=0)
    stopped_kmh: float = Field(ge=0)
    moving_kmh: float = Field(gt=0)
    acceleration_ms2: float = Field(gt=0)
    tap_kmh: float = Field(gt=0)
    error_kmh: float = Field(gt=0)
    certainty: float = Field(gt=0)
    citation: Citation


class Track(Rule):
    """Where in the lane a vehicle runs."""

    vehicle_width_mm: int = Field(gt=0)
    beyond_edge_mm: int = Field(ge=0)
    beyond_lane_mm: int = Field(ge=0)
    weave_mm: int = Field(gt=0)
    citation: Citation


class Sides(Rule):
    """How far one side must carry more than the lane's own habit."""

    share: float = Field(gt=0, lt=0.5)
    citation: Citation


class Neighbours(Rule):
    """How close two vehicles are close."""

    gap_s: float = Field(gt=0)
    least_kmh: float = Field(gt=0)
    overlap: float = Field(gt=0, le=1)
    alike_kmh: float = Field(gt=0)
    least_length_mm: int = Field(ge=0)
    citation: Citation


class Traffic(Rule):
    """What is a queue."""

    around_s: int = Field(gt=0)
    slow_kmh: float = Field(gt=0)
    least: int = Field(gt=0)
    citation: Citation


class LaneShare(Rule):
    """What is no single vehicle's doing, on the day and on so many days before."""

    share: float = Field(gt=0, le=1)
    share_before: float = Field(gt=0, le=1)
    days_before: int = Field(ge=0)
    least: int = Field(gt=0)
    citation: Citation


class Reversing(Rule):
    """How much longer than itself a vehicle may measure."""

    over_length: float = Field(ge=1)
    over_mm: int = Field(ge=0)
    citation: Citation


class ManoeuvreRules(Rule):
    """All figures, and from which day they are used."""

    id: str
    valid_from: date
    speed: Speeds
    track: Track
    sides: Sides
    neighbours: Neighbours
    traffic: Traffic
    lane: LaneShare
    reversing: Reversing


@cache
def manoeuvre_rules(path: Path = FILE) -> ManoeuvreRules:
    """Return the figures.

    Raises:
        RuleError: the file can't be used.

    """
    return checked(ManoeuvreRules, read_toml(path), path)
