"""Leads of driving or a hidden plate, no overload: a person opens their case, or says that none comes."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, Row, exists, func, select, update
from sqlalchemy.orm import aliased

from models import audit, leases
from models.case_life import begin
from models.errors import MisuseError, NotDoneError
from models.evasion_tables import ManoeuvreRow, WeighingWordRow
from models.gate_tables import DecisionRow
from models.legibility_tables import ObscuringRow
from models.tables import Case, Finding, Judgement, Passage
from models.unweighed import WITHOUT_MASS
from models.values.findings import FindingKind
from models.values.office import Action, Actor
from models.values.states import Outcome
from pipeline.cases import insert_case, named_vehicle
from pipeline.decisions import holding
from pipeline.evasion.rows import stands
from pipeline.patience import FlaggedPassage


def unweighed_leads() -> tuple[ColumnElement[bool], ...]:
    """Return the conditions of a lead that no overload stands in; they join Passage, Finding, DecisionRow."""
    mass, opened = aliased(Finding), aliased(Finding)
    return (
        Finding.passage_id == Passage.id,
        Finding.kind.in_(WITHOUT_MASS),
        Finding.case_id.is_(None),
        holding(),
        DecisionRow.outcome == Outcome.LEAD,
        ~exists().where(mass.passage_id == Passage.id, mass.kind == FindingKind.OVERLOAD),
        # What is seen later joins the case that a person opened, at the next night.
        ~exists().where(
            opened.passage_id == Passage.id, opened.kind.in_(WITHOUT_MASS), opened.case_id.is_not(None)
        ),
    )


def waiting_unweighed(connection: Connection, most: int) -> Sequence[Row[int, str, int, int, str, str]]:
    """Return the latest leads without an overload on which nobody has spoken since they were last judged."""
    newest = func.max(Finding.id)
    query = (
        select(
            Passage.id,
            Passage.station_id,
            Passage.passed_at,
            Passage.lane,
            Passage.plate_front,
            Judgement.plate,
        )
        .join(Judgement, Judgement.passage_id == Passage.id)
        .where(*unweighed_leads(), ~_is_settled())
        .group_by(Passage.id, Judgement.passage_id)
        .order_by(newest.desc())
        .limit(most)
    )
    return connection.execute(query).all()


def _is_settled() -> ColumnElement[bool]:
    """Return whether a person spoke on a passage after all that now accuses it was seen."""
    driven = exists().where(
        ManoeuvreRow.passage_id == WeighingWordRow.passage_id,
        ManoeuvreRow.seen_at > WeighingWordRow.said_at,
        ManoeuvreRow.excused == "",
        stands(ManoeuvreRow),
    )
    hidden = exists().where(
        ObscuringRow.passage_id == WeighingWordRow.passage_id,
        ObscuringRow.judged_at > WeighingWordRow.said_at,
    )
    return exists().where(WeighingWordRow.passage_id == Passage.id, ~driven, ~hidden)


def open_unweighed(
    connection: Connection, passage_id: int, zone: ZoneInfo, reason: str, actor: Actor, at_ms: int
) -> str:
    """Open the case of a lead without an overload, for two officers to review, and return its number.

    `zone` is the station's, for the number. A lead whose case somebody has opened already stays in that one.

    Raises:
        MisuseError: no reason.
        NotDoneError: the passage is no such lead.

    """
    if not reason.strip():
        raise MisuseError("请填写理由")
    found = connection.execute(
        select(Passage, Judgement.plate, Judgement.codes)
        .join(Judgement, Judgement.passage_id == Passage.id)
        .join(Finding, Finding.passage_id == Passage.id)
        .where(Passage.id == passage_id, *unweighed_leads())
        # Who opens it at this moment is waited for.
        .with_for_update(of=Finding)
    ).first()
    if found is None:
        return _opened(connection, passage_id)
    vehicle = named_vehicle(found.plate, found.plate_front)
    first = FlaggedPassage(
        passage_id=passage_id, passed_at_ms=found.passed_at, lane=found.lane, vehicle=vehicle
    )
    case_id = insert_case(connection, found.station_id, zone, first)
    own = Finding.kind.in_(WITHOUT_MASS) & (Finding.passage_id == passage_id) & Finding.case_id.is_(None)
    connection.execute(update(Finding).where(own).values(case_id=case_id))
    begin(
        connection,
        case_id,
        passed_at_ms=found.passed_at,
        plate=vehicle,
        asks_summons=False,
        at_ms=leases.now_ms(connection),
        actor=actor,
        note=reason.strip(),
    )
    number = str(connection.scalar(select(Case.number).where(Case.id == case_id)))
    detail = {"passage_id": passage_id, "word": "review", "reason": reason.strip()}
    audit.append(connection, actor, Action.WEIGHING, number, at_ms=at_ms, detail=detail)
    return number


def _opened(connection: Connection, passage_id: int) -> str:
    """Return the number of the case that a passage's driving or plate stands in already."""
    of_passage = (Finding.passage_id == passage_id) & Finding.kind.in_(WITHOUT_MASS)
    number = select(Case.number).join(Finding, Finding.case_id == Case.id).where(of_passage).limit(1)
    if (opened := connection.scalar(number)) is None:
        raise NotDoneError("该过车不是未超限的规避检测或者遮挡号牌线索")
    return opened
