"""Frames of a day in which no plate of the vehicle's reads, looked at again where its camera's plates are.

What a camera usually shows is learnt from its frames whose plates read: the place from the last days, the
quality of its pictures from those nearest in time. A frame is looked at again once.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, func, select
from sqlalchemy.orm import aliased

from models import leases
from models.database import Database
from models.files import FileStore
from models.leases import Holder
from models.legibility_tables import PlateLegibilityRow
from models.passage_rows import passed_between
from models.tables import Frame, Passage
from models.values.legibility import CameraCause, Legibility, PlateLegibility
from models.values.passages import FrameKind
from models.values.timeline import day_bounds_ms
from pipeline.frame_files import OF_THE_FRAME, UnreadableFrameError, load_frame
from pipeline.obscured_rows import save_legibility
from pipeline.plates.second_look import Locates, look_where_usual, second_judge
from pipeline.plates.usual import Picture, UsualPlace, learn_place, picture, usual_picture
from stations.station import Station

DAY_MS = 86_400_000
# A camera's habit is learnt from so many days before, and from so many frames at most.
LEARNT_DAYS, LEARNT_FRAMES = 7, 2000
# Its usual picture is that of so many of its frames, taken within half an hour.
PICTURES, LEAST_PICTURES, NEAR_MS = 5, 3, 30 * 60_000
_ENDS = (FrameKind.FRONT.value, FrameKind.REAR.value)
# What accuses is held against the camera's usual picture, too.
_LOOKED_AT_AGAIN = (Legibility.DOUBTFUL.value, Legibility.COVERED.value)
# What the frame's edge cuts off may be another lane's.
_CUT_OFF = CameraCause.OUT_OF_FRAME.value
Shown = tuple[tuple[int, ...], Picture]


class SecondLook:
    """Looks again at the frames of a day."""

    def __init__(
        self,
        database: Database,
        store: FileStore,
        detector: Callable[[], Locates],
    ) -> None:
        """Use the detector of corners that `detector` makes, at the first frame."""
        self._database = database
        self._store = store
        self._detector = cache(detector)

    def look(self, station: Station, day: date, holder: Holder) -> int:
        """Look again at a station's local day and keep what was seen; return of how many frames.

        The leases of `holder` are renewed meanwhile.
        """
        with self._database.read() as connection:
            unread = unread_frames(connection, station, day)
            read = read_frames(connection, station, day)
            cameras = readable_frames(connection, station, day) if unread or read else {}
        known = {key: _Camera(rows, self._open) for key, rows in cameras.items()}
        unread = [*unread, *_of_neighbours(read, known)]
        kept = 0
        for row in unread:
            # Outside a transaction: nothing may be held open while frames are looked at.
            said = self._said(row, known.get((row.lane, row.kind)))
            if said is not None:
                with self._database.write("plates.looked_again") as connection:
                    save_legibility(connection, [(row.id, (said,))])
                    leases.renew(connection, holder)
                kept += 1
        return kept

    def _said(self, row: Any, camera: "_Camera | None") -> PlateLegibility | None:  # noqa: ANN401 (a row)
        if camera is None or camera.place is None:
            return None
        image = self._open(row.sha256)
        usual = None if image is None else camera.picture_at(row.passed_at, image.shape)
        if image is None or usual is None:
            return None
        detector = self._detector()
        try:
            return look_where_usual(image, camera.place, usual, detector)
        except OF_THE_FRAME:
            return None

    def _open(self, sha256: str) -> NDArray[np.uint8] | None:
        try:
            return load_frame(self._store.path(sha256))
        except UnreadableFrameError:
            return None


class _Camera:
    """What one lane's camera of one end shows: its frames whose plates read."""

    def __init__(self, rows: Sequence[Any], opened: Callable[[str], NDArray[np.uint8] | None]) -> None:
        self.place = learn_place([json.loads(row.box) for row in rows])
        self._rows = rows
        self._open = opened
        self._shown: dict[str, Shown | None] = {}

    def picture_at(self, at_ms: int, shape: tuple[int, ...]) -> Picture | None:
        """Return the usual picture around an instant.

        None where too few frames of this shape are near, or where those show plates elsewhere: the camera
        was turned since the place was learnt.
        """
        near = [row for row in self._rows if abs(row.passed_at - at_ms) <= NEAR_MS]
        held = sum(self.place is not None and self.place.holds(json.loads(row.box)) for row in near)
        if 2 * held <= len(near):
            return None
        nearest = sorted(near, key=lambda row: (abs(row.passed_at - at_ms), row.sha256))[:PICTURES]
        shown = [one for row in nearest if (one := self._show(row.sha256)) is not None]
        alike = [one for of_shape, one in shown if of_shape == shape]
        return usual_picture(alike) if len(alike) >= LEAST_PICTURES else None

    def _show(self, sha256: str) -> Shown | None:
        if sha256 not in self._shown:
            self._shown[sha256] = _shown(self._open(sha256), self.place)
        return self._shown[sha256]


