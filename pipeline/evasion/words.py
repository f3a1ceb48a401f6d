"""A person's word on a lead: its weighing stands, though under a manoeuvre, or no case comes of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Connection, Row, exists, func, insert, select
from sqlalchemy.orm import aliased

from models import audit, leases
from models.errors import MisuseError, NotDoneError
from models.evasion_tables import ManoeuvreRow, WeighingWordRow
from models.gate_tables import DecisionRow
from models.tables import Finding, Judgement, Passage
from models.values.findings import FindingKind
from models.values.office import Action, Actor
from models.values.states import Outcome, WeighingWord
from models.values.timeline import from_ms
from pipeline.decisions import holding
from pipeline.evasion.rows import let_stand, stands
from pipeline.evasion.unweighed import unweighed_leads
from pipeline.gate.conditions import Obstacle
from stations.station import Station


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A person's word on the passage with that number."""

    passage_id: int
    word: WeighingWord
    reason: str

    def __post_init__(self) -> None:
        """Refuse a word without its reason."""
        if not self.reason.strip():
            raise MisuseError("请填写理由")


def held_leads() -> tuple[ColumnElement[bool], ...]:
    """Return the conditions of an overload lead that a manoeuvre keeps from becoming a case.

    They join Passage, Finding and DecisionRow.
    """
    return (
        Finding.passage_id == Passage.id,
        Finding.kind == FindingKind.OVERLOAD,
        Finding.case_id.is_(None),
        holding(),
        DecisionRow.outcome == Outcome.LEAD,
        DecisionRow.obstacles.endswith(Obstacle.MANOEUVRE),
    )


def say(connection: Connection, said: Said, actor: Actor, at_ms: int) -> None:
    """Append a word with its entry in the audit log; the next night judges by the last word.

    Raises:
        NotDoneError: the passage is no lead that a manoeuvre keeps from becoming a case, nor, where no case
            is to come of it, one without an overload.

    """
    if not is_lead(connection, said.passage_id, weighed=said.word is WeighingWord.STANDS):
        raise NotDoneError("该过车不是因驾驶行为留作线索的超限记录，或者已经立案")
    row = {"passage_id": said.passage_id, "word": said.word.value, "reason": said.reason.strip()}
    kept = row | {"actor": actor.name, "said_at": leases.now_ms(connection)}
    connection.execute(insert(WeighingWordRow).values(kept))
    subject = f"passage/{said.passage_id}"
    audit.append(connection, actor, Action.WEIGHING, subject, at_ms=at_ms, detail=row)


def is_lead(connection: Connection, passage_id: int, *, weighed: bool = False) -> bool:
    """Tell whether a person may speak on a passage's lead; `weighed`: on the mass of an overload."""
    kinds = (held_leads(),) if weighed else (held_leads(), unweighed_leads())
    return any(
        connection.scalar(select(Passage.id).where(Passage.id == passage_id, *kind).limit(1)) is not None
        for kind in kinds
    )


def waiting_leads(connection: Connection, most: int) -> Sequence[Row[int, str, int, int, int, int, str]]:
    """Return the latest leads on which nobody has spoken since their last manoeuvre was seen."""
    later = aliased(ManoeuvreRow)
    query = (
        select(
            Passage.id,
            Passage.station_id,
            Passage.passed_at,
            Passage.lane,
            Judgement.decided_kg,
            Judgement.limit_kg,
            DecisionRow.obstacles,
        )
        .join(ManoeuvreRow, ManoeuvreRow.passage_id == Passage.id)
        .join(Judgement, Judgement.passage_id == Passage.id)
        .where(*held_leads(), ManoeuvreRow.spoils, stands(ManoeuvreRow))
        .where(
            ~exists().where(
                later.passage_id == Passage.id, later.id > ManoeuvreRow.id, later.spoils, stands(later)
            )
        )
        .where(
            ~exists().where(
                WeighingWordRow.passage_id == Passage.id, WeighingWordRow.said_at >= ManoeuvreRow.seen_at
            )
        )
        .order_by(ManoeuvreRow.id.desc())
        .limit(most)
    )
    return connection.execute(query).all()


def days_let_stand(connection: Connection, station: Station) -> set[date]:
    """Return the local days with leads whose weighing a person has let stand since."""
    spoiled = exists().where(
        ManoeuvreRow.passage_id == Passage.id,
        ManoeuvreRow.spoils,
        stands(ManoeuvreRow),
        ~let_stand(ManoeuvreRow),
    )
    said = select(WeighingWordRow.passage_id).where(WeighingWordRow.word == WeighingWord.STANDS)
    times = select(Passage.passed_at).where(
        Passage.station_id == station.id, Passage.id.in_(said), ~spoiled, *held_leads()
    )
    return {from_ms(passed_at, station.zone).date() for passed_at in connection.scalars(times)}


def last_word() -> ColumnElement[bool]:
    """Return the condition that joins a passage with the last word on it."""
    newest = aliased(WeighingWordRow)
    last = select(func.max(newest.id)).where(newest.passage_id == Passage.id).correlate(Passage)
    return WeighingWordRow.id == last.scalar_subquery()
