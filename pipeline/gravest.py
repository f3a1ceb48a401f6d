"""The gravest passage of a case, and what follows from it if all is proven."""

from typing import Any

from sqlalchemy import Connection, Row, select

from models.tables import Finding, Judgement, Passage
from models.values.findings import FindingKind
from models.values.money import Consequence
from pipeline.rules.rule import RuleError
from pipeline.worked import worked_out

FACTS: tuple[Any, ...] = (
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


def follows(passage: Row[Any]) -> Consequence | None:
    """Return what follows from a passage that `gravest` found, None where its rules are gone."""
    try:
        return worked_out(passage, passage)
    except RuleError:
        return None
