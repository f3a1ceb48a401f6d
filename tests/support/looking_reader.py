"""A plate reader for tests that also tells what can be seen: a frame of `HIDDEN` shows a covered plate."""

import numpy as np
from fake_reader import UNREADABLE, FakeReader
from numpy.typing import NDArray

from models.values.legibility import Legibility, PlateLegibility
from pipeline.plates.look import FrameLook

HIDDEN = UNREADABLE


class FakeLookingReader(FakeReader):
    """Reads as `FakeReader` does; what it reads is clear."""

    def look(self, image: NDArray[np.uint8], *, crop: bool = False) -> FrameLook:
        """Return at most one reading, and one word on what can be seen."""
        readings = () if crop else tuple(self.read(image))
        seen = PlateLegibility(
            legibility=Legibility.CLEAR if readings else Legibility.COVERED,
            probability=0.95,
            text=readings[0].text if readings else "",
            rows=1,
            box=(1, 2, 30, 12),
            corners=((1.0, 2.0), (30.0, 2.0), (30.0, 12.0), (1.0, 12.0)),
            visible=(1.0,) * 7,
            mask=(),
            judge="fake",
        )
        return FrameLook(readings=readings, legibilities=(seen,))


def looking_reader() -> FakeLookingReader:
    """Return a reader; a module's function, so that a worker process can make its own."""
    return FakeLookingReader()
