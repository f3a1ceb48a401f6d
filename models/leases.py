"""Leases: who works on what, until when. A holder that dies or stops loses its lease to the next.

A lease only saves work from being done twice. What is written under it is idempotent, and a result is kept
only while its lease is still held, so a holder that wakes up late does no harm.
"""

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

import psutil
from sqlalchemy import Connection, delete, func, select, update

from models.clock import clock_ms
from models.database import Database
from models.inserts import upsert
from models.tables import Lease

POLL_S = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """One runner: its name, unique among all, and how long its leases last without renewal."""

    name: str
    lease_ms: int


def this_process(lease_ms: int) -> Holder:
    """Return this process as a holder, named so that others on its machine can tell whether it lives."""
    return Holder(name=_process_name(os.getpid()), lease_ms=lease_ms)


@cache
def _process_name(pid: int) -> str:
    # A process number is used again some day; with the time of its start it is not.
    return f"{socket.gethostname()}/{pid}/{psutil.Process(pid).create_time():.2f}"


def now_ms(connection: Connection) -> int:
    """Return the database's time in milliseconds, one clock for runners on several machines."""
    if connection.dialect.name == "postgresql":
        return int(connection.scalar(select(func.extract("epoch", func.clock_timestamp()) * 1000)) or 0)
    return clock_ms()


def take(connection: Connection, name: str, holder: Holder) -> bool:
    """Take the lease, or renew it; return whether `holder` has it now."""
    now = now_ms(connection)
    row = {"holder": holder.name, "until": now + holder.lease_ms}
    insert = upsert(connection, Lease).values(name=name, **row)
    free = (Lease.until < now) | (Lease.holder == holder.name)
    taken = insert.on_conflict_do_update(index_elements=[Lease.name], set_=row, where=free).returning(
        Lease.name
    )
    return connection.scalar(taken) is not None


def is_held(connection: Connection, name: str, holder: Holder) -> bool:
    """Tell whether the lease is still this holder's, and keep it so until the transaction ends."""
    query = select(Lease.holder).where(Lease.name == name).with_for_update()
    return connection.scalar(query) == holder.name


def renew(connection: Connection, holder: Holder) -> None:
    """Give every lease of the holder its full length again."""
    until = now_ms(connection) + holder.lease_ms
    connection.execute(update(Lease).where(Lease.holder == holder.name).values(until=until))


def release(connection: Connection, name: str, holder: Holder) -> None:
    """Give the lease back, if it is still the holder's."""
    connection.execute(delete(Lease).where(Lease.name == name, Lease.holder == holder.name))


def release_dead(connection: Connection) -> None:
    """Give back the leases of processes of this machine that are no more, without waiting for their end."""
    ours = Lease.holder.startswith(f"{socket.gethostname()}/", autoescape=True)
    for holder in connection.scalars(select(Lease.holder).where(ours).distinct()).all():
        if not _lives(holder):
            connection.execute(delete(Lease).where(Lease.holder == holder))


def _lives(holder: str) -> bool:
    pid = int(holder.split("/")[1])
    try:
        return f"{psutil.Process(pid).create_time():.2f}" == holder.split("/")[2]
    except psutil.Error:
        return False


@contextmanager
def hold(database: Database, name: str, holder: Holder) -> Iterator[None]:
    """Wait for the lease, hold it, give it back."""
    while True:
        with database.write("lease.taken") as connection:
            release_dead(connection)
            if take(connection, name, holder):
                break
        time.sleep(POLL_S)
    try:
        yield
    finally:
        with database.write("lease.released") as connection:
            release(connection, name, holder)
