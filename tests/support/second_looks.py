"""Frames that a second look is needed for, who reads them, and what was said of them."""

import io
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

import numpy as np
from fake_reader import FakeReader
from hs_file import hs_row, write_hs
from nights import Night
from numpy.typing import NDArray
from PIL import Image
from sqlalchemy import select

from models.legibility_tables import PlateLegibilityRow
from models.tables import Finding
from models.values.findings import FindingKind
from models.values.legibility import CameraCause, Legibility, PlateLegibility
from pipeline.plates.look import FrameLook
from pipeline.plates.second import Located
from pipeline.plates.second_look import second_judge

ABSENT, TURNED, NEIGHBOURS, WIDE, HIGH = 0, 30, 40, 320, 240
BOX = (100, 100, 180, 126)


class CornerReader(FakeReader):
    """Reads the plate that the corner's pixel names; of others it doesn't know what they are."""

    def look(self, image: NDArray[np.uint8], *, crop: bool = False) -> FrameLook:
        number = int(image[0, 0, 0])
        readings = () if crop else tuple(super().read(np.full((2, 2, 3), number, dtype=np.uint8)))
        seen = PlateLegibility(
            legibility=Legibility.CLEAR if readings else Legibility.DOUBTFUL,
            probability=0.95,
            text=readings[0].text if readings else "",
            rows=1 if readings else 0,
            box=BOX,
            corners=((0.0, 0.0),) * 4,
            visible=(),
            mask=(),
            judge="fake",
        )
        return FrameLook(readings=readings, legibilities=(seen,))


class MakeLooking(Protocol):
    """Makes nights that look again."""

    def __call__(self, reader: Callable[[], CornerReader] = ..., chunk_size: int = 50, /) -> Night: ...


class Blind:
    """Sees no plate anywhere, and counts how often it was asked."""

    asked = 0

    def locate(self, image: NDArray[np.uint8], longest_side_px: int, least_score: float) -> list[Located]:
        del image, longest_side_px, least_score
        self.asked += 1
        return []


class TurnedReader(CornerReader):
    """Sees the plates from number 30 on elsewhere: the camera was turned."""

    def look(self, image: NDArray[np.uint8], *, crop: bool = False) -> FrameLook:
        seen = super().look(image, crop=crop)
        moved = replace(seen.legibilities[0], box=(200, 20, 280, 46))
        return replace(seen, legibilities=(moved,)) if image[0, 0, 0] >= TURNED else seen


class NeighboursReader(CornerReader):
    """Reads, in the frames of number 40, a plate that stands a lane further."""

    def look(self, image: NDArray[np.uint8], *, crop: bool = False) -> FrameLook:
        seen = super().look(image, crop=crop)
        moved = replace(seen.legibilities[0], box=(1000, 100, 1080, 126))
        return replace(seen, legibilities=(moved,)) if image[0, 0, 0] == NEIGHBOURS else seen


class EdgeReader(CornerReader):
    """Calls what it can't read cut off by the frame's edge."""

    def look(self, image: NDArray[np.uint8], *, crop: bool = False) -> FrameLook:
        seen = super().look(image, crop=crop)
        cut, cause = Legibility.CAMERA, CameraCause.OUT_OF_FRAME
        unread = replace(seen.legibilities[0], legibility=cut, cause=cause)
        return seen if seen.readings else replace(seen, legibilities=(unread,))


def edge_reader() -> EdgeReader:
    return EdgeReader()


def neighbours_reader() -> NeighboursReader:
    return NeighboursReader()


def turned_reader() -> TurnedReader:
    return TurnedReader()


def corner_reader() -> CornerReader:
    return CornerReader()


def frame(number: int, *, blurred: bool = False) -> bytes:
    """Return a frame full of edges whose corner names its plate."""
    rng = np.random.default_rng(number)
    pixels = np.kron(rng.integers(20, 220, (30, 40, 1)), np.ones((8, 8, 3))).astype(np.uint8)
    if blurred:
        ramp = np.linspace(20, 220, WIDE)[None, :, None]
        pixels = np.broadcast_to(ramp, pixels.shape).astype(np.uint8).copy()
    pixels[:2, :2] = number
    sink = io.BytesIO()
    Image.fromarray(pixels).save(sink, "PNG")
    return sink.getvalue()


def trucks(
    night: Night,
    *plates: int,
    blurred: int | None = None,
    hour: int = 1,
    within: frozenset[int] = frozenset(),
) -> None:
    """Let trucks cross a minute apart, each with a frame of its front and of its rear.

    All are overloaded but those of the minutes `within` their limits.
    """
    rows = []
    for minute, plate in enumerate(plates):
        rows.append(
            hs_row(f"2026-06-18 {hour:02d}:{minute:02d}:00.000", 20_000 if minute in within else 62_000)
        )
        for number, kind in enumerate(("front", "rear")):
            name = f"20260618T{hour:02d}{minute:02d}00.{4 + number}00_L1_{kind}.png"
            content = frame(plate, blurred=minute == blurred)
            (night.inbox / name).write_bytes(content + bytes([minute, number]))
    write_hs(night.inbox / f"{hour}.csv", rows)


def words(night: Night) -> list[str]:
    """Return what was said of frames beyond the first look."""
    with night.database.read() as connection:
        query = select(PlateLegibilityRow.legibility).where(PlateLegibilityRow.judge == second_judge())
        return list(connection.scalars(query))


def flagged(night: Night) -> int:
    with night.database.read() as connection:
        query = select(Finding.id).where(Finding.kind == FindingKind.PLATE_OBSCURED.value)
        return len(connection.scalars(query).all())
