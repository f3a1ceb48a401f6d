"""The ledger of chunks: what of a day is planned, and what is done, each chunk in one transaction."""

import json
import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import numpy as np
from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Text,
    bindparam,
    cast,
    delete,
    exists,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.orm import aliased

from models import leases
from models.files import FileStore
from models.inserts import insert_new
from models.kept import tell_once_kept
from models.leases import Holder
from models.passage_rows import from_rows, passed_between, select_passages
from models.reidentify_tables import NamedPassage
from models.tables import Chunk, Finding, Frame, Judgement, Lease, Passage, PlateReadingRow, SourceFile
from models.trace import trace_of
from models.values.findings import FindingKind
from models.values.passages import FrameKind
from models.values.plates import PlateColour
from models.values.quality import worst
from models.values.states import ChunkState
from models.values.timeline import day_bounds_ms, from_ms
from pipeline.judge import ChunkResult, ChunkWork, FrameFile
from pipeline.obscured_rows import save_legibility
from pipeline.quality import codes_of
from stations.station import Station

LOGGER = logging.getLogger(__name__)
# Every zone's offset in use is a multiple of this.
QUARTER_HOUR_MS = 900_000
CHUNK_LEASE = "chunk:"
# How vehicles were driven is told from the whole day, not from a chunk.
OF_CHUNKS = frozenset(FindingKind) - {FindingKind.EVASION, FindingKind.PLATE_OBSCURED}


def plan_chunks(connection: Connection, station: Station, day: date, size: int) -> None:
    """Put the day's passages that belong to no chunk yet into new chunks of at most `size`, by time."""
    start_ms, end_ms = day_bounds_ms(day, station.zone)
    free = (
        select(Passage.id)
        .where(passed_between(station.id, start_ms, end_ms), Passage.chunk_id.is_(None))
        .order_by(Passage.passed_at, Passage.record_key)
    )
    plan_again(connection, station, day, connection.scalars(free).all(), size)


def plan_again(connection: Connection, station: Station, day: date, ids: Sequence[int], size: int) -> None:
    """Put passages of a day into new chunks of at most `size`, out of those that they were in.

    These must be done: who judges a chunk keeps what it found of all that it was given.
    """
    last = select(func.max(Chunk.number)).where(Chunk.station_id == station.id, Chunk.day == str(day))
    number = connection.scalar(last) or 0
    for first in range(0, len(ids), size):
        number += 1
        row = {
            "station_id": station.id,
            "day": str(day),
            "number": number,
            "state": ChunkState.PLANNED.value,
            "reason": "",
        }
        chunk_id = connection.execute(insert(Chunk).values(row).returning(Chunk.id)).scalar_one()
        assign = update(Passage).where(Passage.id == bindparam("passage")).values(chunk_id=chunk_id)
        connection.execute(assign, [{"passage": passage_id} for passage_id in ids[first : first + size]])


def free_chunks(connection: Connection, stations: Sequence[Station], day: date) -> list[tuple[int, str]]:
    """Return id and station id of each chunk of the day that is not done and nobody works on, in order."""
    leases.release_dead(connection)
    free = _undone(stations, day).where(~_leased(leases.now_ms(connection)))
    chunks = connection.execute(free.order_by(Chunk.station_id, Chunk.number))
    return [(chunk.id, chunk.station_id) for chunk in chunks]


def claim_chunk(
    connection: Connection, chunks: Iterator[tuple[int, str]], holder: Holder
) -> tuple[int, str] | None:
    """Lease the next of these chunks that nobody has taken or done since they were listed."""
    for chunk_id, station_id in chunks:
        if not leases.take(connection, lease_name(chunk_id), holder):
            continue
        # Whoever had it kept its result before giving the lease back.
        if connection.scalar(select(Chunk.state).where(Chunk.id == chunk_id)) != ChunkState.DONE:
            return chunk_id, station_id
        leases.release(connection, lease_name(chunk_id), holder)
    return None


def others_at_work(connection: Connection, stations: Sequence[Station], day: date) -> bool:
    """Tell whether somebody still works on a chunk of the day."""
    leases.release_dead(connection)
    busy = _undone(stations, day).where(_leased(leases.now_ms(connection))).limit(1)
    return connection.execute(busy).first() is not None


def count_undone(connection: Connection, stations: Sequence[Station], day: date) -> int:
    """Return how many chunks of the day are not done."""
    return int(connection.scalar(select(func.count()).select_from(_undone(stations, day).subquery())) or 0)


