"""Every step that a case may and may not take, tried on both databases."""

from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from office import PASSED_AT_MS, add_case, add_officer
from sqlalchemy import Executable, Row, delete, func, insert, select, update
from sqlalchemy.exc import DatabaseError, IntegrityError

from models.case_life import (
    CaseMovedError,
    Step,
    StepRefusedError,
    UnknownCaseError,
    clocks_of,
    grant,
    life_of,
    move,
    partner_fine_final,
)
from models.case_tables import CaseEvent, CaseLife
from models.database import Database
from models.office_tables import AuditEntry
from models.values.case_life import CaseState, transitions
from models.values.office import Actor, Role

# Written out by hand from the procedure, so that the table in the program is held against another one.
MAY_FOLLOW = """
flagged         first_review suspended
first_review    second_review dismissed transferred suspended
second_review   filed disagreed dismissed transferred first_review suspended
disagreed       filed dismissed transferred suspended
filed           summoned notified suspended withdrawn transferred
summoned        appeared summons_lapsed suspended withdrawn transferred
appeared        notified suspended withdrawn transferred
summons_lapsed  notified suspended withdrawn transferred
notified        statement hearing dismissed suspended withdrawn transferred
statement       hearing legal_review decided dismissed suspended withdrawn transferred
hearing         legal_review dismissed suspended withdrawn transferred
legal_review    decided notified dismissed suspended withdrawn transferred
decided         served withdrawn
served          closed withdrawn
closed
dismissed       first_review
transferred
recognised      closed suspended
suspended       recognised withdrawn transferred
withdrawn
"""
TABLE = {line.split()[0]: set(line.split()[1:]) for line in MAY_FOLLOW.strip().splitlines()}
ANYONE = Actor(officer_id=None, name="test")
numbers = count(1)


def step(life: Row[Any], to: str, *, reason: str = "理由", no_partner: bool = False) -> Step:
    return Step(
        case_id=life.case_id,
        version=life.version,
        to=CaseState(to),
        actor=ANYONE,
        at_ms=PASSED_AT_MS + life.version,
        reason=reason,
        no_partner=no_partner,
    )


def test_the_table_is_the_programs() -> None:
    allowed = {(str(state), str(then)) for state, then in transitions()}
    resumed = {
        ("suspended", state) for state, then in allowed if then == "suspended" and state != "recognised"
    }
    assert allowed == {(state, then) for state, following in TABLE.items() for then in following} | resumed


class Lives(RuleBasedStateMachine):
    """One case, pushed in every direction; a model beside it says what may happen."""

    database: Database

    @initialize(asks_summons=st.booleans())
    def open(self, asks_summons: bool) -> None:
        self.state, self.version, self.resumes_to = "flagged", 1, ""
        self.asks_summons, self.asks_legal_review = asks_summons, False
        self.granted = self.fined = False
        self.number = f"case-{next(numbers)}"
        with self.database.write("test") as connection:
            case_id = add_case(connection, self.number, asks_summons=asks_summons)
            self.first = add_officer(connection, f"a{case_id}", Role.REVIEWER)
            self.second = add_officer(connection, f"b{case_id}", Role.REVIEWER)

    def life(self) -> Row[Any]:
        with self.database.read() as connection:
            return life_of(connection, self.number)

    def may(self, to: str, no_partner: bool) -> bool:
        if self.state == "suspended" and to == self.resumes_to:
            return True
        if to not in TABLE[self.state]:
            return False
        if (self.state, to) == ("filed", "notified"):
            return not self.asks_summons
        if (self.state, to) == ("statement", "decided") and self.asks_legal_review:
            return False
        if to == "decided":
            return self.granted or no_partner
        if self.state == "recognised":
            return (to == "closed") == self.fined
        return True

    @rule(to=st.sampled_from(list(CaseState)), no_partner=st.booleans())
    def try_step(self, to: CaseState, no_partner: bool) -> None:
        reviewers = {
            "first_reviewer_id": self.first.officer_id,
            "second_reviewer_id": self.second.officer_id,
        }
        taken = step(self.life(), to, no_partner=no_partner)
        allowed = self.may(to, no_partner)
        try:
            with self.database.write("test") as connection:
                move(connection, taken, reviewers)
            assert allowed, f"{self.state} became {to}"
        except StepRefusedError:
            assert not allowed, f"{self.state} could not become {to}"
            return
        if to == "suspended" and self.state != "recognised":
            self.resumes_to = self.state
        elif to not in {"suspended", "recognised"}:
            self.resumes_to = ""
        if to == "decided":
            self.granted = True
        self.asks_legal_review |= to == "hearing"
        self.state, self.version = to.value, self.version + 1

    @rule(to=st.sampled_from(list(CaseState)), behind=st.integers(1, 3))
    def a_stale_step_changes_nothing(self, to: CaseState, behind: int) -> None:
        life = self.life()
        stale = Step(case_id=life.case_id, version=life.version - behind, to=to, actor=ANYONE, at_ms=0)
        with pytest.raises(CaseMovedError), self.database.write("test") as connection:
            move(connection, stale)

    @rule()
    def partner_grants(self) -> None:
        with self.database.write("test") as connection:
            grant(connection, self.life().case_id, "虚构-1", ANYONE, 0)
        self.granted = True

    @rule()
    def partner_fines(self) -> None:
        with self.database.write("test") as connection:
            partner_fine_final(connection, self.life().case_id, "虚构-2", ANYONE, 0)
        self.fined = True

    @invariant()
    def the_database_agrees(self) -> None:
        life = self.life()
        assert (life.state, life.version, life.resumes_to) == (self.state, self.version, self.resumes_to)
        with self.database.read() as connection:
            events = connection.execute(
                select(CaseEvent.from_state, CaseEvent.to_state)
                .where(CaseEvent.case_id == life.case_id)
                .order_by(CaseEvent.version)
            ).all()
        assert [event.from_state for event in events[1:]] == [event.to_state for event in events[:-1]]
        assert events[-1].to_state == self.state


