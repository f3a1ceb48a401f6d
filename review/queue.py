"""The queue: cases by the day they fall due, soonest first, for each role the stages it works on."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Integer,
    Select,
    Text,
    bindparam,
    exists,
    func,
    or_,
    select,
    tuple_,
    union_all,
)

from models import leases
from models.case_tables import CaseLife
from models.office_tables import Officer
from models.tables import Case, Finding, Frame, Judgement, Lease, Passage, PlateReadingRow
from models.values.case_life import AFTER_FILING, CaseState
from models.values.labelled import Labelled
from models.values.office import Role
from review.accounts import Visitor
from review.assignment import held_now, holder_name, holds

PAGE = 30


class Stage(Labelled):
    """A tab of the queue: several states that are worked on alike."""

    FIRST = "first", "待初审"
    SECOND = "second", "待复审"
    DISAGREED = "disagreed", "待裁定"
    HANDLING = "handling", "办理中"
    LEGAL = "legal", "待法制审核"
    HALTED = "halted", "中止与互认"
    DONE = "done", "已办结"

    @property
    def states(self) -> tuple[CaseState, ...]:
        """Return the states of this stage."""
        return _STATES[self]


_STATES = {
    Stage.FIRST: (CaseState.FLAGGED, CaseState.FIRST_REVIEW),
    Stage.SECOND: (CaseState.SECOND_REVIEW,),
    Stage.DISAGREED: (CaseState.DISAGREED,),
    Stage.HANDLING: tuple(sorted(AFTER_FILING - {CaseState.LEGAL_REVIEW})),
    Stage.LEGAL: (CaseState.LEGAL_REVIEW,),
    Stage.HALTED: (CaseState.SUSPENDED, CaseState.RECOGNISED),
    Stage.DONE: (CaseState.CLOSED, CaseState.DISMISSED, CaseState.TRANSFERRED, CaseState.WITHDRAWN),
}
# What each role is offered next, in this order.
WORK = {
    Role.REVIEWER: (Stage.FIRST, Stage.SECOND),
    Role.TEAM_LEADER: (Stage.DISAGREED, Stage.FIRST, Stage.SECOND),
    Role.LEGAL_REVIEWER: (Stage.LEGAL,),
    Role.AUDITOR: (Stage.FIRST,),
}


class Whose(StrEnum):
    """Whose cases to show."""

    ALL = "all"
    FREE = "free"
    MINE = "mine"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What to show of a stage; `after` is the (due_on, case id) behind which the page begins."""

    stage: Stage
    whose: Whose = Whose.ALL
    station: str = ""
    kind: str = ""
    after: tuple[str, int] | None = None


def case_rows(connection: Connection, wanted: Filter, visitor: Visitor, limit: int = PAGE) -> Sequence[Any]:
    """Return a page of the queue, one row a case, and one row more where there are further ones."""
    values: dict[str, Any] = {"now": leases.now_ms(connection), "limit": limit + 1}
    if wanted.station:
        values["station"] = wanted.station
    if wanted.kind:
        values["kind"] = wanted.kind
    if wanted.after is not None:
        values["due"], values["behind"] = wanted.after
    if wanted.whose is Whose.MINE:
        mine = select(Lease.name).where(
            Lease.holder == holder_name(visitor.officer_id), Lease.name.startswith("case:")
        )
        values["mine"] = [int(name.partition(":")[2]) for name in connection.scalars(mine)]
    query = _rows_of(connection.dialect.name, wanted.stage, wanted.whose, frozenset(values))
    return connection.execute(query, values).all()


# Putting a question together takes longer than its answer, so each kind of question is made once.
@cache
def _rows_of(dialect: str, stage: Stage, whose: Whose, asked: frozenset[str]) -> Select[*tuple[Any, ...]]:
    page = _ids_of(stage, whose, asked).subquery()
    return (
        select(
            CaseLife.case_id,
            CaseLife.state,
            CaseLife.plate,
            CaseLife.due_on,
            CaseLife.first_reviewer_id,
            Case.number,
            Case.station_id,
            Case.passed_at,
            Judgement.excess_kg,
            Judgement.limit_kg,
            Passage.axle_count,
            _kinds(dialect).label("kinds"),
            _reading().label("reading_id"),
            Officer.name.label("holder_name"),
        )
        .select_from(page)
        .join(CaseLife, CaseLife.case_id == page.c.case_id)
        .join(Case, Case.id == CaseLife.case_id)
        .outerjoin(Passage, Passage.id == _first_passage())
        .outerjoin(Judgement, Judgement.passage_id == Passage.id)
        .outerjoin(Lease, held_now(CaseLife.case_id))
        .outerjoin(Officer, holds())
        .order_by(page.c.due_on, page.c.case_id)
    )


