"""Whether a permit covers a passage (公路安全保护条例 arts 35 to 38, 62号令 art. 47).

A permit whose data don't match vehicle or load covers nothing; which part doesn't is told.
"""

from models.values.permits import Permit, PermitCheck, PermitPart, PermitUse


def check_permit(permit: Permit, use: PermitUse) -> PermitCheck:
    """Hold every part of a permit against a passage; what is unknown of the passage stays unchecked."""
    fits: dict[PermitPart, bool | None] = {
        PermitPart.PLATE: use.plate == permit.plate if use.plate else None,
        PermitPart.TRAILER_PLATE: _trailer_fits(permit.trailer_plate, use.trailer_plate),
        PermitPart.DATES: permit.valid_from <= use.on <= permit.valid_until,
        PermitPart.ROUTE: use.road in permit.roads if use.road else None,
        PermitPart.MASS: use.gross_kg <= permit.gross_kg,
        PermitPart.HEIGHT: _within(use.height_mm, permit.height_mm),
        PermitPart.WIDTH: _within(use.width_mm, permit.width_mm),
        PermitPart.LENGTH: _within(use.length_mm, permit.length_mm),
    }
    return PermitCheck(
        misfits=tuple(part for part, fit in fits.items() if fit is False),
        unchecked=tuple(part for part, fit in fits.items() if fit is None),
    )


def _trailer_fits(named: str, seen: str) -> bool | None:
    if not named:
        return True
    return seen == named if seen else None


def _within(size: int | None, allowed: int) -> bool | None:
    return None if size is None else size <= allowed
