"""Assignment (认领): an officer's lease on a case, which ends by itself."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Row,
    SQLColumnExpression,
    String,
    and_,
    bindparam,
    cast,
    literal,
    select,
)

from models import audit, leases
from models.office_tables import Officer
from models.tables import Lease
from models.values.office import Action
from review.accounts import Visitor
from review.office import Office
from review.refusals import TakenError
from review.verdicts import check_fresh, take_up

HOLDER = "officer:"
NOW = bindparam("now", type_=BigInteger())


def lease_name(case_id: int) -> str:
    """Return the name of a case's lease."""
    return f"case:{case_id}"


def holder_name(officer_id: int) -> str:
    """Return an officer's name as a holder of leases."""
    return f"{HOLDER}{officer_id}"


def holder_of(connection: Connection, case_id: int) -> tuple[int | None, str]:
    """Return who holds the case now: the officer's id and name, None and "" where nobody does."""
    values = {"lease": lease_name(case_id), "now": leases.now_ms(connection)}
    holder = connection.execute(_HOLDER, values).one_or_none()
    return (None, "") if holder is None else (holder.id, holder.name)


def held_now(case_id: SQLColumnExpression[int]) -> ColumnElement[bool]:
    """Return the condition that a lease on a case runs at the time `now` of the query's values."""
    return and_(Lease.name == literal("case:").concat(cast(case_id, String)), Lease.until >= NOW)


def holds() -> ColumnElement[bool]:
    """Return the condition that an officer holds a lease."""
    return literal(HOLDER).concat(cast(Officer.id, String)) == Lease.holder


_HOLDER = (
    select(Officer.id, Officer.name)
    .join(Lease, holds())
    .where(Lease.name == bindparam("lease"), Lease.until >= NOW)
)


def take(connection: Connection, office: Office, life: Row[Any], visitor: Visitor) -> bool:
    """Take a case or keep it longer; return whether it was free before.

    Raises:
        TakenError: another officer holds it; the message names who.
        NotAllowedError: this officer has reviewed it already and would only keep others from it.

    """
    check_fresh(life, visitor)
    before, _ = holder_of(connection, life.case_id)
    holder = leases.Holder(name=holder_name(visitor.officer_id), lease_ms=office.lease_ms)
    if not leases.take(connection, lease_name(life.case_id), holder):
        _, name = holder_of(connection, life.case_id)
        raise TakenError(f"案件 {life.number} 已由 {name} 认领，正在办理")
    take_up(connection, life, office.clock_ms())
    if before is None:
        audit.append(connection, visitor.actor, Action.TOOK, life.number, at_ms=office.clock_ms())
    return before is None


def give_back(connection: Connection, office: Office, life: Row[Any], visitor: Visitor) -> None:
    """Give a case back for others to take."""
    before, _ = holder_of(connection, life.case_id)
    holder = leases.Holder(name=holder_name(visitor.officer_id), lease_ms=office.lease_ms)
    leases.release(connection, lease_name(life.case_id), holder)
    if before == visitor.officer_id:
        audit.append(connection, visitor.actor, Action.GAVE_BACK, life.number, at_ms=office.clock_ms())
