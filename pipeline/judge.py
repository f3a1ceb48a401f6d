"""One chunk through the stages that need no database: quality, overload, plates, obscured, findings."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.values.findings import Doubt, FindingKind
from models.values.legibility import PlateLegibility
from models.values.passages import FrameKind, PassageBatch
from models.values.plates import PlateReading
from pipeline.frame_files import OF_THE_FRAME, UnreadableFrameError, load_frame
from pipeline.obscured import FrameReadings, PlateVerdict, plate_verdict
from pipeline.overload import Overload, judge_overload
from pipeline.plates.look import Looks
from pipeline.plates.read import PlateReader
from pipeline.quality import quality_codes, rejected_itself
from pipeline.rules.rule_sets import rule_sets
from stations.station import Station

PLATE_KINDS = (FrameKind.FRONT, FrameKind.REAR, FrameKind.PANORAMA, FrameKind.UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameFile:
    """A frame of the passage at `position` in the chunk."""

    frame_id: int
    position: int
    kind: FrameKind
    path: Path
    damaged: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkWork:
    """A chunk as it is handed to a worker: N passages with ids (N,), and their frames.

    `evading` tells who was seen, in the day's traffic, to evade the scale: only a chunk that is judged again
    has such.
    """

    chunk_id: int
    station: Station
    ids: NDArray[np.int64]
    batch: PassageBatch
    received_at_ms: NDArray[np.int64]
    repeated: NDArray[np.bool_]
    evading: NDArray[np.bool_]
    frames: tuple[FrameFile, ...]
    plate_threshold: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameResult:
    """What one frame gave: readings, or why it could not be opened."""

    frame_id: int
    readings: tuple[PlateReading, ...]
    problem: str = ""
    legibilities: tuple[PlateLegibility, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkResult:
    """What a worker hands back: quality masks (N,) as in `pipeline.quality`, limits, frames.

    `over` (N,) tells who is over its limit and not rejected for its own faults; `plates` has the verdict of
    each such position, and of each that evades.
    """

    chunk_id: int
    masks: NDArray[np.uint64]
    overload: Overload
    over: NDArray[np.bool_]
    frames: tuple[FrameResult, ...]
    plates: dict[int, PlateVerdict]

    def doubts(self, position: int) -> list[Doubt]:
        """Return what is uncertain about the passage at `position` beyond its quality codes."""
        verdict = self.plates.get(position)
        # What only a registry can tell stands in nearly every finding, so it comes last.
        of_mass = self.overload.doubts[position] if self.over[position] else ()
        return [*verdict.doubts, *of_mass] if verdict else []

    def findings(self) -> list[tuple[int, FindingKind]]:
        """Return (position, kind) of every finding of the chunk."""
        over = np.flatnonzero(self.over).tolist()
        found = [(position, FindingKind.OVERLOAD) for position in over]
        unread = [(position, FindingKind.PLATE_UNREAD) for position in over if self.plates[position].unread]
        return sorted(found + unread)


def judge_chunk(work: ChunkWork, reader: Callable[[], PlateReader]) -> ChunkResult:
    """Judge a chunk; `reader` is called only if there is a frame to read.

    What is no fault of a frame is raised, and the chunk tried again.
    """
    sets = rule_sets()
    masks = quality_codes(
        work.batch, work.station, sets, received_at_ms=work.received_at_ms, repeated=work.repeated
    )
    overload = judge_overload(work.batch, work.station, sets)
    # What only the station lacks makes a finding that the gate keeps as a lead.
    over = (overload.excess_kg > 0) & ~rejected_itself(masks)
    # Who evades is asked whatever its record is worth: driving spoils records.
    matters = over | work.evading
    wanted = [frame for frame in work.frames if matters[frame.position] and frame.kind in PLATE_KINDS]
    frames = {frame.frame_id: _read(frame, reader()) for frame in wanted}
    seen: defaultdict[int, list[FrameReadings]] = defaultdict(list)
    for frame in wanted:
        result = frames[frame.frame_id]
        seen[frame.position].append(
            FrameReadings(
                frame_id=frame.frame_id,
                kind=frame.kind,
                readings=result.readings,
                damaged=frame.damaged or bool(result.problem),
            )
        )
    plates = {
        position: plate_verdict(seen[position], str(work.batch.plate_front[position]), work.plate_threshold)
        for position in np.flatnonzero(matters).tolist()
    }
    return ChunkResult(
        chunk_id=work.chunk_id,
        masks=masks,
        overload=overload,
        over=over,
        frames=tuple(frames.values()),
        plates=plates,
    )


def _read(frame: FrameFile, reader: PlateReader) -> FrameResult:
    try:
        image = load_frame(frame.path)
        if not isinstance(reader, Looks):
            return FrameResult(frame_id=frame.frame_id, readings=tuple(reader.read(image)))
        look = reader.look(image)
    except UnreadableFrameError as error:
        return FrameResult(frame_id=frame.frame_id, readings=(), problem=str(error))
    except OF_THE_FRAME as error:
        problem = f"{frame.path.name}: no reader can look at it: {type(error).__name__}: {error}"
        return FrameResult(frame_id=frame.frame_id, readings=(), problem=problem)
    return FrameResult(frame_id=frame.frame_id, readings=look.readings, legibilities=look.legibilities)
