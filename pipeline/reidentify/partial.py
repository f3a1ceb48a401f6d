"""What the frames of an unread passage still show of its plate."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, exists, select
from sqlalchemy.orm import aliased

from models.legibility_tables import PlateLegibilityRow
from models.tables import Frame, PlateReadingRow
from models.values.legibility import AGAIN_WORD
from models.values.passages import FrameKind

# Frames whose sure characters differ in more places than this show two vehicles.
DIFFER_MOST = 2
SURE = 0.8
DISAGREE = "各抓拍图片读出的号牌互不相符，可能是其他车辆，未采用"
Part = tuple[str, tuple[float, ...], str]


# A look found that what was read in the frame is another vehicle's.
# A second look's word, the last one, reads nothing where a first one read something.
_stands, _newer, _before = (aliased(PlateLegibilityRow) for _ in range(3))
_DISOWNED = exists().where(
    _stands.frame_id == Frame.id,
    _stands.position == 0,
    _stands.text == "",
    _stands.judge.contains(AGAIN_WORD),
    _before.frame_id == Frame.id,
    _before.judge.not_like(f"%{AGAIN_WORD}%"),
    _before.text != "",
    ~exists().where(
        _newer.frame_id == Frame.id,
        _newer.position == 0,
        _newer.judge.contains(AGAIN_WORD),
        _newer.id > _stands.id,
    ),
)
# Put together once: it is asked for each unread passage.
_READINGS = (
    select(PlateReadingRow.text, PlateReadingRow.characters, PlateReadingRow.colour, Frame.kind)
    .join(Frame, Frame.id == PlateReadingRow.frame_id)
    .where(Frame.passage_id == bindparam("passage"), PlateReadingRow.text != "", ~_DISOWNED)
    # A rear frame may show the trailer's own plate.
    .where(Frame.kind != FrameKind.REAR)
    .order_by(PlateReadingRow.confidence.desc(), PlateReadingRow.id)
)


def partial_plate(connection: Connection, passage_id: int) -> tuple[Part, str]:
    """Return characters, how sure each is, colour; and why they were not used, "" where they are."""
    return merged(connection.execute(_READINGS, {"passage": passage_id}).all())


def merged(readings: Sequence[Any]) -> tuple[Part, str]:
    """Return the surest reading, if no other one contradicts it."""
    if not readings:
        return ("", (), ""), ""
    best = readings[0]
    sure = tuple(json.loads(best.characters))
    for other in readings[1:]:
        pairs = zip(best.text, sure, other.text, json.loads(other.characters), strict=False)
        if sum(a != b and s >= SURE and t >= SURE for a, s, b, t in pairs) > DIFFER_MOST:
            return ("", (), ""), DISAGREE
    return (best.text, sure, best.colour if best.colour != "unknown" else ""), ""
