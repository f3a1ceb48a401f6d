"""Cases that rest on no overload, but on how a vehicle was driven or on a hidden plate."""

from typing import Any

from sqlalchemy import ColumnElement, exists
from sqlalchemy.orm import InstrumentedAttribute, aliased

from models.tables import Finding
from models.values.findings import FindingKind

WITHOUT_MASS = (FindingKind.EVASION.value, FindingKind.PLATE_OBSCURED.value)


def is_unweighed(case_id: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    """Return whether a case rests on no overload; only a person opens such a case, and no mass joins it."""
    without, mass = aliased(Finding), aliased(Finding)
    return exists().where(without.case_id == case_id, without.kind.in_(WITHOUT_MASS)) & ~exists().where(
        mass.case_id == case_id, mass.kind == FindingKind.OVERLOAD
    )