def test_no_order_of_steps_skips_one(database: Database) -> None:
    machine = type("LivesHere", (Lives,), {"database": database})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=25,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.fixture
def case(database: Database) -> int:
    with database.write("test") as connection:
        for login in ("one", "two", "three"):
            add_officer(connection, login, Role.REVIEWER)
        return add_case(connection, "case")


def refused(database: Database, *statements: Executable) -> str:
    with pytest.raises(DatabaseError) as caught, database.write("test") as connection:
        for statement in statements:
            connection.execute(statement)
    return str(caught.value.orig)


def event(case_id: int, version: int, start: str, end: str, reason: str = "x") -> Executable:
    return insert(CaseEvent).values(
        case_id=case_id, version=version, from_state=start, to_state=end, at=0, reason=reason, note=""
    )


def test_the_database_itself_refuses_what_may_not_be(database: Database, case: int) -> None:
    life = update(CaseLife).where(CaseLife.case_id == case)
    assert "step" in refused(database, event(case, 2, "flagged", "decided"))
    assert "first" in refused(database, event(case, 2, "", "flagged"))
    assert "reason" in refused(database, event(case, 2, "first_review", "dismissed", reason=""))
    # A state without an event of that version and state.
    assert refused(database, life.values(state="filed"))
    assert "two_reviewers" in refused(database, life.values(first_reviewer_id=1, second_reviewer_id=1))
    assert "leader" in refused(database, life.values(second_reviewer_id=1, leader_id=1))
    filed = event(case, 2, "second_review", "filed")
    assert "reviewed_twice" in refused(
        database, filed, life.values(version=2, state="filed", first_reviewer_id=1)
    )
    decided = event(case, 2, "statement", "decided")
    both = {"first_reviewer_id": 1, "second_reviewer_id": 2}
    assert "granted" in refused(database, decided, life.values(version=2, state="decided", **both))
    assert "only appended" in refused(database, update(CaseEvent).values(note="changed"))
    assert "only appended" in refused(database, delete(CaseEvent))
    with pytest.raises(IntegrityError, match="only appended"), database.write("test") as connection:
        connection.execute(delete(CaseEvent))


def test_a_mark_that_no_partner_is_configured_stands_for_the_grant(database: Database, case: int) -> None:
    decided = event(case, 2, "statement", "decided")
    values = {"version": 2, "state": "decided", "first_reviewer_id": 1, "second_reviewer_id": 2}
    with database.write("test") as connection:
        connection.execute(decided)
        connection.execute(update(CaseLife).values(**values, no_partner=True))


@pytest.mark.usefixtures("case")
def test_two_steps_of_one_version_leave_one(database: Database) -> None:
    with database.read() as connection:
        seen = life_of(connection, "case")
    with database.write("test") as connection:
        move(connection, step(seen, "first_review"))
    with pytest.raises(CaseMovedError, match="初审"), database.write("test") as connection:
        move(connection, step(seen, "first_review"))
    with database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(CaseEvent)) == 2
        assert connection.scalar(select(AuditEntry.subject)) == "case"


def test_an_unknown_case_is_told_of(database: Database) -> None:
    with database.read() as connection, pytest.raises(UnknownCaseError, match="nobody"):
        life_of(connection, "nobody")


@pytest.mark.usefixtures("case")
def test_the_clock_that_ends_first_orders_the_queue(database: Database) -> None:
    with database.read() as connection:
        life = life_of(connection, "case")
        clocks = clocks_of(connection, life)
    # Thursday 18 June 2026; the 19th is the Dragon Boat holiday.
    assert life.due_on == "2026-06-26"
    assert [(clock.due.period.code, clock.runs) for clock in clocks] == [
        ("review", True),
        ("limitation", True),
    ]
