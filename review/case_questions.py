"""What a case page asks of the database; put together once, since that takes longer than the answers."""

from typing import Any

from sqlalchemy import BigInteger, Select, bindparam, exists, select, text

from models.case_life import life_query
from models.case_tables import CaseEvent, CaseReview, PlateCorrection
from models.evasion_tables import ManoeuvreRow
from models.gate_tables import DecisionRow
from models.legibility_tables import PlateLegibilityRow
from models.office_tables import AuditEntry, Officer
from models.registry_tables import CaseLookup, RegisteredJudgement, RegistryAnswer
from models.reidentify_tables import PlateConflict, SearchRow
from models.tables import Case, Finding, Frame, Judgement, Lease, Passage, PlateReadingRow
from models.values.legibility import Legibility
from pipeline.evasion.rows import let_stand, stands
from pipeline.reidentify.kept_conflicts import standing
from review.assignment import held_now, holds

EARLIER = 8
TRAIL = 60
# Enough to find the one before a correction.
LOOKUPS_SHOWN = 8
JUDGED = ("severity", "codes", "rule_set", "layout", "limit_kg", "decided_kg", "excess_kg", "doubts", "plate")
CASE = bindparam("case_id", type_=BigInteger())
OF_CASE = select(Finding.passage_id).where(Finding.case_id == CASE)
_PASSAGES = select(Finding.passage_id).where(Finding.case_id == Case.id).correlate(Case)
# What most cases don't have is asked for only where this says that they do.
LIFE = (
    life_query()
    .add_columns(
        Officer.id.label("holder_id"),
        Officer.name.label("holder"),
        exists().where(PlateCorrection.case_id == Case.id).label("corrected"),
        exists().where(ManoeuvreRow.passage_id.in_(_PASSAGES)).label("driven"),
        exists().where(SearchRow.passage_id.in_(_PASSAGES)).label("sought"),
        exists()
        .where(PlateConflict.passage_id.in_(_PASSAGES) | PlateConflict.other_passage_id.in_(_PASSAGES))
        .where(standing())
        .label("conflicting"),
        exists()
        .where(
            PlateLegibilityRow.frame_id == Frame.id,
            PlateLegibilityRow.legibility != Legibility.CLEAR.value,
            Frame.passage_id.in_(_PASSAGES),
        )
        .label("unclear"),
    )
    .outerjoin(Lease, held_now(Case.id))
    .outerjoin(Officer, holds())
    .where(Case.number == bindparam("number"))
)
# One row for each finding of each passage.
PASSAGES = (
    select(
        *Passage.__table__.columns,
        *(getattr(Judgement, name) for name in JUDGED),
        Finding.kind,
    )
    .join(Finding, Finding.passage_id == Passage.id)
    .outerjoin(Judgement, Judgement.passage_id == Passage.id)
    .where(Finding.case_id == CASE)
    .order_by(Passage.passed_at, Passage.id, Finding.kind)
)
FRAMES = (
    select(Frame.passage_id, Frame.id, Frame.sha256, Frame.kind, Frame.name, Frame.problem)
    .where(Frame.passage_id.in_(OF_CASE))
    .order_by(Frame.kind, Frame.id)
)
READINGS = (
    select(Frame.passage_id, *PlateReadingRow.__table__.columns)
    .join(Frame, Frame.id == PlateReadingRow.frame_id)
    .where(Frame.passage_id.in_(OF_CASE))
    .order_by(PlateReadingRow.confidence.desc())
)


def _by_officers(table: Any, order: Any) -> Select[*tuple[Any, ...]]:  # noqa: ANN401 (a mapped class, a column)
    return (
        select(*table.__table__.columns, Officer.name)
        .outerjoin(Officer, Officer.id == table.officer_id)
        .where(table.case_id == CASE)
        .order_by(order)
    )


GATE = (
    select(
        DecisionRow.passage_id,
        DecisionRow.standing,
        DecisionRow.certificate,
        DecisionRow.decided_at,
        exists()
        .where(
            ManoeuvreRow.passage_id == DecisionRow.passage_id, stands(ManoeuvreRow), let_stand(ManoeuvreRow)
        )
        .label("let_stand"),
    )
    .where(DecisionRow.passage_id.in_(OF_CASE))
    .order_by(DecisionRow.number.desc())
)
LOOKUPS = (
    select(
        *(column for column in CaseLookup.__table__.columns if column.name != "id"),
        RegistryAnswer.source,
        RegistryAnswer.answered_at,
        RegistryAnswer.key_id.label("sealed_by"),
        RegisteredJudgement.rule_set,
        RegisteredJudgement.limit_rule,
        RegisteredJudgement.limit_kg,
        RegisteredJudgement.decided_kg,
        RegisteredJudgement.excess_kg,
    )
    .outerjoin(RegistryAnswer, RegistryAnswer.id == CaseLookup.vehicle_answer_id)
    .outerjoin(
        RegisteredJudgement,
        (RegisteredJudgement.lookup_id == CaseLookup.id)
        & (RegisteredJudgement.passage_id == CaseLookup.passage_id),
    )
    .where(CaseLookup.case_id == CASE)
    .order_by(CaseLookup.id.desc())
    .limit(LOOKUPS_SHOWN)
)
EVENTS = _by_officers(CaseEvent, CaseEvent.version)
REVIEWS = _by_officers(CaseReview, CaseReview.id)
CORRECTIONS = _by_officers(PlateCorrection, PlateCorrection.id)
EARLIER_CASES = (
    life_query()
    .where(text("case_life.plate = :plate"), Case.id != CASE)
    .order_by(Case.passed_at.desc())
    .limit(EARLIER)
)
# The index holds no passage without a plate, and is used only where the question says so in these words.
EARLIER_PASSAGES = (
    select(Passage.station_id, Passage.passed_at, Passage.lane, Judgement.decided_kg, Judgement.limit_kg)
    .join(Passage, Passage.id == Judgement.passage_id)
    .where(Judgement.plate == bindparam("plate"), text("judgement.plate <> ''"), Passage.id.not_in(OF_CASE))
    .order_by(Passage.passed_at.desc())
    .limit(EARLIER)
)
AUDIT_TRAIL = (
    select(*AuditEntry.__table__.columns)
    .where(AuditEntry.subject == bindparam("number"))
    .order_by(AuditEntry.number.desc())
    .limit(TRAIL)
)
