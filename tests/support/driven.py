"""Batches of made trucks with what a device states of their driving."""

from dataclasses import replace
from typing import Any

import numpy as np

from models.values.driving import nothing_stated
from models.values.passages import PassageBatch, no_text
from pipeline.evasion.scene import Scene, scene_of
from pipeline.rules.manoeuvres import manoeuvre_rules

SPACINGS = (1900, 4500, 1350)
NOON_MS = 1_781_712_000_000


def trucks(times_s: list[float], **columns: Any) -> PassageBatch:  # noqa: ANN401 (columns of a batch)
    """Return four-axle trucks of 20 t at these seconds after noon; `columns` replaces what is plain."""
    count = len(times_s)
    axle_kg = np.full((count, 4), 5000)
    plain = PassageBatch(
        row=np.arange(1, count + 1),
        passed_at_ms=NOON_MS + np.round(1000 * np.array(times_s)).astype(np.int64),
        lane=np.ones(count, dtype=np.int16),
        axle_count=np.full(count, 4, dtype=np.int16),
        gross_kg=np.full(count, 20_000),
        axle_kg=axle_kg,
        left_kg=np.full_like(axle_kg, 2510),
        spacing_mm=np.array([SPACINGS] * count, dtype=np.int64).reshape(-1, 3),
        speed_kmh=np.full(count, 60.0),
        length_mm=np.full(count, 10_000),
        serial=no_text(count),
        plate_front=no_text(count),
        plate_rear=no_text(count),
        plate_colour=no_text(count),
    )
    given = {name: np.asarray(value, dtype=getattr(plain, name).dtype) for name, value in columns.items()}
    return replace(plain, **given)


def scene(batch: PassageBatch, least_kmh: float = 0.5, **driving: Any) -> Scene:  # noqa: ANN401 (columns)
    """Return the scene of a batch whose device states these columns of `Driving`."""
    nothing = nothing_stated(len(batch), 4)
    given = {name: np.asarray(value, dtype=getattr(nothing, name).dtype) for name, value in driving.items()}
    return scene_of(
        batch,
        replace(nothing, **given),
        manoeuvre_rules(),
        lane_width_mm=3750,
        least_kmh=np.full(len(batch), least_kmh),
    )
