"""Who a case's unread vehicles may have been, and plates that two vehicles bear, side by side."""

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, select

from models.tables import Finding, Passage
from pipeline.reidentify.lists import CANDIDATES, CONFLICTS, Other

KINDS = {"spacings": "轴距", "loads": "轴重", "length": "车长", "plate": "号牌字符", "colour": "号牌颜色"}
OF_CASE = select(Finding.passage_id).where(Finding.case_id == bindparam("case_id"))
# Put together once, since each case page asks them.
SOUGHT = CANDIDATES.where(Passage.id.in_(OF_CASE))
EITHER = CONFLICTS.where(Passage.id.in_(OF_CASE) | Other.id.in_(OF_CASE))
# One twentieth or twenty times as likely: less than that says little.
STRONG = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Two passages: what is held against each other, and what it comes to."""

    row: Any
    for_it: tuple[str, ...]
    against: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What re-identification says of a case."""

    candidates: tuple[Compared, ...]
    unknown: float
    fleet: int
    troubles: tuple[str, ...]
    conflicts: tuple[Any, ...]

    def __bool__(self) -> bool:
        return bool(self.candidates or self.troubles or self.conflicts)


def identity_of(connection: Connection, case_id: int) -> Identity:
    """Return what was found of the passages of a case."""
    of_case = {"case_id": case_id}
    sought = connection.execute(SOUGHT, of_case).all()
    return Identity(
        candidates=tuple(_compared(row) for row in sought if row.plate),
        unknown=sought[0].unknown if sought else 0.0,
        fleet=sought[0].fleet if sought else 0,
        troubles=tuple(dict.fromkeys(row.trouble for row in sought if row.trouble)),
        conflicts=tuple(connection.execute(EITHER, of_case).all()),
    )


def _compared(row: Any) -> Compared:  # noqa: ANN401 (a row)
    evidence = json.loads(row.evidence)
    return Compared(
        row=row,
        for_it=tuple(label for kind, label in KINDS.items() if evidence[kind] >= STRONG),
        against=tuple(label for kind, label in KINDS.items() if evidence[kind] <= -STRONG),
    )