def unplanned_days(connection: Connection, station: Station) -> dict[str, int]:
    """Return how many passages of a station are in no chunk yet, by local day."""
    # Counted by quarter hours in the database: days depend on the zone, which it does not know.
    quarter = Passage.passed_at.op("/")(QUARTER_HOUR_MS)
    free = select(quarter, func.count()).where(Passage.station_id == station.id, Passage.chunk_id.is_(None))
    counts: Counter[str] = Counter()
    for number, count in connection.execute(free.group_by(quarter).order_by(quarter)):
        counts[str(from_ms(number * QUARTER_HOUR_MS, station.zone).date())] += count
    return dict(counts)


def lease_name(chunk_id: int) -> str:
    """Return the name of a chunk's lease."""
    return f"{CHUNK_LEASE}{chunk_id}"


def _undone(stations: Sequence[Station], day: date) -> Select[int, str]:
    return select(Chunk.id, Chunk.station_id).where(
        Chunk.day == str(day),
        Chunk.state != ChunkState.DONE,
        Chunk.station_id.in_([station.id for station in stations]),
    )


def _leased(now_ms: int) -> ColumnElement[bool]:
    name = literal(CHUNK_LEASE).concat(cast(Chunk.id, Text))
    return exists().where(Lease.name == name, Lease.until >= now_ms)


def load_chunk(
    connection: Connection, chunk_id: int, station: Station, store: FileStore, plate_threshold: float
) -> ChunkWork:
    """Read a chunk's passages and frames, ready for a worker."""
    of_chunk = Passage.chunk_id == chunk_id
    in_order = (Passage.passed_at, Passage.record_key)
    ids, batch = from_rows(connection.execute(select_passages().where(of_chunk).order_by(*in_order)).all())
    repeated, evading = _repeated(connection, of_chunk), _evading(connection, of_chunk)
    received = dict(
        connection.execute(
            select(Passage.id, SourceFile.received_at)
            .join(SourceFile, SourceFile.id == Passage.source_id)
            .where(of_chunk)
        ).all()
    )
    position = {passage_id: index for index, passage_id in enumerate(ids.tolist())}
    frames = connection.execute(
        select(Frame.id, Frame.passage_id, Frame.kind, Frame.sha256, Frame.problem)
        .join(Passage, Passage.id == Frame.passage_id)
        .where(of_chunk)
        .order_by(Frame.passage_id, Frame.name, Frame.sha256)
    )
    return ChunkWork(
        chunk_id=chunk_id,
        station=station,
        ids=ids,
        batch=batch,
        received_at_ms=np.array([received[one] for one in ids.tolist()], dtype=np.int64),
        repeated=np.array([one in repeated for one in ids.tolist()], dtype=bool),
        evading=np.array([one in evading for one in ids.tolist()], dtype=bool),
        frames=tuple(
            FrameFile(
                frame_id=frame_id,
                position=position[passage_id],
                kind=FrameKind(kind),
                path=store.path(sha256),
                damaged=bool(problem),
            )
            for frame_id, passage_id, kind, sha256, problem in frames
        ),
        plate_threshold=plate_threshold,
    )


def _repeated(connection: Connection, of_chunk: ColumnElement[bool]) -> set[int]:
    twin = aliased(Passage)
    # The index on station and time makes this a look-up of the few records of one instant.
    has_twin = exists().where(
        twin.station_id == Passage.station_id,
        twin.passed_at == Passage.passed_at,
        twin.content_key == Passage.content_key,
        # The one that came first stands.
        twin.id < Passage.id,
    )
    return set(connection.scalars(select(Passage.id).where(of_chunk, has_twin)))


def _evading(connection: Connection, of_chunk: ColumnElement[bool]) -> set[int]:
    found = select(Finding.passage_id).join(Passage, Passage.id == Finding.passage_id)
    return set(connection.scalars(found.where(of_chunk, Finding.kind == FindingKind.EVASION)))


