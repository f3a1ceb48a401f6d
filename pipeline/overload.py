"""Judge overload: decided mass against the gross limit, for a batch of passages."""

from dataclasses import dataclass, fields
from datetime import date
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from models.values.passages import PassageBatch
from models.values.timeline import local_days
from pipeline.rules.limits import gross_limits
from pipeline.rules.rule_sets import RuleSet, rule_set_on
from stations.station import Station


@dataclass(frozen=True, slots=True, kw_only=True)
class Overload:
    """What the limits say of N passages; 0 kg where no rule or no certificate holds.

    Attributes:
        rule_set: (N,) object, id of the rule set, "" where none holds on that day.
        layout: (N,) object, layout told from the spacings, "" where open.
        layout_open: (N,) bool.
        limit_kg: (N,) int64.
        limit_rule: (N,) object, where the limit stands in the law.
        decided_kg: (N,) int64, the measured mass less the tolerance.
        excess_kg: (N,) int64, decided mass above the limit, 0 at or below it.

    """

    rule_set: NDArray[np.object_]
    layout: NDArray[np.object_]
    layout_open: NDArray[np.bool_]
    limit_kg: NDArray[np.int64]
    limit_rule: NDArray[np.object_]
    decided_kg: NDArray[np.int64]
    excess_kg: NDArray[np.int64]

    def take(self, index: NDArray[np.intp] | NDArray[np.bool_]) -> "Overload":
        """Return the passages at `index`."""
        return Overload(**{field.name: getattr(self, field.name)[index] for field in fields(self)})


def decided_kg(gross_kg: NDArray[np.int64], mpe_percent: float) -> NDArray[np.int64]:
    """Return floor(gross x (1 - mpe)) in whole kg, computed in integers so that no rounding decides."""
    # The percentage as it was declared, not its nearest binary fraction.
    kept = 1 - Fraction(str(mpe_percent)) / 100
    return gross_kg * kept.numerator // kept.denominator


def judge_overload(batch: PassageBatch, station: Station, sets: tuple[RuleSet, ...]) -> Overload:
    """Judge N passages of one station; the station's province and the passage's day choose the rules."""
    count = len(batch)
    days, which = local_days(batch.passed_at_ms, station.zone)
    terms = [_terms(station, day, sets) for day in days]
    result = Overload(
        rule_set=np.array([rules.id if rules else "" for rules, _ in terms], dtype=object)[which],
        layout=np.full(count, "", dtype=object),
        layout_open=np.zeros(count, dtype=bool),
        limit_kg=np.zeros(count, dtype=np.int64),
        limit_rule=np.full(count, "", dtype=object),
        decided_kg=np.zeros(count, dtype=np.int64),
        excess_kg=np.zeros(count, dtype=np.int64),
    )
    distinct = list(dict.fromkeys(terms))
    term = np.array([distinct.index(one) for one in terms], dtype=np.intp)[which]
    for number, (rules, deducted_percent) in enumerate(distinct):
        if rules is not None:
            # Most batches fall under one law and one certificate: those are judged without copying rows.
            index = np.flatnonzero(term == number) if len(distinct) > 1 else slice(None)
            _judge(batch, index, rules, deducted_percent, result)
    return result


def _terms(station: Station, day: date, sets: tuple[RuleSet, ...]) -> tuple[RuleSet | None, float]:
    """Return the rules of that day and the percentage to deduct under them."""
    rules, certificate = rule_set_on(station.province, day, sets), station.certificate_on(day)
    deducts = rules is not None and rules.tolerance.mode != "none" and certificate is not None
    return rules, certificate.mpe_percent if deducts and certificate else 0


def _judge(
    batch: PassageBatch,
    index: NDArray[np.intp] | slice,
    rules: RuleSet,
    deducted_percent: float,
    result: Overload,
) -> None:
    limits = gross_limits(batch.axle_count[index], batch.spacing_mm[index], rules.gross_mass)
    decided = decided_kg(batch.gross_kg[index], deducted_percent)
    result.layout[index] = limits.layout
    result.layout_open[index] = limits.open
    result.limit_kg[index] = limits.limit_kg
    result.limit_rule[index] = limits.rule
    result.decided_kg[index] = decided
    result.excess_kg[index] = np.where(limits.limit_kg > 0, np.maximum(decided - limits.limit_kg, 0), 0)
