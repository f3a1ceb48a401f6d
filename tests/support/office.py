"""An office for tests: officers, and cases without passages."""

from sqlalchemy import Connection, insert

from models.case_life import begin
from models.office_tables import Officer
from models.tables import Case
from models.values.office import Actor, Role

PASSED_AT_MS = 1_781_712_060_000  # 2026-06-18 00:01 in Beijing


def add_officer(connection: Connection, login: str, role: Role, password_hash: str = "") -> Actor:
    """Insert an officer and return it as an actor."""
    row = {
        "login": login,
        "name": f"虚构{login}",
        "badge": "",
        "role": role.value,
        "password_hash": password_hash,
    }
    officer_id = connection.execute(insert(Officer).values(row).returning(Officer.id)).scalar_one()
    return Actor(officer_id=officer_id, name=f"虚构{login}")


def add_case(
    connection: Connection, number: str, *, plate: str = "浙Z00001", asks_summons: bool = True
) -> int:
    """Open a case that rests on no passage."""
    row = {"number": number, "station_id": "test-1", "passed_at": PASSED_AT_MS}
    case_id = connection.execute(insert(Case).values(row).returning(Case.id)).scalar_one()
    begin(
        connection,
        case_id,
        passed_at_ms=PASSED_AT_MS,
        plate=plate,
        asks_summons=asks_summons,
        at_ms=PASSED_AT_MS,
    )
    return int(case_id)
