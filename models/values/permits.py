"""Permits for oversize loads (超限运输车辆通行证), and what of one does not fit a passage."""

from dataclasses import dataclass
from datetime import date

from models.values.labelled import Labelled


class PermitPart(Labelled):
    """A part of a permit that is held against a passage."""

    PLATE = "plate", "号牌"
    TRAILER_PLATE = "trailer_plate", "挂车号牌"
    DATES = "dates", "有效期"
    ROUTE = "route", "通行路线"
    MASS = "mass", "车货总质量"
    HEIGHT = "height", "车货总高度"
    WIDTH = "width", "车货总宽度"
    LENGTH = "length", "车货总长度"


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """What a permit allows: one vehicle, from `valid_from` to the end of `valid_until`, on some roads.

    `trailer_plate` is "" where the permit names none; `roads` are road numbers such as G60.
    """

    number: str
    plate: str
    trailer_plate: str = ""
    valid_from: date
    valid_until: date
    roads: frozenset[str]
    gross_kg: int
    height_mm: int
    width_mm: int
    length_mm: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PermitUse:
    """A passage as a permit sees it; "" or None is unknown.

    `gross_kg` is the decided mass; `road` the number of the station's road.
    """

    plate: str
    trailer_plate: str = ""
    on: date
    road: str
    gross_kg: int
    height_mm: int | None = None
    width_mm: int | None = None
    length_mm: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PermitCheck:
    """What of a permit does not fit a passage, and what could not be held against it."""

    misfits: tuple[PermitPart, ...]
    unchecked: tuple[PermitPart, ...]

    @property
    def covers(self) -> bool:
        """Tell whether everything known fits; with parts unchecked a person decides."""
        return not self.misfits
