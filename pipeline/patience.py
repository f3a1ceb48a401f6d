"""Patience of the stream: which findings wait a little before they become a case, so that it is the night's.

A night judges when everything is there. The stream would open a case without its frames, or two for one
vehicle whose first passage is judged a moment after its second.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import ColumnElement, Connection, exists, or_, select

from models.passage_rows import passed_between
from models.tables import Chunk, Frame, FrameReference, Passage, SourceFile
from models.values.states import ChunkState
from pipeline.evasion.watch import suspected
from stations.formats import tells_seconds
from stations.names import URL_STARTS
from stations.station import Station

# Passages of one vehicle within this are one case.
SAME_CASE_MS = 60_000
SOME = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class FlaggedPassage:
    """A passage with findings that have no case yet; `vehicle` is its plate, "" if unknown.

    `codes` are its quality codes, space-separated.
    """

    passage_id: int
    passed_at_ms: int
    lane: int
    vehicle: str
    codes: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long is waited, counted from a record's arrival: for frames that it names, for loose frames.

    `for_the_night` gathers passages that only the night can tell of, by id.
    """

    now_ms: int
    named_ms: int
    loose_ms: int
    for_the_night: set[int] = field(default_factory=set)


def held_back(
    connection: Connection, station: Station, found: Sequence[FlaggedPassage], patience: Patience
) -> set[int]:
    """Return the passages of `found` that wait, by id.

    One waits for its own frames, and while another that may be its vehicle crossed less than a minute before
    it and waits too, or is not judged yet.
    """
    if not found:
        return set()
    first_ms, last_ms = found[0].passed_at_ms - SAME_CASE_MS, found[-1].passed_at_ms
    ids = [one.passage_id for one in found]
    unripe = _without_frames(connection, station, ids, patience)
    blocking = sorted(
        [one.passed_at_ms for one in found if one.passage_id in unripe]
        + _unjudged(connection, station, first_ms, last_ms, patience)
    )
    held: set[int] = set()
    until_ms = first_ms - SAME_CASE_MS
    for one in found:
        while blocking and blocking[0] <= one.passed_at_ms:
            until_ms = max(until_ms, blocking.pop(0) + SAME_CASE_MS)
        if one.passage_id in unripe or one.passed_at_ms < until_ms:
            held.add(one.passage_id)
            until_ms = max(until_ms, one.passed_at_ms + SAME_CASE_MS)
    return held


def may_be_spoiled(
    connection: Connection, station: Station, day: date, found: Sequence[FlaggedPassage]
) -> set[int]:
    """Return the passages whose weighing may have been spoiled by how they were driven, by id.

    What excuses it, and whom it accuses, shows in the traffic of the whole day.
    """
    if not found:
        return set()
    window = found[0].passed_at_ms, found[-1].passed_at_ms + 1
    return suspected(connection, station, day, window).intersection(one.passage_id for one in found)


def _without_frames(
    connection: Connection, station: Station, ids: Sequence[int], patience: Patience
) -> set[int]:
    """Return which passages may still get a frame that they have not got."""
    of_passage = FrameReference.passage_id == Passage.id
    # What is named by URL is fetched by the nightly run.
    is_url = or_(*(FrameReference.name.startswith(start) for start in URL_STARTS))
    here = exists().where(Frame.passage_id == Passage.id, Frame.name == FrameReference.name)
    missing = exists().where(of_passage, ~is_url, ~here)
    loose = ~exists().where(of_passage)
    waits: ColumnElement[bool] = missing & _came_after(patience.now_ms - patience.named_ms)
    if tells_seconds(station):
        waits |= loose & _came_after(patience.now_ms - patience.loose_ms)
    unripe: set[int] = set()
    for start in range(0, len(ids), SOME):
        some = (
            select(Passage.id)
            .join(SourceFile, SourceFile.id == Passage.source_id)
            .where(Passage.id.in_(ids[start : start + SOME]), waits)
        )
        unripe.update(connection.scalars(some))
    return unripe


def _unjudged(
    connection: Connection, station: Station, first_ms: int, last_ms: int, patience: Patience
) -> list[int]:
    """Return when passages crossed that are here and not judged, or have to be judged again."""
    return list(
        connection.scalars(
            select(Passage.passed_at)
            .join(SourceFile, SourceFile.id == Passage.source_id)
            .outerjoin(Chunk, Chunk.id == Passage.chunk_id)
            .where(passed_between(station.id, first_ms, last_ms + 1))
            .where(or_(Passage.chunk_id.is_(None), Chunk.state != ChunkState.DONE))
            .where(_came_after(patience.now_ms - patience.named_ms))
        )
    )


def _came_after(instant_ms: int) -> ColumnElement[bool]:
    return SourceFile.received_at > instant_ms
