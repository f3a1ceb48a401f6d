"""A plate reader for tests of everything but reading: the frame's top left pixel names the plate."""

import io
import os
import signal
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.values.plates import PlateColour, PlateReading

UNREADABLE = 0


class FakeReader:
    """Reads plate 浙Z000nn from a frame whose pixels are nn, nothing where they are 0."""

    name = "fake"

    def read(self, image: NDArray[np.uint8]) -> list[PlateReading]:
        """Return at most one reading."""
        number = round(float(image.mean()))
        if number == UNREADABLE:
            return []
        return [
            PlateReading(
                text=f"浙Z{number:05d}",
                confidence=0.97,
                colour=PlateColour.YELLOW,
                rows=1,
                box=(1, 2, 30, 12),
                corners=((1.0, 2.0), (30.0, 2.0), (30.0, 12.0), (1.0, 12.0)),
                characters=(0.97,) * 7,
                reader=self.name,
            )
        ]


def fake_reader() -> FakeReader:
    """Return a reader; a module's function, so that a worker process can make its own."""
    return FakeReader()


def frame_bytes(number: int, size: Sequence[int] = (32, 24)) -> bytes:
    """Return a PNG that `FakeReader` reads as plate number `number`."""
    sink = io.BytesIO()
    Image.new("RGB", (size[0], size[1]), (number, number, number)).save(sink, "PNG")
    return sink.getvalue()


class Dying(FakeReader):
    """Takes its process with it on plate 13."""

    def read(self, image: NDArray[np.uint8]) -> list[PlateReading]:
        """Read, or die."""
        if round(float(image.mean())) == 13:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().read(image)
