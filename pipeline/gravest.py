"""The gravest passage of a case, and what follows from it if all is proven."""

from typing import Any

from sqlalchemy import Connection, Row, select

from models.case_tables import CaseLife
from models.registry_tables import CaseLookup, RegisteredJudgement
from models.tables import Finding, Judgement, Passage
from models.values.findings import FindingKind
from models.values.lookups import LookupState
from models.values.money import Consequence
from pipeline.rules.rule import RuleError
from pipeline.worked import worked_out

FACTS: tuple[Any, ...] = (
    Passage.id,
    Passage.station_id,
    Passage.passed_at,
    Passage.axle_count,
    Passage.gross_kg,
    Passage.spacing_mm,
    Judgement.rule_set,
    Judgement.limit_kg,
    Judgement.decided_kg,
    Judgement.plate,
    Judgement.plate_colour,
)


def gravest(connection: Connection, case_id: int) -> Row[Any] | None:
    """Return the overloaded passage of a case with the greatest excess, None where none is overloaded."""
    query = (
        select(*FACTS)
        .join(Finding, Finding.passage_id == Passage.id)
        .join(Judgement, Judgement.passage_id == Passage.id)
        .where(Finding.case_id == case_id, Finding.kind == FindingKind.OVERLOAD)
        .order_by(Judgement.excess_kg.desc(), Passage.passed_at, Passage.id)
        .limit(1)
    )
    found: Row[Any] | None = connection.execute(query).one_or_none()
    return found


def follows(connection: Connection, case_id: int, passage: Row[Any]) -> Consequence | None:
    """Return what follows from a passage that `gravest` found, by its registration where that is known.

    None where the registered vehicle was not over its limit, and where the rules of the judgement are gone.
    """
    judged = _by_registration(connection, case_id, passage.id)
    try:
        if judged is None:
            return worked_out(passage, passage)
        return worked_out(judged, passage, judged.limit_rule) if judged.excess_kg > 0 else None
    except RuleError:
        return None


def _by_registration(connection: Connection, case_id: int, passage_id: int) -> Row[Any] | None:
    """Return the judgement by the registered facts of the very vehicle that the case is against."""
    latest = (
        select(CaseLookup.id, CaseLookup.state, CaseLookup.plate, CaseLife.plate.label("accused"))
        .join(CaseLife, CaseLife.case_id == CaseLookup.case_id)
        .where(CaseLookup.case_id == case_id)
        .order_by(CaseLookup.id.desc())
        .limit(1)
    )
    found = connection.execute(latest).one_or_none()
    if found is None or found.state != LookupState.IDENTIFIED or found.plate != found.accused:
        return None
    again = select(*RegisteredJudgement.__table__.columns).where(
        RegisteredJudgement.lookup_id == found.id, RegisteredJudgement.passage_id == passage_id
    )
    judged: Row[Any] | None = connection.execute(again).one_or_none()
    return judged
