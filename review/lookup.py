"""What the registries said of a case's vehicle, as the case page shows it; owners' names stay sealed."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from models.values.lookups import LookupDoubt, LookupState, WaitReason
from models.values.money import Consequence
from pipeline.registries.plate_paths import PlatePath
from pipeline.rules.rule import RuleError
from pipeline.worked import worked_out

FIT_LABELS = {
    "class": "车型",
    "axles": "轴数",
    "wheelbase": "轴距",
    "length": "车长",
    "colour": "号牌颜色",
    "mass": "质量",
    "owner": "挂车所有人",
    "train": "列车组成",
    "status": "登记状态",
}
ANSWER_LABELS = {"agrees": "相符", "contradicts": "不符"}
REASON_LABELS = {one.value: one.label for words in (WaitReason, PlatePath) for one in words}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """One look-up: `fit` pairs each check that says something with whether it agrees.

    `limit_kg`, `excess_kg` and `consequence` are by the facts of the registered vehicle, beside the first
    judgement; None where none was identified.
    """

    state: LookupState
    reason: str
    plate: str
    read_plate: str
    trailer_plate: str
    fit: tuple[tuple[str, str], ...]
    doubts: tuple[LookupDoubt, ...]
    source: str
    looked_up_at: int
    answered_at: int | None
    has_party: bool
    limit_kg: int | None
    excess_kg: int | None
    consequence: Consequence | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookups:
    """The latest look-up, and the one before it of another plate.

    `asking` says that the case's plate was corrected and is not looked up yet, `problem` why it can't be now.
    `again` says that an officer wanted it asked for again, and that this goes on.
    """

    latest: Lookup | None
    before: Lookup | None
    asking: bool
    problem: str
    again: bool = False

    @property
    def is_missing(self) -> bool:
        """Tell whether an answer is missing that asking again may bring."""
        waits = self.latest is None or self.latest.state is LookupState.WAITING
        return (waits or bool(self.problem)) and not self.again


def lookups_of(
    rows: Sequence[Any], records: Sequence[Any], corrected_to: str | None, problem: str
) -> Lookups:
    """Return what rows of `case_lookup` say, newest first; `corrected_to` is None if nobody corrected."""
    of_passage = {record.id: record for record in records}
    latest = _lookup(rows[0], of_passage) if rows else None
    other = next((row for row in rows[1:] if row.read_plate != rows[0].read_plate), None)
    asking = corrected_to is not None and (latest is None or latest.read_plate != corrected_to)
    return Lookups(
        latest=latest,
        before=_lookup(other, of_passage) if other else None,
        asking=asking,
        problem=problem if asking else "",
    )


def _lookup(row: Any, records: dict[int, Any]) -> Lookup:  # noqa: ANN401 (a row)
    said = json.loads(row.fit).items()
    return Lookup(
        state=LookupState(row.state),
        reason=REASON_LABELS.get(row.reason, row.reason),
        plate=row.plate,
        read_plate=row.read_plate,
        trailer_plate=row.trailer_plate,
        fit=tuple((FIT_LABELS.get(name, name), word) for name, word in said if word in ANSWER_LABELS),
        doubts=tuple(LookupDoubt(word) for word in row.doubts.split()),
        source=row.source or "",
        looked_up_at=row.looked_up_at,
        answered_at=row.answered_at,
        has_party=bool(row.sealed_by),
        limit_kg=row.limit_kg,
        excess_kg=row.excess_kg,
        consequence=_consequence(row, records.get(row.passage_id)),
    )


def _consequence(row: Any, record: Any) -> Consequence | None:  # noqa: ANN401 (rows)
    if row.limit_kg is None or record is None:
        return None
    try:
        return worked_out(row, record, row.limit_rule)
    except RuleError:
        return None
