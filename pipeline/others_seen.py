"""What cameras show of other vehicles around one whose plate can't be seen: looked at for comparison alone.

Only vehicles that are overloaded or evade are read, too few in an hour to tell a hidden plate from a poor
camera. So the nearest others of the lane are looked at too; of their plates nothing is kept but what can be
seen.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import Connection, exists, func, select

from models import leases
from models.database import Database
from models.files import FileStore
from models.leases import Holder
from models.legibility_tables import PlateLegibilityRow
from models.passage_rows import passed_between
from models.tables import Finding, Frame, Judgement, Passage
from models.values.legibility import BESIDE_WORD, Legibility, PlateLegibility
from models.values.passages import FrameKind
from models.values.timeline import day_bounds_ms
from pipeline.deliberate import NEAR_MS
from pipeline.frame_files import OF_THE_FRAME, load_frame
from pipeline.obscured_rows import JUDGED_FOR, save_legibility
from pipeline.plates.look import Looks
from pipeline.plates.usual import LEAST_VEHICLES
from stations.station import Station

# So many vehicles beside one: those that a usual place is learnt from, and some that don't read.
BESIDE = LEAST_VEHICLES + 2
# At two frames a vehicle and 0.3 s a frame these take ten minutes; more is a camera that needs cleaning.
MOST_SUSPECTS = 100
_ENDS = (FrameKind.FRONT.value, FrameKind.REAR.value)
_SUSPECT = (Legibility.DOUBTFUL.value, Legibility.COVERED.value, Legibility.MISSING.value)


class OtherVehicles:
    """Looks at the frames of vehicles beside those whose plates can't be seen."""

    def __init__(self, database: Database, store: FileStore, reader: Callable[[], Looks]) -> None:
        """Use the reader that `reader` makes, at the first frame."""
        self._database = database
        self._store = store
        self._reader = cache(reader)

    def look(self, station: Station, day: date, holder: Holder) -> int:
        """Look at what a station's local day lacks for comparison and keep it, one suspect after the other.

        Return how many suspects were left for a further run. The leases of `holder` are renewed meanwhile.
        """
        with self._database.read() as connection:
            beside = frames_beside(connection, station, day)
        for frames in beside[:MOST_SUSPECTS]:
            # Outside a transaction: nothing may be held open while frames are looked at.
            seen = [(row.id, self._seen(row.sha256)) for row in frames]
            with self._database.write("plates.looked_beside") as connection:
                save_legibility(connection, seen)
                leases.renew(connection, holder)
        return len(beside[MOST_SUSPECTS:])

    def _seen(self, sha256: str) -> tuple[PlateLegibility, ...]:
        reader = self._reader()
        try:
            legibilities = reader.look(load_frame(self._store.path(sha256))).legibilities
        except OF_THE_FRAME:
            # One vehicle less to compare with.
            return ()
        # That a plate reads matters here, not which. Should the vehicle ever be judged, its own rows stand.
        return tuple(
            replace(one, text="?" * len(one.text), judge=f"{one.judge}{BESIDE_WORD}") for one in legibilities
        )


def frames_beside(connection: Connection, station: Station, day: date) -> list[Sequence[Any]]:
    """Return, for each suspect in turn, the frames of both ends, not looked at yet, of the vehicles nearest.

    Only a vehicle that is overloaded or evades is suspect: who is looked at for comparison alone never
    becomes so. Who isn't judged yet may be overloaded and is no comparison; who is suspect has its frames
    read anyway. What an earlier suspect has is not listed again, and who has nothing left is not listed.
    """
    start_ms, end_ms = day_bounds_ms(day, station.zone)
    suspects = connection.execute(
        select(Passage.id, Passage.lane, Passage.passed_at)
        .join(Finding, Finding.passage_id == Passage.id)
        .join(Frame, Frame.passage_id == Passage.id)
        .join(PlateLegibilityRow, PlateLegibilityRow.frame_id == Frame.id)
        .where(passed_between(station.id, start_ms, end_ms), Finding.kind.in_(JUDGED_FOR))
        .where(PlateLegibilityRow.position == 0, PlateLegibilityRow.legibility.in_(_SUSPECT))
        .where(Frame.kind.in_(_ENDS))
        .distinct()
        .order_by(Passage.passed_at, Passage.id)
    ).all()
    unseen = ~exists().where(PlateLegibilityRow.frame_id == Frame.id)
    read_anyway = exists().where(Finding.passage_id == Frame.passage_id, Finding.kind.in_(JUDGED_FOR))
    listed: set[int] = set()
    beside: list[Sequence[Any]] = []
    for one in suspects:
        hour_ms = max(start_ms, one.passed_at - NEAR_MS), min(end_ms, one.passed_at + NEAR_MS + 1)
        nearest = (
            select(Passage.id)
            .where(passed_between(station.id, *hour_ms), Passage.lane == one.lane, Passage.id != one.id)
            .where(exists().where(Frame.passage_id == Passage.id, Frame.kind.in_(_ENDS)))
            .where(exists().where(Judgement.passage_id == Passage.id))
            .order_by(func.abs(Passage.passed_at - one.passed_at), Passage.id)
            .limit(BESIDE)
        )
        new = set(connection.scalars(nearest)) - listed
        listed |= new
        frames = select(Frame.id, Frame.sha256).where(
            Frame.passage_id.in_(new), Frame.kind.in_(_ENDS), unseen, ~read_anyway
        )
        if rows := connection.execute(frames.order_by(Frame.passage_id, Frame.id)).all():
            beside.append(rows)
    return beside
