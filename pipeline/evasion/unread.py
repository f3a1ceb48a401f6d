"""Who evades and has frames that nobody has looked at: they are read like those of the overloaded."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Connection, exists, select

from models.legibility_tables import PlateLegibilityRow
from models.passage_rows import passed_between
from models.tables import Chunk, Finding, Frame, Passage, PlateReadingRow
from models.values.findings import FindingKind
from models.values.legibility import AGAIN_WORD, BESIDE_WORD
from models.values.states import ChunkState
from models.values.timeline import day_bounds_ms
from pipeline.judge import PLATE_KINDS
from stations.station import Station


def unread_evaders(connection: Connection, station: Station, day: date) -> Sequence[int]:
    """Return the passages, by id, of a local day whose evasion was seen after their chunk was judged.

    A frame that was looked at leaves a word on what can be seen, or why it could not be opened; what was seen
    of it in comparison with another vehicle's is no reading.
    """
    looked_at = exists().where(
        PlateLegibilityRow.frame_id == Frame.id,
        PlateLegibilityRow.judge.not_like(f"%{BESIDE_WORD}"),
        PlateLegibilityRow.judge.not_like(f"%{AGAIN_WORD}%"),
    )
    read = exists().where(PlateReadingRow.frame_id == Frame.id)
    unread = exists().where(
        Frame.passage_id == Passage.id, Frame.kind.in_(PLATE_KINDS), Frame.problem == "", ~looked_at, ~read
    )
    evading = (
        select(Passage.id)
        .join(Finding, Finding.passage_id == Passage.id)
        .join(Chunk, Chunk.id == Passage.chunk_id)
        .where(passed_between(station.id, *day_bounds_ms(day, station.zone)))
        .where(Finding.kind == FindingKind.EVASION, Chunk.state == ChunkState.DONE, unread)
        .order_by(Passage.passed_at, Passage.record_key)
    )
    return connection.scalars(evading).all()
