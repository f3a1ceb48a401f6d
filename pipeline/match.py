"""Match frames: each to the passage it shows, by the record's reference, or by lane and time."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection, func, select, update

from models.passage_rows import passed_between
from models.tables import Chunk, Frame, FrameReference, Passage
from models.values.passages import FrameKind
from models.values.states import ChunkState
from stations.formats import tells_seconds
from stations.station import Station

# A frame about as near to one vehicle as to the next shows either: it is kept and given to neither.
AMBIGUOUS_MS = 250


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """A passage or a frame, reduced to what matching by time needs; both clocks are the scale's."""

    id: int
    lane: int
    instant_ms: int


def match_by_time(
    frames: Sequence[Crossing], passages: Sequence[Crossing], tolerance_ms: int
) -> list[tuple[int, int]]:
    """Return (frame id, passage id) of the nearest passage of the lane within `tolerance_ms`."""
    by_lane: defaultdict[int, list[Crossing]] = defaultdict(list)
    for passage in passages:
        by_lane[passage.lane].append(passage)
    times = {}
    for lane, lane_passages in by_lane.items():
        lane_passages.sort(key=lambda passage: (passage.instant_ms, passage.id))
        times[lane] = np.array([passage.instant_ms for passage in lane_passages], dtype=np.int64)
    pairs = []
    for frame in frames:
        if frame.lane not in times:
            continue
        after = int(np.searchsorted(times[frame.lane], frame.instant_ms))
        near = by_lane[frame.lane][max(after - 2, 0) : after + 2]
        gaps = sorted((abs(passage.instant_ms - frame.instant_ms), passage.id) for passage in near)
        unclear = len(gaps) > 1 and gaps[1][0] - gaps[0][0] < AMBIGUOUS_MS
        if gaps[0][0] <= tolerance_ms and not unclear:
            pairs.append((frame.id, gaps[0][1]))
    return pairs


def match_frames(
    connection: Connection, station: Station, start_ms: int, end_ms: int, settled_ms: int | None = None
) -> int:
    """Match the station's frames that have no partner yet to passages of start_ms..end_ms; return how many.

    With `settled_ms` loose frames that came later wait: the record of a nearer vehicle may be on its way.
    A passage that was judged before its frames came is taken out of its chunk, to be judged again.
    """
    pairs = _by_reference(connection, station, start_ms, end_ms)
    pairs |= _by_time(connection, station, (start_ms, end_ms), set(pairs), settled_ms)
    if not pairs:
        return 0
    for frame_id, (passage_id, kind) in sorted(pairs.items()):
        values = {"passage_id": passage_id} | ({"kind": kind} if kind else {})
        connection.execute(update(Frame).where(Frame.id == frame_id).values(values))
    judged = select(Chunk.id).where(Chunk.state == ChunkState.DONE)
    passage_ids = sorted({passage_id for passage_id, _ in pairs.values()})
    for start in range(0, len(passage_ids), 500):
        connection.execute(
            update(Passage)
            .where(Passage.id.in_(passage_ids[start : start + 500]), Passage.chunk_id.in_(judged))
            .values(chunk_id=None)
        )
    return len(pairs)


def _by_reference(
    connection: Connection, station: Station, start_ms: int, end_ms: int
) -> dict[int, tuple[int, str]]:
    """Return passage and kind of each frame that one record names and no other, by a name used once.

    A name that two records give, or two pictures bear, shows nobody for certain, on whatever day.
    """
    named = (
        select(
            Frame.id,
            Frame.name,
            Frame.kind,
            FrameReference.passage_id,
            FrameReference.kind,
            Passage.passed_at,
        )
        .join(FrameReference, FrameReference.name == Frame.name)
        .join(Passage, Passage.id == FrameReference.passage_id)
        .where(Frame.station_id == station.id, Passage.station_id == station.id, Frame.passage_id.is_(None))
    )
    rows = connection.execute(named).all()
    owners = Counter(row[0] for row in rows)
    names = sorted({row[1] for row in rows})
    pictures: Counter[str] = Counter()
    for first in range(0, len(names), 500):
        some = Frame.name.in_(names[first : first + 500]) & (Frame.station_id == station.id)
        pictures.update(
            dict(connection.execute(select(Frame.name, func.count()).where(some).group_by(Frame.name)).all())
        )
    return {
        frame_id: (passage_id, "" if own_kind == FrameKind.VIDEO else kind)
        for frame_id, name, own_kind, passage_id, kind, passed_at in rows
        if owners[frame_id] == 1 and pictures[name] == 1 and start_ms <= passed_at < end_ms
    }


def _by_time(
    connection: Connection,
    station: Station,
    window_ms: tuple[int, int],
    taken: set[int],
    settled_ms: int | None,
) -> dict[int, tuple[int, str]]:
    if not tells_seconds(station):
        return {}
    start_ms, end_ms = window_ms
    reach = station.frame_tolerance_ms + AMBIGUOUS_MS
    offset = station.clock_offset_ms
    loose = select(Frame.id, Frame.lane, Frame.taken_at).where(
        Frame.station_id == station.id,
        Frame.passage_id.is_(None),
        Frame.taken_at >= start_ms + offset - reach,
        Frame.taken_at < end_ms + offset + reach,
    )
    if settled_ms is not None:
        loose = loose.where(Frame.received_at <= settled_ms)
    frames = [
        Crossing(id=frame_id, lane=lane, instant_ms=taken_at - offset)
        for frame_id, lane, taken_at in connection.execute(loose)
        if frame_id not in taken and lane is not None and taken_at is not None
    ]
    if not frames:
        return {}
    # Passages just outside the day compete too, or a frame could be given to the wrong side of midnight.
    near = select(Passage.id, Passage.lane, Passage.passed_at).where(
        passed_between(station.id, start_ms - 2 * reach, end_ms + 2 * reach)
    )
    passages = [
        Crossing(id=passage_id, lane=lane, instant_ms=passed_at)
        for passage_id, lane, passed_at in connection.execute(near)
    ]
    return {
        frame_id: (passage_id, "")
        for frame_id, passage_id in match_by_time(frames, passages, station.frame_tolerance_ms)
    }
