"""Gross-mass limits from axle count and spacings, for N vehicles at once."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.rules.rule_sets import GrossMass

WORDS = ("", "steer", "group", "wide")
UNKNOWN, STEER, GROUP, WIDE = range(4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits of N vehicles.

    Attributes:
        limit_kg: (N,) int64, 0 where there is no figure (fewer than two axles).
        layout: (N,) object, the layout that the figure is for, "" where open.
        open: (N,) bool, the spacings leave the layout undecided.

    """

    limit_kg: NDArray[np.int64]
    layout: NDArray[np.object_]
    open: NDArray[np.bool_]


def gross_limits(axle_count: NDArray[np.int16], spacing_mm: NDArray[np.int64], rules: GrossMass) -> Limits:
    """Return the limits for axle counts (N,) and spacings (N, A - 1), 0 where unknown.

    Source: 62号令 art. 3 and 交公路发〔2016〕124号 annex, as the rule file's table has them.
    """
    words = _spacing_words(axle_count, spacing_mm, rules)
    patterns = np.concatenate([axle_count[:, None].astype(np.int64), words], axis=1)
    # Few patterns occur, so the table is looked up once for each and spread over the vehicles.
    distinct, inverse = np.unique(patterns, axis=0, return_inverse=True)
    rows = [_limit(int(pattern[0]), pattern[1:], rules) for pattern in distinct]
    spread = inverse.reshape(-1)
    return Limits(
        limit_kg=np.array([limit_kg for limit_kg, _, _ in rows], dtype=np.int64)[spread],
        layout=np.array([layout for _, layout, _ in rows], dtype=object)[spread],
        open=np.array([is_open for _, _, is_open in rows], dtype=bool)[spread],
    )


def _spacing_words(
    axle_count: NDArray[np.int16], spacing_mm: NDArray[np.int64], rules: GrossMass
) -> NDArray[np.int64]:
    words = np.where(spacing_mm < rules.group_below_mm, GROUP, WIDE)
    if words.shape[1]:
        words[:, 0] = np.where(spacing_mm[:, 0] < rules.steer_below_mm, STEER, WIDE)
    within = np.arange(words.shape[1]) < axle_count[:, None] - 1
    return np.where((spacing_mm > 0) & within, words, UNKNOWN)


def _limit(axles: int, words: NDArray[np.int64], rules: GrossMass) -> tuple[int, str, bool]:
    rows = [row for row in rules.limit if row.axles == axles or (row.or_more and axles > row.axles)]
    named = tuple(WORDS[word] for word in words[: axles - 1])
    for row in rows:
        if not row.spacings or row.spacings == named:
            return row.limit_kg, "" if row.open else row.layout, row.open
    return max((row.limit_kg for row in rows), default=0), "", bool(rows)
