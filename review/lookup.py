"""What the registries said of a case's vehicle, as the case page shows it; owners' names stay sealed."""

import json
from dataclasses import dataclass
from typing import Any

from models.values.lookups import LookupDoubt, LookupState, WaitReason
from pipeline.registries.plate_paths import PlatePath

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
    """The latest look-up: `fit` pairs each check that says something with whether it agrees."""

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
    limit_kg: int | None
    excess_kg: int | None


def lookup_of(row: Any) -> Lookup | None:  # noqa: ANN401 (a row)
    """Return what a row of `case_lookup` says, None where the case was never looked up."""
    if row is None:
        return None
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
        limit_kg=row.limit_kg,
        excess_kg=row.excess_kg,
    )
