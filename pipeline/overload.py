"""Judge overload: decided mass against the gross limit, for a batch of passages."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date

import numpy as np
from numpy.typing import NDArray

from models.values.findings import Doubt
from models.values.passages import PassageBatch
from models.values.timeline import local_days
from models.values.vehicles import VehicleFacts
from pipeline.rules.limits import gross_limits
from pipeline.rules.rule_sets import RuleSet, rule_set_on
from pipeline.rules.tolerance import PERCENT, Allowance, allowance
from stations.station import Station


@dataclass(frozen=True, slots=True, kw_only=True)
class Overload:
    """What the limits say of N passages; 0 kg where no rule or no figure holds.

    Attributes:
        rule_set: (N,) object, id of the rule set, "" where none holds on that day.
        layout: (N,) object, layout told from spacings or facts, "" where open.
        layout_open: (N,) bool.
        limit_kg: (N,) int64, with what the tolerance or the county adds to it.
        limit_rule: (N,) object, where the limit stands in the law.
        tolerance: (N,) object, how the measuring error was allowed for, in Chinese.
        decided_kg: (N,) int64, the measured mass less the tolerance.
        excess_kg: (N,) int64, decided mass above the limit, 0 at or below it.
        doubts: (N,) object, tuples of what is unknown and could change the limit.

    """

    rule_set: NDArray[np.object_]
    layout: NDArray[np.object_]
    layout_open: NDArray[np.bool_]
    limit_kg: NDArray[np.int64]
    limit_rule: NDArray[np.object_]
    tolerance: NDArray[np.object_]
    decided_kg: NDArray[np.int64]
    excess_kg: NDArray[np.int64]
    doubts: NDArray[np.object_]

    def take(self, index: NDArray[np.intp] | NDArray[np.bool_]) -> "Overload":
        """Return the passages at `index`."""
        return Overload(**{field.name: getattr(self, field.name)[index] for field in fields(self)})


def judge_overload(
    batch: PassageBatch,
    station: Station,
    sets: tuple[RuleSet, ...],
    facts: Sequence[VehicleFacts] = (),
) -> Overload:
    """Judge N passages of one station; the station's province and the passage's day choose the rules.

    `facts` holds what is known of each vehicle besides, N or none.
    """
    count = len(batch)
    days, which = local_days(batch.passed_at_ms, station.zone)
    laws = [rule_set_on(station.province, day, sets) for day in days]
    allowed = [
        allowance_on(station, day, law) if law else Allowance() for day, law in zip(days, laws, strict=True)
    ]
    result = Overload(
        rule_set=np.array([law.id if law else "" for law in laws], dtype=object)[which],
        layout=np.full(count, "", dtype=object),
        layout_open=np.zeros(count, dtype=bool),
        limit_kg=np.zeros(count, dtype=np.int64),
        limit_rule=np.full(count, "", dtype=object),
        tolerance=np.array([one.words for one in allowed], dtype=object)[which],
        decided_kg=np.zeros(count, dtype=np.int64),
        excess_kg=np.zeros(count, dtype=np.int64),
        doubts=np.empty(count, dtype=object),
    )
    result.doubts.fill(())
    # Told apart by the law's id: what it holds is much to compare.
    terms = [(law.id if law else "", one) for law, one in zip(laws, allowed, strict=True)]
    distinct = list(dict.fromkeys(terms))
    term = np.array([distinct.index(one) for one in terms], dtype=np.intp)[which]
    for number, one in enumerate(distinct):
        # Most batches fall under one law and one certificate: those are judged without copying rows.
        index = np.flatnonzero(term == number) if len(distinct) > 1 else slice(None)
        if law := laws[terms.index(one)]:
            _judge(batch, index, law, one[1], facts, result)
    return result


def allowance_on(station: Station, day: date, rules: RuleSet) -> Allowance:
    """Return what is allowed for at a station on a day: measuring error, county's factor, entrance."""
    certificate = station.certificate_on(day)
    entrance = rules.gross_mass.expressway_entrance
    at_entrance = station.place == "expressway_entrance" and day >= entrance.valid_from
    return allowance(
        rules.tolerance,
        # Without a valid certificate a record opens no case.
        certificate.mpe_percent if certificate else 0,
        factor=rules.factor_on(station.county, day),
        ignored_percent=entrance.percent_of_limit if at_entrance else PERCENT,
    )


def _judge(
    batch: PassageBatch,
    index: NDArray[np.intp] | slice,
    rules: RuleSet,
    allowed: Allowance,
    facts: Sequence[VehicleFacts],
    result: Overload,
) -> None:
    known = [facts[place] for place in np.arange(len(batch))[index].tolist()] if facts else ()
    limits = gross_limits(
        batch.axle_count[index], batch.spacing_mm[index], rules.gross_mass, known, allowed.raised
    )
    decided = allowed.decided_kg(batch.gross_kg[index])
    too_long = batch.length_mm[index] > rules.dimensions.limit.length_mm
    result.layout[index] = limits.layout
    result.layout_open[index] = limits.open
    result.limit_kg[index] = limits.limit_kg
    result.limit_rule[index] = limits.rule
    result.decided_kg[index] = decided
    result.excess_kg[index] = allowed.excess_kg(decided, limits.limit_kg)
    result.doubts[index] = _with_length(limits.doubts, too_long)


def _with_length(doubts: NDArray[np.object_], too_long: NDArray[np.bool_]) -> NDArray[np.object_]:
    """Return the doubts (N,), with that of its length for each vehicle that seems too long."""
    for place in np.flatnonzero(too_long).tolist():
        doubts[place] = (*doubts[place], Doubt.LENGTH_OVER)
    return doubts
