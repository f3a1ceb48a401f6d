"""Hand-made batches of one lane for the gate's tests."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from models.values.passages import PassageBatch, no_text

HOUR_MS = 3_600_000
MakeBatch = Callable[..., PassageBatch]


@pytest.fixture
def make_batch() -> MakeBatch:
    """Return a maker of N trucks from rows of left wheels, right wheels and spacings."""

    def make(
        left: Sequence[Sequence[int]],
        right: Sequence[Sequence[int]],
        spacing: Sequence[Sequence[int]] | None = None,
        passed_at_ms: Sequence[int] | None = None,
    ) -> PassageBatch:
        n, axles = len(left), len(left[0])
        known, axle_kg = np.array(left), np.array(left) + np.array(right)
        axle_kg = np.where(known < 0, np.array(right), axle_kg)
        return PassageBatch(
            row=np.arange(1, n + 1),
            passed_at_ms=np.array(passed_at_ms or [HOUR_MS * (k + 1) for k in range(n)]),
            lane=np.ones(n, dtype=np.int16),
            axle_count=np.full(n, axles, dtype=np.int16),
            gross_kg=axle_kg.sum(axis=1),
            axle_kg=axle_kg,
            left_kg=known,
            spacing_mm=np.array(spacing or [[3500] + [1350] * (axles - 2)] * n),
            speed_kmh=np.full(n, 50.0),
            length_mm=np.full(n, -1, dtype=np.int64),
            serial=no_text(n),
            plate_front=no_text(n),
            plate_rear=no_text(n),
            plate_colour=no_text(n),
        )

    return make
