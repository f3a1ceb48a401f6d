"""Fleets of made trucks for re-identification."""

from typing import Any

import numpy as np
from driven import trucks

from models.values.passages import PassageBatch
from pipeline.reidentify.fleet import Fleet, Unread

HOUR_S = 3600.0


def fleet(batch: PassageBatch, plates: list[str], **columns: Any) -> Fleet:  # noqa: ANN401 (columns)
    """Return a fleet at station a; `columns` replaces station or colour."""
    count = len(plates)
    plain = {"station": np.full(count, "a", dtype=object), "colour": np.full(count, "", dtype=object)}
    given = {name: np.array(value, dtype=object) for name, value in columns.items()}
    return Fleet(batch=batch, ids=np.arange(count) + 1, plate=np.array(plates, dtype=object), **plain | given)


def others(count: int, seed: int = 1) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return spacings (count, 3) and axle loads (count, 4) of trucks that differ."""
    rng = np.random.default_rng(seed)
    spacing = np.stack(
        [rng.integers(1800, 2100, count), rng.integers(3800, 5200, count), rng.integers(1320, 1380, count)],
        axis=1,
    )
    loads = (
        rng.uniform(2.5, 9, count)[:, None]
        * np.array([700, 750, 1000, 980])
        * rng.normal(1, 0.05, (count, 4))
    )
    return spacing, np.rint(loads).astype(np.int64)


def unread(hours: float, spacing: Any, loads: Any, station: str = "b", **more: Any) -> Unread:  # noqa: ANN401
    """Return an unread truck so many hours after noon."""
    loads = np.asarray(loads)[None]
    batch = trucks(
        [hours * HOUR_S], spacing_mm=np.asarray(spacing)[None], axle_kg=loads, gross_kg=loads.sum(axis=1)
    )
    return Unread(batch=batch, station=station, **more)
