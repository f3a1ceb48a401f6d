"""Leases: who works on what, until when. A holder that dies or stops loses its lease to the next.

A lease only saves work from being done twice. What is written under it is idempotent, and a result is kept
only while its lease is still held, so a holder that wakes up late does no harm.
"""

import time
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, select, update

from models.tables import Lease


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """One runner: its name, unique among all, and how long its leases last without renewal."""

    name: str
    lease_ms: int


def now_ms(connection: Connection) -> int:
    """Return the database's time in milliseconds, one clock for runners on several machines."""
    if connection.dialect.name == "postgresql":
        return int(connection.scalar(select(func.extract("epoch", func.clock_timestamp()) * 1000)) or 0)
    return time.time_ns() // 1_000_000


def take(connection: Connection, name: str, holder: Holder) -> bool:
    """Take the lease, or renew it; return whether `holder` has it now."""
    now = now_ms(connection)
    row = {"name": name, "holder": holder.name, "until": now + holder.lease_ms}
    taken = insert_or_take_over(connection, row, now)
    return connection.scalar(taken) is not None


def is_held(connection: Connection, name: str, holder: Holder) -> bool:
    """Tell whether the lease is still this holder's, and lock it until the transaction ends."""
    query = select(Lease.holder).where(Lease.name == name).with_for_update()
    return connection.scalar(query) == holder.name


def renew(connection: Connection, holder: Holder) -> None:
    """Give every lease of the holder its full length again."""
    until = now_ms(connection) + holder.lease_ms
    connection.execute(update(Lease).where(Lease.holder == holder.name).values(until=until))


def release(connection: Connection, name: str, holder: Holder) -> None:
    """Give the lease back, if it is still the holder's."""
    connection.execute(delete(Lease).where(Lease.name == name, Lease.holder == holder.name))
