"""One truck through everything kept of it: record, frames, judgement, case, look-ups, documents, exchange.

It reads what was committed; log lines of the same trace add what was tried and failed. Nothing here names
a person of the public: plates, answers of registries and contacts stay where they are, and files go by their
digests, since stations choose their names and cameras may put a plate into them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, or_, select

from models.case_tables import CaseEvent
from models.document_tables import Document
from models.exchange_tables import ExchangeLog
from models.gate_tables import DecisionRow
from models.matter_tables import Matter
from models.office_tables import Officer
from models.partner_tables import CaseClaim
from models.push_tables import DeliveryRow
from models.registry_tables import RegistryQuery
from models.service_tables import ServiceAttempt, ServiceResult
from models.tables import Case, Finding, Frame, Judgement, Passage, SourceFile
from models.trace import passages_of, trace_of
from models.values.case_life import CaseState
from models.values.documents import DocumentState
from models.values.findings import FindingKind

DIGEST_SHOWN = 12


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Step:
    """One thing that happened; `at_ms` is UTC milliseconds."""

    at_ms: int
    what: str
    says: str


def followed(connection: Connection, what: str) -> list[Step]:
    """Return everything kept of a truck by time, given its trace, case number or document number.

    Of a case all passages are followed; empty where nothing has such a name.
    """
    passages, cases = passages_of(connection, what), _cases_named(connection, what)
    if passages:
        of_passages = select(Finding.case_id).where(
            Finding.passage_id.in_(passages), Finding.case_id.is_not(None)
        )
        cases = [one for one in connection.scalars(of_passages.distinct()) if one is not None]
    else:
        passages = list(connection.scalars(select(Finding.passage_id).where(Finding.case_id.in_(cases))))
    steps = [
        *_records(connection, passages),
        *_frames(connection, passages),
        *_decisions(connection, passages),
        *_events(connection, cases),
        *_documents(connection, cases),
        *_exchange(connection, cases),
    ]
    return sorted(set(steps))


def _cases_named(connection: Connection, what: str) -> list[int]:
    of_document = select(Document.case_id).where(Document.number == what)
    named = select(Case.id).where(or_(Case.number == what, Case.id.in_(of_document)))
    return list(connection.scalars(named))


def _records(connection: Connection, passages: Sequence[int]) -> Iterator[Step]:
    rows = connection.execute(
        select(
            Passage.station_id,
            Passage.passed_at,
            Passage.record_key,
            Passage.lane,
            Passage.row,
            SourceFile.sha256,
            SourceFile.received_at,
            DeliveryRow.via,
            DeliveryRow.credential_id,
        )
        .join(SourceFile, SourceFile.id == Passage.source_id)
        .outerjoin(DeliveryRow, DeliveryRow.source_id == SourceFile.id)
        .where(Passage.id.in_(passages))
    )
    for row in rows:
        trace = trace_of(row.station_id, row.passed_at, row.record_key)
        yield Step(at_ms=row.passed_at, what="过车 crossed", says=f"{trace} 车道 {row.lane}")
        by = f"，{row.via} 凭据 {row.credential_id}" if row.via else ""
        says = f"{row.sha256[:DIGEST_SHOWN]} 第 {row.row} 行{by}"
        yield Step(at_ms=row.received_at, what="记录 record", says=says)


def _frames(connection: Connection, passages: Sequence[int]) -> Iterator[Step]:
    frames = select(Frame.received_at, Frame.sha256).where(Frame.passage_id.in_(passages))
    for at, sha256 in connection.execute(frames):
        yield Step(at_ms=at, what="图片 frame", says=sha256[:DIGEST_SHOWN])


def _decisions(connection: Connection, passages: Sequence[int]) -> Iterator[Step]:
    rows = connection.execute(
        select(DecisionRow.decided_at, DecisionRow.outcome, Finding.kind, Judgement.rule_set)
        .join(Finding, Finding.passage_id == DecisionRow.passage_id)
        .join(Judgement, Judgement.passage_id == DecisionRow.passage_id)
        .where(DecisionRow.passage_id.in_(passages))
    )
    for at, outcome, kind, rule_set in rows:
        yield Step(at_ms=at, what="研判 judged", says=f"{FindingKind(kind).label}：{outcome}，{rule_set}")


def _events(connection: Connection, cases: Sequence[int]) -> Iterator[Step]:
    events = (
        select(Case.number, CaseEvent.at, CaseEvent.to_state, Officer.name)
        .join(Case, Case.id == CaseEvent.case_id)
        .outerjoin(Officer, Officer.id == CaseEvent.officer_id)
        .where(CaseEvent.case_id.in_(cases))
    )
    for number, at, state, officer in connection.execute(events):
        says = f"{number} {CaseState(state).label}，{officer or '程序'}"
        yield Step(at_ms=at, what="案件 case", says=says)
    asked = select(RegistryQuery.asked_at, RegistryQuery.source, RegistryQuery.outcome)
    for at, source, outcome in connection.execute(asked.where(RegistryQuery.case_id.in_(cases))):
        yield Step(at_ms=at, what="查询 look-up", says=f"{source}：{outcome}")


def _documents(connection: Connection, cases: Sequence[int]) -> Iterator[Step]:
    documents = select(Document.sealed_at, Document.number, Document.kind, Document.state).where(
        Document.case_id.in_(cases), Document.sealed_at.is_not(None)
    )
    for sealed_at, number, kind, state in connection.execute(documents):
        says = f"{number} {kind} {DocumentState(state).label}"
        yield Step(at_ms=sealed_at or 0, what="文书 document", says=says)
    served = (
        select(ServiceAttempt.at, ServiceAttempt.channel, Document.number)
        .join(Document, Document.id == ServiceAttempt.document_id)
        .where(Document.case_id.in_(cases))
    )
    for at, channel, number in connection.execute(served):
        yield Step(at_ms=at, what="送达 service", says=f"{number} {channel} 开始")
    ended = served.join(ServiceResult, ServiceResult.attempt_id == ServiceAttempt.id).with_only_columns(
        ServiceResult.at, ServiceResult.outcome, ServiceAttempt.channel, Document.number
    )
    for at, outcome, channel, number in connection.execute(ended):
        yield Step(at_ms=at, what="送达 service", says=f"{number} {channel} {outcome}")


def _exchange(connection: Connection, cases: Sequence[int]) -> Iterator[Step]:
    claims = connection.scalars(select(CaseClaim.claim_id).where(CaseClaim.case_id.in_(cases))).all()
    matters = connection.scalars(select(Matter.message_id).where(Matter.case_id.in_(cases))).all()
    decided = connection.scalars(select(Document.number).where(Document.case_id.in_(cases))).all()
    words = [f"/{claim}/" for claim in claims] + list(matters) + [f"/{number}" for number in decided]
    if not words:
        return
    about = or_(*(ExchangeLog.message_id.contains(word, autoescape=True) for word in words))
    log = select(ExchangeLog.at, ExchangeLog.partner, ExchangeLog.direction, ExchangeLog.message_id)
    for at, partner, direction, message_id in connection.execute(log.where(about)):
        arrow = "→" if direction == "sent" else "←"
        yield Step(at_ms=at, what="互认 exchange", says=f"{arrow} {partner} {message_id}")
