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
        rule: (N,) object, where the figure stands in the law, "" where there is none.

    """

    limit_kg: NDArray[np.int64]
    layout: NDArray[np.object_]
    open: NDArray[np.bool_]
    rule: NDArray[np.object_]


def gross_limits(axle_count: NDArray[np.int16], spacing_mm: NDArray[np.int64], rules: GrossMass) -> Limits:
    """Return the limits for axle counts (N,) and spacings (N, A - 1), 0 where unknown.

    Source: 62号令 art. 3 and 交公路发〔2016〕124号 annex, as the rule file's table has them.
    """
    places = max((len(row.spacings) for row in rules.limit), default=0)
    patterns = _patterns(axle_count, spacing_mm, rules, places)
    # Few patterns occur, so the table is looked up once for each and spread over the vehicles.
    found = np.flatnonzero(np.bincount(patterns))
    rows = [_limit(int(pattern), rules, places) for pattern in found]
    order = np.zeros(found.max(initial=0) + 1, dtype=np.intp)
    order[found] = np.arange(len(found))
    spread = order[patterns]
    return Limits(
        limit_kg=np.array([limit_kg for limit_kg, _, _, _ in rows], dtype=np.int64)[spread],
        layout=np.array([layout for _, layout, _, _ in rows], dtype=object)[spread],
        open=np.array([is_open for _, _, is_open, _ in rows], dtype=bool)[spread],
        rule=np.array([rule for _, _, _, rule in rows], dtype=object)[spread],
    )


def _patterns(
    axle_count: NDArray[np.int16], spacing_mm: NDArray[np.int64], rules: GrossMass, places: int
) -> NDArray[np.int64]:
    """Return axle count and the words of the first `places` spacings as one number each, (N,).

    Spacings further back stand in no row of the table.
    """
    most = max((row.axles for row in rules.limit), default=0) + 1
    axles = np.clip(axle_count.astype(np.int64), 0, most)
    patterns = axles
    for place in range(places):
        patterns = patterns * len(WORDS)
        if place < spacing_mm.shape[1]:
            column = spacing_mm[:, place]
            near, below_mm = (GROUP, rules.group_below_mm) if place else (STEER, rules.steer_below_mm)
            word = np.where(column < below_mm, near, WIDE)
            patterns += word * ((column > 0) & (axles > place + 1))
    return patterns


def _limit(pattern: int, rules: GrossMass, places: int) -> tuple[int, str, bool, str]:
    words: list[str] = []
    for _ in range(places):
        pattern, word = divmod(pattern, len(WORDS))
        words.insert(0, WORDS[word])
    axles, named = pattern, tuple(words[: max(pattern - 1, 0)])
    rows = [row for row in rules.limit if row.axles == axles or (row.or_more and axles > row.axles)]
    for row in rows:
        if not row.spacings or row.spacings == named:
            return row.limit_kg, "" if row.open else row.layout, row.open, row.citation
    if not rows:
        return 0, "", False, ""
    highest = max(rows, key=lambda row: row.limit_kg)
    return highest.limit_kg, "", True, highest.citation
