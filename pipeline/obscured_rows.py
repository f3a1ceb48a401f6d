"""What could be seen of plates, and what follows, as rows: kept with a chunk, judged when the day is read."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from models.inserts import insert_new
from models.leases import now_ms
from models.legibility_tables import ObscuringRow, PlateLegibilityRow
from models.passage_rows import passed_between
from models.tables import Finding, Frame, Judgement, Passage
from models.values.findings import FindingKind
from models.values.legibility import AGAIN_WORD, Legibility, PlateLegibility
from models.values.passages import FrameKind
from models.values.timeline import day_bounds_ms
from pipeline.deliberate import NEAR_MS, FrameSeen, Obscuring, PassageSeen, judge_obscuring
from pipeline.hold_findings import hold_findings
from stations.station import Station

NO_LONGER = Obscuring(
    probability=0.0,
    reasons=(),
    problem="按后来收到的记录和图片，不再属于须判断号牌是否被遮挡的情形，此前的判断不再成立。",
)
# Whose plates are judged; a hidden plate is a finding of its own, whatever the vehicle weighs.
JUDGED_FOR = (FindingKind.OVERLOAD.value, FindingKind.EVASION.value)
SOME = 500


def save_legibility(connection: Connection, seen: Iterable[tuple[int, Sequence[PlateLegibility]]]) -> None:
    """Keep what frames, by their ids, show of plates; doing it twice leaves the same rows."""
    rows = [
        {
            "frame_id": frame_id,
            "judge": one.judge,
            "position": position,
            "legibility": one.legibility.value,
            "probability": one.probability,
            "cause": one.cause.value if one.cause else "",
            "text": one.text,
            "rows": one.rows,
            "box": json.dumps(one.box),
            "corners": json.dumps(one.corners),
            "visible": json.dumps(one.visible),
            "mask": json.dumps(one.mask),
            "sentence": one.sentence,
        }
        for frame_id, legibilities in seen
        for position, one in enumerate(legibilities)
    ]
    if rows:
        connection.execute(insert_new(connection, PlateLegibilityRow), rows)


def judge_obscured_day(connection: Connection, station: Station, day: date) -> int:
    """Judge a day's passages, overloaded or evading, with hidden plates; return how many findings are new.

    A judgement that only repeats the last one is not kept again; one that no frame bears out any more is
    followed by a word that says so. A rerun, and a second runner beside the first, change nothing.
    """
    start_ms, end_ms = day_bounds_ms(day, station.zone)
    here = passages_seen(connection, station, day, Passage.station_id == station.id)
    suspects = _suspects(connection, station, (start_ms, end_ms))
    elsewhere = _seen_elsewhere(connection, station, day, here)
    judged = {
        one.passage_id: said
        for one in here
        if one.passage_id in suspects and (said := judge_obscuring(one, here, elsewhere)) is not None
    }
    held = _latest(connection, station, (start_ms, end_ms))
    _append(connection, held, dict.fromkeys(held, NO_LONGER) | judged)
    flagged = {n for n, said in judged.items() if said.flagged}
    of_day = passed_between(station.id, start_ms, end_ms)
    return hold_findings(connection, FindingKind.PLATE_OBSCURED, of_day, flagged)


def as_told(row: Any) -> Obscuring:  # noqa: ANN401 (a row)
    """Return the judgement that a row of `ObscuringRow` keeps."""
    return Obscuring(probability=row.probability, reasons=tuple(json.loads(row.reasons)), problem=row.problem)


def _suspects(connection: Connection, station: Station, bounds_ms: tuple[int, int]) -> set[int]:
    """Return who is judged: the others' frames were looked at for comparison alone."""
    of_day = select(Passage.id).where(passed_between(station.id, *bounds_ms))
    query = select(Finding.passage_id).where(Finding.kind.in_(JUDGED_FOR))
    return set(connection.scalars(query.where(Finding.passage_id.in_(of_day))))


def _seen_elsewhere(
    connection: Connection, station: Station, day: date, here: Iterable[PassageSeen]
) -> list[PassageSeen]:
    """Return what other stations saw that day of the vehicles whose plates seem hidden here."""
    hidden = {
        one.vehicle
        for one in here
        if one.vehicle and any(frame.legibility is not Legibility.CLEAR for frame in one.frames)
    }
    named = sorted(hidden)
    return [
        one
        for first in range(0, len(named), SOME)
        for one in passages_seen(
            connection,
            station,
            day,
            (Passage.station_id != station.id) & Judgement.plate.in_(named[first : first + SOME]),
        )
    ]