def save_chunk(connection: Connection, work: ChunkWork, result: ChunkResult) -> None:
    """Keep a chunk's result and mark it done; doing it twice leaves the same rows."""
    ids = work.ids.tolist()
    of_chunk = select(Passage.id).where(Passage.chunk_id == work.chunk_id)
    for table in (Judgement, NamedPassage):
        connection.execute(delete(table).where(table.passage_id.in_(of_chunk)))
    if ids:
        connection.execute(insert(Judgement), _judgements(ids, result))
    if named := _named(work, result):
        connection.execute(insert(NamedPassage), named)
    if readings := _readings(result):
        connection.execute(insert_new(connection, PlateReadingRow), readings)
    save_legibility(connection, [(frame.frame_id, frame.legibilities) for frame in result.frames])
    for frame in result.frames:
        if frame.problem:
            connection.execute(update(Frame).where(Frame.id == frame.frame_id).values(problem=frame.problem))
    found = {(ids[position], kind.value) for position, kind in result.findings()}
    held = select(Finding.passage_id, Finding.kind, Finding.id).where(
        Finding.passage_id.in_(of_chunk), Finding.kind.in_(OF_CHUNKS)
    )
    known = {(passage_id, kind): finding_id for passage_id, kind, finding_id in connection.execute(held)}
    for key in sorted(known.keys() - found):
        # Frames that came late made a plate readable.
        connection.execute(delete(Finding).where(Finding.id == known[key]))
    if new := [{"passage_id": passage_id, "kind": kind} for passage_id, kind in sorted(found - known.keys())]:
        connection.execute(insert(Finding), new)
        if LOGGER.isEnabledFor(logging.INFO):
            _tell(connection, new)
    connection.execute(
        update(Chunk).where(Chunk.id == work.chunk_id).values(state=ChunkState.DONE.value, reason="")
    )


def _tell(connection: Connection, new: Sequence[dict[str, Any]]) -> None:
    """Name the passages that were flagged in the log."""
    kinds = {row["passage_id"]: row["kind"] for row in new}
    natural = select(Passage.id, Passage.station_id, Passage.passed_at, Passage.record_key)
    for passage_id, station_id, at, key in connection.execute(natural.where(Passage.id.in_(kinds))):
        trace = trace_of(station_id, at, key)
        tell_once_kept(connection, LOGGER, "passage.flagged", trace=trace, kind=kinds[passage_id])


def fail_chunk(connection: Connection, chunk_id: int, reason: str) -> None:
    """Note why a chunk could not be judged; the next run offers it again."""
    connection.execute(
        update(Chunk).where(Chunk.id == chunk_id).values(state=ChunkState.FAILED.value, reason=reason)
    )


def _judgements(ids: Sequence[int], result: ChunkResult) -> list[dict[str, Any]]:
    overload = result.overload
    # Few masks occur, so each is spelled out once.
    spelled = {mask: codes_of(mask) for mask in set(result.masks.tolist())}
    rows = []
    for position, (passage_id, mask) in enumerate(zip(ids, result.masks.tolist(), strict=True)):
        verdict = result.plates.get(position)
        rows.append(
            {
                "passage_id": passage_id,
                "severity": worst(spelled[mask]).value,
                "codes": " ".join(spelled[mask]),
                "rule_set": overload.rule_set[position],
                "layout": overload.layout[position],
                "limit_kg": int(overload.limit_kg[position]),
                "decided_kg": int(overload.decided_kg[position]),
                "excess_kg": int(overload.excess_kg[position]),
                "doubts": " ".join(result.doubts(position)),
                "plate": verdict.text if verdict else "",
                "plate_colour": (verdict.colour if verdict else PlateColour.UNKNOWN).value,
                "plate_confidence": verdict.confidence if verdict else 0.0,
                "plate_frame_id": verdict.frame_id if verdict else None,
            }
        )
    return rows


def _named(work: ChunkWork, result: ChunkResult) -> list[dict[str, Any]]:
    """Return what `models.named_rows` would note, without asking the tables."""
    return [
        {"passage_id": passage_id, "station_id": work.station.id, "passed_at": at_ms}
        for position, (passage_id, at_ms, sent) in enumerate(
            zip(work.ids.tolist(), work.batch.passed_at_ms.tolist(), work.batch.plate_front, strict=True)
        )
        if sent or (position in result.plates and result.plates[position].text)
    ]


def _readings(result: ChunkResult) -> list[dict[str, Any]]:
    return [
        {
            "frame_id": frame.frame_id,
            "reader": reading.reader,
            "position": position,
            "text": reading.text,
            "confidence": reading.confidence,
            "colour": reading.colour.value,
            "rows": reading.rows,
            "box": json.dumps(reading.box),
            "corners": json.dumps(reading.corners),
            "characters": json.dumps(reading.characters),
        }
        for frame in result.frames
        for position, reading in enumerate(frame.readings)
    ]