def _ids_of(stage: Stage, whose: Whose, asked: frozenset[str]) -> Select[str, int]:
    """Return the question for a page; each state is read along its own index and no further than needed."""
    conditions: list[ColumnElement[bool]] = []
    if "station" in asked:
        conditions.append(Case.station_id == bindparam("station"))
    if "kind" in asked:
        conditions.append(
            exists().where(Finding.case_id == CaseLife.case_id, Finding.kind == bindparam("kind"))
        )
    if "due" in asked:
        place = tuple_(bindparam("due", type_=Text()), bindparam("behind", type_=BigInteger()))
        conditions.append(tuple_(CaseLife.due_on, CaseLife.case_id) > place)
    held = exists().where(held_now(CaseLife.case_id))
    if whose is Whose.FREE:
        conditions.append(~held)
    if whose is Whose.MINE:
        conditions += [CaseLife.case_id.in_(bindparam("mine", expanding=True)), held]
    limit = bindparam("limit", type_=Integer())
    parts = [
        select(CaseLife.due_on, CaseLife.case_id)
        .join(Case, Case.id == CaseLife.case_id)
        .where(CaseLife.state == state.value, *conditions)
        .order_by(CaseLife.due_on, CaseLife.case_id)
        .limit(limit)
        .subquery()
        for state in stage.states
    ]
    page = union_all(*(select(part) for part in parts)).subquery()
    return select(page.c.due_on, page.c.case_id).order_by(page.c.due_on, page.c.case_id).limit(limit)


def next_case(
    connection: Connection, visitor: Visitor, skip: int = 0, stages: Sequence[Stage] = ()
) -> int | None:
    """Return the free case that this officer should work on next, None where there is none."""
    held = exists().where(held_now(CaseLife.case_id), Lease.holder != holder_name(visitor.officer_id))
    now = {"now": leases.now_ms(connection)}
    for stage in stages or WORK.get(visitor.role, ()):
        # Nobody reviews a case twice.
        fresh = or_(CaseLife.first_reviewer_id.is_(None), CaseLife.first_reviewer_id != visitor.officer_id)
        again = or_(CaseLife.second_reviewer_id.is_(None), CaseLife.second_reviewer_id != visitor.officer_id)
        found = [
            connection.execute(
                select(CaseLife.due_on, CaseLife.case_id)
                .where(CaseLife.state == state, CaseLife.case_id != skip, ~held, fresh, again)
                .order_by(CaseLife.due_on, CaseLife.case_id)
                .limit(1)
                # Who takes one at this moment is not waited for: the next free one is as good.
                .with_for_update(of=CaseLife, skip_locked=True),
                now,
            ).one_or_none()
            for state in stage.states
        ]
        if soonest := min((row for row in found if row is not None), key=tuple, default=None):
            return int(soonest.case_id)
    return None


def stage_counts(connection: Connection) -> dict[str, int]:
    """Return how many cases stand in each stage."""
    by_state = dict(connection.execute(select(CaseLife.state, func.count()).group_by(CaseLife.state)).all())
    return {stage.value: sum(by_state.get(state.value, 0) for state in stage.states) for stage in Stage}


def _first_passage() -> Any:  # noqa: ANN401 (SQL)
    return (
        select(func.min(Finding.passage_id))
        .where(Finding.case_id == CaseLife.case_id)
        .correlate(CaseLife)
        .scalar_subquery()
    )


def _kinds(dialect: str) -> Any:  # noqa: ANN401 (SQL)
    joined = func.group_concat if dialect == "sqlite" else func.string_agg
    return (
        select(joined(Finding.kind, " "))
        .where(Finding.case_id == CaseLife.case_id)
        .correlate(CaseLife)
        .scalar_subquery()
    )


def _reading() -> Any:  # noqa: ANN401 (SQL)
    """Return the plate reading whose crop stands for the case, NULL where no plate was read."""
    return (
        select(func.min(PlateReadingRow.id))
        .join(Frame, Frame.id == PlateReadingRow.frame_id)
        .where(Frame.passage_id == Passage.id, PlateReadingRow.text == Judgement.plate)
        .correlate(Passage, Judgement)
        .scalar_subquery()
    )
