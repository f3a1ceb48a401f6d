"""Gross-mass limits from axle count, spacings and what is known besides, for N vehicles at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.values.findings import Doubt
from models.values.vehicles import NOTHING_KNOWN, Layout, VehicleFacts
from pipeline.rules.axle_loads import axle_load_sum_kg
from pipeline.rules.limits_tables import TRAIN, GrossLimit, GrossMass

# An axle that is steered and one that is driven are never among those that single tyres lower.
STEERED_AND_DRIVEN = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """The limit of one vehicle.

    Attributes:
        limit_kg: 0 where there is no figure and a person decides.
        layout: the layout that the figure is for, "" where open.
        open: the spacings leave the layout undecided.
        rule: where the figure stands in the law, "" where there is none.
        doubts: what is unknown and could change the figure.

    """

    limit_kg: int
    layout: str
    open: bool
    rule: str
    doubts: tuple[Doubt, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits of N vehicles; fields as in `Limit`.

    Attributes:
        limit_kg: (N,) int64.
        layout: (N,) object.
        open: (N,) bool.
        rule: (N,) object.
        doubts: (N,) object, tuples.

    """

    limit_kg: NDArray[np.int64]
    layout: NDArray[np.object_]
    open: NDArray[np.bool_]
    rule: NDArray[np.object_]
    doubts: NDArray[np.object_]


def gross_limits(
    axle_count: NDArray[np.int16],
    spacing_mm: NDArray[np.int64],
    rules: GrossMass,
    facts: Sequence[VehicleFacts] = (),
    raised: Fraction = Fraction(1),
) -> Limits:
    """Return the limits for axle counts (N,), spacings (N, A - 1), 0 where unknown, and facts, N or none.

    `raised` multiplies every figure, rounded up to whole kilograms.
    Source: 62号令 art. 3, 交公路发〔2016〕124号 annex and GB 1589-2016, as the rule file has them.
    """
    # Few patterns occur, so the law is asked once for each and the answer spread over the vehicles.
    patterns, which = _patterns(axle_count, spacing_mm, rules, facts)
    found = [gross_limit(axles, spacings, rules, known) for known, axles, spacings in patterns]

    by = f"; × {float(raised):g}" if raised != 1 else ""

    def spread(values: list[Any], dtype: type) -> NDArray[Any]:
        # Filled one by one: a list of tuples would become a table.
        column: NDArray[Any] = np.empty(len(values), dtype=dtype)
        for place, value in enumerate(values):
            column[place] = value
        return column[which]

    return Limits(
        limit_kg=spread([ceil(one.limit_kg * raised) for one in found], np.int64),
        layout=spread([one.layout for one in found], object),
        open=spread([one.open for one in found], np.bool_),
        rule=spread([f"{one.rule}{by}" if one.rule else "" for one in found], object),
        doubts=spread([one.doubts for one in found], object),
    )


def gross_limit(
    axles: int, spacing_mm: tuple[int, ...], rules: GrossMass, facts: VehicleFacts = NOTHING_KNOWN
) -> Limit:
    """Return the limit of one vehicle with spacings front to rear, 0 where unknown.

    What is unknown counts as the law is mildest, but for air suspension, whose bonus has to be known.
    """
    exempt = next((one for one in rules.exempt if one.kind is facts.kind), None)
    if exempt:
        return Limit(limit_kg=0, layout="", open=False, rule=exempt.citation, doubts=(Doubt.NO_LIMIT,))
    layouts = (facts.layout,) if facts.layout else (Layout.RIGID, TRAIN)
    rows = rules.rows(axles, layouts)
    if not rows:
        nothing = (Doubt.NO_LIMIT,) * (facts.layout is not None)
        return Limit(limit_kg=0, layout="", open=False, rule="", doubts=nothing)
    words = rules.spacing.words(spacing_mm)
    fitting = [row for row in rows if row.spacings in {(), words}]
    row = next((row for row in fitting if _holds(row, facts)), None)
    layout, is_open = ("", True) if row is None or row.open else (str(row.layout), False)
    if facts.layout:
        layout, is_open = facts.layout.value, False
    row = row or max((one for one in rows if _holds(one, facts)), key=lambda one: one.limit_kg)
    limit_kg, rule = _lowered(row, axles, spacing_mm, rules, facts)
    doubts = (Doubt.LAYOUT_OPEN,) * is_open + _unknown(fitting or rows, axles, rules, facts)
    return Limit(limit_kg=limit_kg, layout=layout, open=is_open, rule=rule, doubts=doubts)


def _holds(row: GrossLimit, facts: VehicleFacts) -> bool:
    """Tell whether a row's conditions are known to hold."""
    return row.drive_axles in {None, facts.drive_axles} and (
        not row.air_suspension or facts.air_suspension is True
    )


