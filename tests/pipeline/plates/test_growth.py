"""A reader that works all night must not grow: neither threads nor memory over 10,000 frames."""

import threading

import numpy as np
import psutil
import pytest

from models.values.plates import PlateColour
from pipeline.plates.read import PlateReader
from stations.roadside.plate import draw_plate

WARM, FRAMES = 500, 10_000
MOST_GROWTH_BYTES = 32 << 20


@pytest.mark.exhaustive
@pytest.mark.timeout(3600)
def test_ten_thousand_frames_leave_nothing_behind(reader: PlateReader) -> None:
    rng = np.random.default_rng(1)
    plate = draw_plate("浙F82365", PlateColour.BLUE, 1)[::4, ::4]
    process = psutil.Process()
    threads = memory = read = 0
    for number in range(FRAMES):
        # Sizes differ, as those of cameras do: an engine that keeps a buffer for each would grow.
        height, width = int(rng.integers(60, 180)), int(rng.integers(140, 240))
        frame = rng.integers(60, 140, (height, width, 3)).astype(np.uint8)
        if number % 10 == 0:
            frame[10 : 10 + plate.shape[0], 10 : 10 + plate.shape[1]] = plate
        read += bool(reader.read(frame))
        if number == WARM:
            threads, memory = process.num_threads(), process.memory_info().rss
    assert read > 0
    assert process.num_threads() <= threads
    assert threading.active_count() < threads + 1
    assert process.memory_info().rss - memory < MOST_GROWTH_BYTES