def passages_seen(
    connection: Connection, station: Station, day: date, which: ColumnElement[bool]
) -> list[PassageSeen]:
    """Return what the frames of the passages `which`, of a station's local day or shortly before, show.

    The plate that stands for a frame is the one that was read, or else the largest.
    """
    start_ms, end_ms = day_bounds_ms(day, station.zone)
    rows = connection.execute(
        select(
            Passage.id,
            Passage.station_id,
            Passage.lane,
            Passage.passed_at,
            Judgement.plate,
            Judgement.plate_frame_id,
            Frame.id.label("frame_id"),
            Frame.kind,
            Frame.taken_at,
            PlateLegibilityRow.legibility,
            PlateLegibilityRow.probability,
            PlateLegibilityRow.text,
            PlateLegibilityRow.position,
            PlateLegibilityRow.judge.contains(AGAIN_WORD).label("again"),
        )
        .join(Frame, Frame.passage_id == Passage.id)
        .join(PlateLegibilityRow, PlateLegibilityRow.frame_id == Frame.id)
        .join(Judgement, Judgement.passage_id == Passage.id)
        .where(which)
        # The next day isn't there yet when the night comes, and a rerun must come to the same.
        .where(Passage.passed_at >= start_ms - NEAR_MS, Passage.passed_at < end_ms)
        .order_by(Passage.passed_at, Passage.id, Frame.id, PlateLegibilityRow.id)
    ).all()
    by_passage: defaultdict[int, list[Any]] = defaultdict(list)
    for row in rows:
        by_passage[row.id].append(row)
    return [_passage(group, station.clock_offset_ms) for group in by_passage.values()]


def _passage(rows: Sequence[Any], clock_offset_ms: int) -> PassageSeen:
    frames: dict[int, Any] = {}
    for row in rows:
        held = frames.get(row.frame_id)
        # A frame's first row is its surest reading; a later judge's word replaces an earlier one's, but no
        # first look a second one's.
        if held is None or (row.position == 0 and row.again >= held.again):
            frames[row.frame_id] = row
    return PassageSeen(
        passage_id=rows[0].id,
        station_id=rows[0].station_id,
        lane=rows[0].lane,
        passed_at_ms=rows[0].passed_at,
        vehicle=_vehicle(rows, frames),
        frames=tuple(
            FrameSeen(
                frame_id=row.frame_id,
                kind=FrameKind(row.kind),
                taken_at_ms=None if row.taken_at is None else row.taken_at - clock_offset_ms,
                legibility=Legibility(row.legibility),
                probability=row.probability,
                text=row.text,
            )
            for row in frames.values()
        ),
    )


def _vehicle(rows: Sequence[Any], frames: Mapping[int, Any]) -> str:
    """Return the passage's plate, "" where it was read only in frames whose standing words read none.

    There a second look found that what had been read is another vehicle's; `frames` holds those words.
    """
    plate = str(rows[0].plate)
    read_in = {row.frame_id for row in rows if row.text == plate} or {rows[0].plate_frame_id}
    stands = any(frame_id not in frames or frames[frame_id].text for frame_id in read_in)
    return plate if stands else ""


def _append(connection: Connection, held: dict[int, Any], judged: dict[int, Obscuring]) -> None:
    rows = []
    for passage_id, said in sorted(judged.items()):
        before = held.get(passage_id)
        words = json.dumps(said.reasons, ensure_ascii=False)
        if before is None or (before.reasons, before.problem) != (words, said.problem):
            rows.append(
                {
                    "passage_id": passage_id,
                    "number": before.number + 1 if before else 1,
                    "judged_at": now_ms(connection),
                    "probability": said.probability,
                    "reasons": words,
                    "problem": said.problem,
                }
            )
    if rows:
        connection.execute(insert_new(connection, ObscuringRow), rows)


def _latest(connection: Connection, station: Station, bounds_ms: tuple[int, int]) -> dict[int, Any]:
    """Return the word that stands for each passage of a day of which any was said."""
    query = (
        select(ObscuringRow.passage_id, ObscuringRow.number, ObscuringRow.reasons, ObscuringRow.problem)
        .where(ObscuringRow.passage_id.in_(select(Passage.id).where(passed_between(station.id, *bounds_ms))))
        .order_by(ObscuringRow.number)
    )
    return {row.passage_id: row for row in connection.execute(query)}
