"""Bands and fines of N vehicles at once; each equals what `consequence` works out for it alone."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from models.values.money import FEN_PER_YUAN, Band
from pipeline.rules.consequences import KG_PER_TONNE, PERCENT
from pipeline.rules.consequences_tables import Penalty

BANDS = tuple(Band)
# Thresholds are whole percents of whole kilograms: hundredths of a kilogram hold them exactly.
UNIT = PERCENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Consequences:
    """What follows for N vehicles.

    Attributes:
        band: (N,) int8, place in `BANDS`.
        reached: (N,) int8, place of the ladder's step, -1 where none; `articles_of` names its articles.
        amount_fen: (N,) int64.

    """

    band: NDArray[np.int8]
    reached: NDArray[np.int8]
    amount_fen: NDArray[np.int64]


def consequences(
    limit_kg: NDArray[np.int64], decided_kg: NDArray[np.int64], penalty: Penalty
) -> Consequences:
    """Return bands and amounts for limits (N,) and decided masses (N,); a limit of 0 is undetermined."""
    limit = limit_kg.astype(np.int64)
    known = limit > 0
    excess = np.where(known, (decided_kg.astype(np.int64) - limit) * UNIT, 0)
    starts = [limit * rung.above_percent + rung.above_kg * UNIT for rung in penalty.step]
    reached = sum((excess > start).astype(np.int8) for start in starts) - np.ones(len(limit), dtype=np.int8)
    codes = np.array([BANDS.index(Band.NONE), *(BANDS.index(rung.band) for rung in penalty.step)], np.int8)
    band = np.where(known, codes[reached + 1], np.int8(BANDS.index(Band.UNDETERMINED)))
    return Consequences(
        band=band.astype(np.int8),
        reached=reached.astype(np.int8),
        amount_fen=np.minimum(_total_fen(excess, starts, penalty), penalty.cap_fen),
    )


def _total_fen(
    excess: NDArray[np.int64], starts: list[NDArray[np.int64]], penalty: Penalty
) -> NDArray[np.int64]:
    total = np.zeros(len(excess), dtype=np.int64)
    tonne = KG_PER_TONNE * UNIT
    ends = [*(following for _, following in pairwise(starts)), excess]
    for rung, start, end in zip(penalty.step, starts, ends, strict=True):
        if not rung.yuan_per_tonne:
            continue
        part = np.where(excess > start, np.minimum(excess, end) - (start if rung.of == "part" else 0), 0)
        if penalty.fraction.rule == "whole_tonnes":
            part = part // tonne * tonne
        total += part * (rung.yuan_per_tonne * FEN_PER_YUAN) // tonne
    return total
