"""Keep what look-ups came to: appended where something changed, with the second limit beside the first."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import Connection, func, insert, select

from models import audit, leases
from models.passage_rows import from_rows, select_passages
from models.registry_tables import CaseLookup, RegisteredJudgement, RegistryAnswer
from models.tables import Finding, Passage
from models.values.lookups import LookupState
from models.values.office import PROGRAM, Action
from models.values.vehicles import NOTHING_KNOWN, VehicleFacts
from models.vault import Vault
from pipeline.overload import judge_overload
from pipeline.registries.asking import Outcome
from pipeline.registries.decide import Decision
from pipeline.registries.facts import vehicle_facts
from pipeline.registries.kept import answer_row
from pipeline.registries.pending import PendingCase
from pipeline.rules.rule_sets import rule_sets

_COMPARED = ("state", "reason", "read_plate", "plate", "doubts", "tried", "permits", "fit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A case with its decision and the ids of the kept answers it rests on, by role.

    `near_miss` is the answer about a near miss that stands: only now it may be kept.
    """

    case: PendingCase
    decision: Decision
    answers: dict[str, int] = field(default_factory=dict)
    near_miss: Outcome | None = None


def save_lookups(connection: Connection, vault: Vault, settled: Sequence[Settled], *, asked_by: str) -> None:
    """Append a look-up for each case whose last one said otherwise, and judge its passages again."""
    before = _latest(connection, [one.case.case_id for one in settled])
    now_ms = leases.now_ms(connection)
    known: dict[int, Settled] = {}
    for one in settled:
        row = _row(one, asked_by) | {"looked_up_at": now_ms}
        last = before.get(one.case.case_id)
        if last is not None and all(getattr(last, name) == row[name] for name in _COMPARED):
            continue
        if one.near_miss is not None:
            made = insert(RegistryAnswer).values(answer_row(vault, one.near_miss))
            one.answers["vehicle"] = connection.execute(made.returning(RegistryAnswer.id)).scalar_one()
        row |= {
            "vehicle_answer_id": one.answers.get("vehicle"),
            "trailer_answer_id": one.answers.get("trailer"),
            "permit_answer_id": one.answers.get("permits"),
        }
        lookup_id = connection.execute(insert(CaseLookup).values(row).returning(CaseLookup.id)).scalar_one()
        if one.decision.state in {LookupState.IDENTIFIED, LookupState.PERMITTED}:
            known[lookup_id] = one
        if one.case.corrected:
            detail = {"before": _told(last), "after": _told(row)}
            audit.append(connection, PROGRAM, Action.LOOKED_UP, one.case.number, at_ms=now_ms, detail=detail)
    _judge_again(connection, known)


def _told(lookup: Any) -> dict[str, str]:  # noqa: ANN401 (a row, or what becomes one)
    """Return what the audit log tells of a look-up; who owns the vehicle stays out of it."""
    if lookup is None:
        return {}
    values = lookup if isinstance(lookup, dict) else lookup._mapping  # noqa: SLF001 (public in SQLAlchemy)
    return {name: values[name] for name in ("read_plate", "plate", "state", "reason")}


def _latest(connection: Connection, case_ids: Sequence[int]) -> dict[int, Any]:
    newest = (
        select(func.max(CaseLookup.id)).where(CaseLookup.case_id.in_(case_ids)).group_by(CaseLookup.case_id)
    )
    rows = connection.execute(select(CaseLookup).where(CaseLookup.id.in_(newest)))
    return {row.case_id: row for row in rows}


def _row(one: Settled, asked_by: str) -> dict[str, Any]:
    decision = one.decision
    fit = decision.fit
    return {
        "case_id": one.case.case_id,
        "passage_id": one.case.passage_id,
        "asked_by": asked_by,
        "state": decision.state.value,
        "reason": decision.reason,
        "read_plate": one.case.reading.plate.text,
        "plate": decision.plate.text if decision.vehicle else "",
        "colour": decision.plate.colour.value,
        "trailer_plate": one.case.trailer if decision.trailer else "",
        "probability": decision.probability,
        "fit": json.dumps(fit.checks if fit else {}),
        "doubts": " ".join(decision.doubts),
        "tried": json.dumps([asdict(tried) for tried in decision.tried], ensure_ascii=False),
        "permits": json.dumps([asdict(permit) for permit in decision.permits], ensure_ascii=False),
    }


def _judge_again(connection: Connection, known: dict[int, Settled]) -> None:
    """Judge every passage of the cases, by look-up, with what the registries know of their vehicles."""
    by_case = {one.case.case_id: lookup_id for lookup_id, one in known.items()}
    of_passage = select(Finding.passage_id, Finding.case_id).where(Finding.case_id.in_(by_case)).distinct()
    lookup_of = {row.passage_id: by_case[row.case_id] for row in connection.execute(of_passage)}
    stations = {one.case.station.id: one.case.station for one in known.values()}
    for station in stations.values():
        here = [
            passage_id for passage_id, number in lookup_of.items() if known[number].case.station == station
        ]
        rows = connection.execute(select_passages().where(Passage.id.in_(here)).order_by(Passage.id)).all()
        ids, batch = from_rows(rows)
        lookups = [lookup_of[passage_id] for passage_id in ids.tolist()]
        facts = [
            _facts(known[number].decision, int(axles))
            for number, axles in zip(lookups, batch.axle_count, strict=True)
        ]
        overload = judge_overload(batch, station, rule_sets(), facts)
        again = [
            {
                "lookup_id": lookups[place],
                "passage_id": passage_id,
                "rule_set": overload.rule_set[place],
                "layout": overload.layout[place],
                "limit_kg": int(overload.limit_kg[place]),
                "limit_rule": overload.limit_rule[place],
                "decided_kg": int(overload.decided_kg[place]),
                "excess_kg": int(overload.excess_kg[place]),
                "doubts": " ".join(overload.doubts[place]),
                "facts": json.dumps(asdict(facts[place])),
            }
            for place, passage_id in enumerate(ids.tolist())
        ]
        if again:
            connection.execute(insert(RegisteredJudgement), again)


def _facts(decision: Decision, axle_count: int) -> VehicleFacts:
    if decision.vehicle is None:
        return NOTHING_KNOWN
    return vehicle_facts(decision.vehicle, decision.trailer, axle_count)
