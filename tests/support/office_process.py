"""Two agencies' officers as two processes: each takes its cases to their end, killed at any time."""

import time
from dataclasses import replace
from itertools import pairwise

from agencies import NAMES
from case_desks import DAY_MS, made_act
from office import PASSED_AT_MS, add_case, add_officer
from sqlalchemy import Connection, select

from models.case_life import CaseError, Step, life_of, move
from models.clock import clock_ms
from models.database import Database
from models.office_tables import Officer
from models.tables import Case
from models.values.case_life import CaseState
from models.values.office import PROGRAM, Role
from notices.casework.casework import joined
from notices.casework.claims import Act
from notices.casework.desk import PartnerDesk
from zhichao import exchange_wiring
from zhichao.settings import Settings

S = CaseState
ROAD = (
    S.FLAGGED,
    S.FIRST_REVIEW,
    S.SECOND_REVIEW,
    S.FILED,
    S.SUMMONED,
    S.APPEARED,
    S.NOTIFIED,
    S.STATEMENT,
    S.DECIDED,
    S.SERVED,
    S.CLOSED,
)
NEXT = dict(pairwise(ROAD)) | {S.RECOGNISED: S.CLOSED}


def numbers_of(name: str, acts: int) -> list[str]:
    """Return the numbers of an agency's cases: of three acts each sees one alone, and both see the third."""
    return [f"{act:03}" for act in range(acts) if act % 3 in {NAMES.index(name), 2}]


def open_cases(settings: Settings, acts: int) -> None:
    """Open the agency's cases, and let two officers in."""
    database = Database(settings.url)
    with database.write("process.opened") as connection:
        for login in ("one", "two"):
            add_officer(connection, login, Role.REVIEWER)
        for number in numbers_of(settings.agency.id, acts):
            add_case(connection, number, plate=f"浙F00{number}")
    database.close()


def run_office(settings: Settings, acts: int, behind_ms: int) -> None:
    """Serve the partner, and take every case as far as it can go; for ever, until killed."""
    now = exchange_wiring.exchange(settings, Database(settings.url))
    received = exchange_wiring.received_store(settings)
    exchange = joined(replace(now, clock=lambda: clock_ms() - behind_ms), received)
    desk = PartnerDesk(exchange=exchange, policy="assumed-1", act_of=_act_of, received=received)
    with exchange_wiring.open_to_partners(settings, exchange):
        while True:
            for number in numbers_of(settings.agency.id, acts):
                _advance(desk, number)
            time.sleep(0.1)


def _act_of(_connection: Connection, _case_id: int) -> Act:
    return made_act()


def _advance(desk: PartnerDesk, number: str) -> None:
    """Take the case's next step as the console does, in one transaction, if it may be taken."""
    try:
        with desk.exchange.database.write("process.step") as connection:
            desk.lock(connection)
            before = life_of(connection, number)
            to = NEXT.get(CaseState(before.state))
            if to is None:
                return
            officers = connection.scalars(select(Officer.id).order_by(Officer.id)).all()
            reviewers = {"first_reviewer_id": officers[0], "second_reviewer_id": officers[1]}
            step = Step(
                case_id=before.case_id,
                version=before.version,
                to=to,
                actor=PROGRAM,
                at_ms=desk.exchange.clock(),
                reason="虚构",
            )
            move(connection, step, reviewers if to is S.FILED else None)
            desk.moved(connection, before)
    except CaseError:
        return  # the partner's grant, or its final fine, is still awaited


def behind_ms() -> int:
    """Return by how much the offices' clocks are behind: they stand a day after the passages."""
    return clock_ms() - (PASSED_AT_MS + DAY_MS)


def states(database: Database) -> dict[str, str]:
    """Return the state of every case by its number."""
    with database.read() as connection:
        numbers = connection.scalars(select(Case.number).order_by(Case.number)).all()
        return {number: life_of(connection, number).state for number in numbers}