def _lowered(
    row: GrossLimit, axles: int, spacing_mm: tuple[int, ...], rules: GrossMass, facts: VehicleFacts
) -> tuple[int, str]:
    """Return a row's figure after what lowers it, and where that stands in the law."""
    limit_kg, rule = row.limit_kg, row.citation
    if (single := _single_tyre_axles(axles, facts)) and facts.wide_tyres is False:
        limit_kg -= single * rules.single_tyres.reduction_kg
        rule = f"{rule}; {single} × {rules.single_tyres.citation}"
    carried_kg = axle_load_sum_kg(spacing_mm, rules, facts)
    if carried_kg is not None and carried_kg < limit_kg:
        limit_kg, rule = carried_kg, f"62号令 art. 3 para. 2: sum of the axle loads of GB 1589-2016; {rule}"
    for one in _by_licence(axles, rules, facts):
        if facts.registered_gross_kg is not None and facts.registered_gross_kg < limit_kg:
            limit_kg, rule = facts.registered_gross_kg, one
    return limit_kg, rule


def _single_tyre_axles(axles: int, facts: VehicleFacts) -> int:
    """Return how many axles lower the limit, 0 where more are stated than there can be."""
    stated = facts.single_tyre_axles or 0
    return stated if stated <= axles - STEERED_AND_DRIVEN else 0


def _by_licence(axles: int, rules: GrossMass, facts: VehicleFacts) -> list[str]:
    return [
        one.citation
        for one in rules.registered
        if one.axles == axles or (one.kind is not None and one.kind is facts.kind)
    ]


def _unknown(rows: list[GrossLimit], axles: int, rules: GrossMass, facts: VehicleFacts) -> tuple[Doubt, ...]:
    """Return which unknown facts could change the figure."""
    grouped = axles > STEERED_AND_DRIVEN
    tyres = facts.single_tyre_axles is None or (facts.single_tyre_axles > 0 and facts.wide_tyres is None)
    stated = facts.single_tyre_axles or 0
    asked = {
        Doubt.DRIVE_AXLES_UNKNOWN: facts.drive_axles is None and any(row.drive_axles for row in rows),
        Doubt.SUSPENSION_UNKNOWN: facts.air_suspension is None and any(row.air_suspension for row in rows),
        Doubt.TYRES_UNKNOWN: grouped and tyres,
        Doubt.FACTS_DISAGREE: stated > max(axles - STEERED_AND_DRIVEN, 0),
        Doubt.LICENCE_UNKNOWN: facts.registered_gross_kg is None and bool(_by_licence(axles, rules, facts)),
    }
    return tuple(doubt for doubt, holds in asked.items() if holds)


Pattern = tuple[VehicleFacts, int, tuple[int, ...]]


def _patterns(
    axle_count: NDArray[np.int16],
    spacing_mm: NDArray[np.int64],
    rules: GrossMass,
    facts: Sequence[VehicleFacts],
) -> tuple[list[Pattern], NDArray[np.int64]]:
    """Return the distinct vehicles as the law sees them, and which of them each vehicle is, (N,).

    A spacing is told by the edge at or below it; those beyond the last axle are left out.
    """
    edges, classes = _classes(rules)
    # What has more axles than that is the same to the law: its spacings are unknown in part.
    most = max(spacing_mm.shape[1], *(row.axles for row in rules.limit)) + 2
    known = list(dict.fromkeys(facts)) or [NOTHING_KNOWN]
    patterns: list[Pattern] = [(fact, count, ()) for fact in known for count in range(most + 1)]
    axles = np.clip(axle_count.astype(np.int64), 0, most)
    number = {fact: place for place, fact in enumerate(known)}
    which = axles
    if facts:
        which = axles + (most + 1) * np.array([number[fact] for fact in facts], dtype=np.int64)
    for place in range(spacing_mm.shape[1]):
        which = which * len(edges) + classes[np.clip(spacing_mm[:, place], 0, edges[-1])]
        found = np.flatnonzero(np.bincount(which))
        patterns = [
            (fact, count, (*spacings, edges[code % len(edges)]) if count > place + 1 else spacings)
            for code in found.tolist()
            for fact, count, spacings in [patterns[code // len(edges)]]
        ]
        order = np.zeros(found.max(initial=0) + 1, dtype=np.int64)
        order[found] = np.arange(len(found))
        which = order[which]
    # Spacings that the records have no column for are unknown.
    return [
        (fact, count, (*spacings, *[0] * (count - 1 - len(spacings)))) for fact, count, spacings in patterns
    ], which


def _classes(rules: GrossMass) -> tuple[list[int], NDArray[np.int64]]:
    """Return the edges, and for each millimetre up to the last one the number of the edge at or below it.

    Looking a spacing up takes a fraction of searching for it.
    """
    edges = [0, *rules.edges_mm()]
    return edges, np.searchsorted(edges, np.arange(edges[-1] + 1), side="right") - 1
