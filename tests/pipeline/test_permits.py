"""Whether a permit covers a passage, and which part does not; plate and roads are invented."""

from dataclasses import replace
from datetime import date

import pytest

from models.values.permits import Permit, PermitPart, PermitUse
from pipeline.rules.permits import check_permit

PERMIT = Permit(
    number="虚构-0001",
    plate="浙FZ0001",
    trailer_plate="浙FZ001挂",
    valid_from=date(2026, 6, 1),
    valid_until=date(2026, 6, 30),
    roads=frozenset({"G000", "S000"}),
    gross_kg=80_000,
    height_mm=4_300,
    width_mm=3_200,
    length_mm=22_000,
)
USE = PermitUse(
    plate="浙FZ0001",
    trailer_plate="浙FZ001挂",
    on=date(2026, 6, 30),
    road="S000",
    gross_kg=80_000,
    height_mm=4_300,
    width_mm=3_200,
    length_mm=22_000,
)


def test_a_passage_at_every_limit_is_covered() -> None:
    check = check_permit(PERMIT, USE)
    assert (check.covers, check.misfits, check.unchecked) == (True, (), ())


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"plate": "浙FZ0002"}, PermitPart.PLATE),
        ({"trailer_plate": "浙FZ002挂"}, PermitPart.TRAILER_PLATE),
        ({"on": date(2026, 5, 31)}, PermitPart.DATES),
        ({"on": date(2026, 7, 1)}, PermitPart.DATES),
        ({"road": "G001"}, PermitPart.ROUTE),
        ({"gross_kg": 80_001}, PermitPart.MASS),
        ({"height_mm": 4_301}, PermitPart.HEIGHT),
        ({"width_mm": 3_201}, PermitPart.WIDTH),
        ({"length_mm": 22_001}, PermitPart.LENGTH),
    ],
)
def test_the_part_that_does_not_fit_is_told(change: dict[str, object], part: PermitPart) -> None:
    check = check_permit(PERMIT, replace(USE, **change))  # type: ignore[arg-type]
    assert (check.covers, check.misfits, check.unchecked) == (False, (part,), ())


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"plate": ""}, PermitPart.PLATE),
        ({"trailer_plate": ""}, PermitPart.TRAILER_PLATE),
        ({"road": ""}, PermitPart.ROUTE),
        ({"height_mm": None}, PermitPart.HEIGHT),
    ],
)
def test_what_is_unknown_is_left_unchecked(change: dict[str, object], part: PermitPart) -> None:
    check = check_permit(PERMIT, replace(USE, **change))  # type: ignore[arg-type]
    assert (check.covers, check.misfits, check.unchecked) == (True, (), (part,))


def test_a_permit_without_trailer_asks_for_none() -> None:
    check = check_permit(replace(PERMIT, trailer_plate=""), USE)
    assert (check.covers, check.unchecked) == (True, ())