def _of_neighbours(read: Sequence[Any], known: Mapping[tuple[int, str], _Camera]) -> list[Any]:
    """Return the frames in which the plates that read are all another lane's vehicles'."""
    boxes: defaultdict[int, list[Sequence[int]]] = defaultdict(list)
    frames = {row.id: row for row in read}
    for row in read:
        boxes[row.id].append(json.loads(row.box))
    places = {key: camera.place for key, camera in known.items() if camera.place is not None}
    return [
        row
        for row in frames.values()
        if (place := places.get((row.lane, row.kind))) and all(map(place.passed_by, boxes[row.id]))
    ]


def _shown(image: NDArray[np.uint8] | None, place: UsualPlace | None) -> Shown | None:
    return None if image is None or place is None else (image.shape, picture(place.window(image)))


def unread_frames(connection: Connection, station: Station, day: date) -> Sequence[Any]:
    """Return the frames of a day in which no plate reads, no fault shows and none was looked at again."""
    again = aliased(PlateLegibilityRow)
    return connection.execute(
        select(Frame.id, Frame.sha256, Frame.kind, Passage.lane, Passage.passed_at)
        .join(Frame, Frame.passage_id == Passage.id)
        .join(PlateLegibilityRow, PlateLegibilityRow.frame_id == Frame.id)
        .outerjoin(again, (again.frame_id == Frame.id) & (again.judge == second_judge()))
        .where(passed_between(station.id, *day_bounds_ms(day, station.zone)), Frame.kind.in_(_ENDS))
        .where(PlateLegibilityRow.position == 0, PlateLegibilityRow.text == "", again.id.is_(None))
        .where(PlateLegibilityRow.legibility.in_(_LOOKED_AT_AGAIN) | (PlateLegibilityRow.cause == _CUT_OFF))
        .order_by(Passage.passed_at, Frame.id)
    ).all()


def read_frames(connection: Connection, station: Station, day: date) -> Sequence[Any]:
    """Return every plate that reads in the frames of a day that were not looked at again, with its box."""
    again = aliased(PlateLegibilityRow)
    return connection.execute(
        select(Frame.id, Frame.sha256, Frame.kind, Passage.lane, Passage.passed_at, PlateLegibilityRow.box)
        .join(Frame, Frame.passage_id == Passage.id)
        .join(PlateLegibilityRow, PlateLegibilityRow.frame_id == Frame.id)
        .outerjoin(again, (again.frame_id == Frame.id) & (again.judge == second_judge()))
        .where(passed_between(station.id, *day_bounds_ms(day, station.zone)), Frame.kind.in_(_ENDS))
        .where(PlateLegibilityRow.text != "", again.id.is_(None))
        .order_by(Passage.passed_at, Frame.id)
    ).all()


def readable_frames(connection: Connection, station: Station, day: date) -> dict[tuple[int, str], list[Any]]:
    """Return the frames whose plates read, by lane and end, of a day and those before it."""
    start_ms, end_ms = day_bounds_ms(day, station.zone)
    order = (Passage.passed_at.desc(), Frame.id)
    of_camera = func.row_number().over(partition_by=(Passage.lane, Frame.kind), order_by=order)
    found = (
        select(
            Frame.sha256,
            Frame.kind,
            Passage.lane,
            Passage.passed_at,
            PlateLegibilityRow.box,
            of_camera.label("place"),
        )
        .join(Frame, Frame.passage_id == Passage.id)
        .join(PlateLegibilityRow, PlateLegibilityRow.frame_id == Frame.id)
        .where(passed_between(station.id, start_ms - LEARNT_DAYS * DAY_MS, end_ms), Frame.kind.in_(_ENDS))
        .where(PlateLegibilityRow.position == 0, PlateLegibilityRow.text != "")
        .where(PlateLegibilityRow.legibility == Legibility.CLEAR.value)
        .subquery()
    )
    # The latest of each camera: one lane's busy evening leaves the others theirs.
    rows = connection.execute(select(found).where(found.c.place <= LEARNT_FRAMES).order_by(found.c.place))
    cameras: defaultdict[tuple[int, str], list[Any]] = defaultdict(list)
    for row in rows:
        cameras[row.lane, row.kind].append(row)
    return cameras
