"""Who unread vehicles may have been, and plates that two vehicles bear, side by side."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from math import exp
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam

from models.tables import Passage
from pipeline.reidentify.lists import CANDIDATES, CONFLICTS, Other
from pipeline.reidentify.rank import is_likely

KINDS = {"spacings": "轴距", "loads": "轴重", "length": "车长", "plate": "号牌字符", "colour": "号牌颜色"}
THESE: BindParameter[Sequence[int]] = bindparam("passages", expanding=True)
# Put together once, since each case page asks them.
SOUGHT = CANDIDATES.where(Passage.id.in_(THESE))
EITHER = CONFLICTS.where(Passage.id.in_(THESE) | Other.id.in_(THESE)).add_columns(
    Passage.id.in_(THESE).label("later_is_ours"), Other.id.in_(THESE).label("earlier_is_ours")
)
# Between two thirds and one and a half times as likely says nothing.
LEAST_TIMES, MOST_TIMES = 1.5, 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """How many times as likely something measured is of this vehicle as of any, or of any as of this one."""

    label: str
    times: str
    speaks_for: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """An earlier passage beside the unread one, and what speaks for and against its vehicle."""

    row: Any
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What re-identification says of a case, or of a lead."""

    candidates: tuple[Compared, ...]
    unknown: float
    fleet: int
    vehicles: int
    troubles: tuple[str, ...]
    conflicts: tuple[Any, ...]

    @property
    def likely(self) -> bool:
        """Whether the first candidate may be called the likely vehicle."""
        return bool(self.candidates) and is_likely(1, self.candidates[0].row.probability, self.vehicles)

    def __bool__(self) -> bool:
        return bool(self.candidates or self.troubles or self.conflicts)


def identity_of(connection: Connection, passages: Sequence[int]) -> Identity:
    """Return what was found of passages."""
    these = {"passages": passages}
    sought = connection.execute(SOUGHT, these).all()
    return Identity(
        candidates=tuple(_compared(row) for row in sought if row.plate),
        unknown=sought[0].unknown if sought else 0.0,
        fleet=sought[0].fleet if sought else 0,
        vehicles=sought[0].vehicles if sought else 0,
        troubles=tuple(dict.fromkeys(row.trouble for row in sought if row.trouble)),
        conflicts=tuple(connection.execute(EITHER, these).all()),
    )


def _compared(row: Any) -> Compared:  # noqa: ANN401 (a row)
    logs = json.loads(row.evidence)
    weighed = [(label, logs[kind] > 0, exp(min(abs(logs[kind]), 10))) for kind, label in KINDS.items()]
    return Compared(
        row=row,
        evidence=tuple(
            Evidence(label=label, times=_times(times), speaks_for=speaks_for)
            for label, speaks_for, times in weighed
            if times >= LEAST_TIMES
        ),
    )


def _times(times: float) -> str:
    if times >= MOST_TIMES:
        return f"{MOST_TIMES:,}+"
    return f"{times:.1f}" if times < 10 else f"{times:.0f}"  # noqa: PLR2004 (two digits are enough)
