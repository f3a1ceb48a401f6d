"""One id for one truck, from its record to the last notice: in log lines, and for `zhichao trace`.

`station/milliseconds/digest` is the passage's natural key with its serial shortened: whoever has the record
can make it, it names no vehicle, and the index on station and time finds it.
"""

import hashlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from sqlalchemy import Connection, select

from models.kept import tell_once_kept
from models.partner_tables import CaseClaim
from models.tables import Case, Finding, Passage

SERIAL_CHARACTERS = 8


def trace_of(station_id: str, passed_at_ms: int, record_key: str) -> str:
    """Return the id of a passage by its natural key."""
    digest = hashlib.sha256(record_key.encode()).hexdigest()[:SERIAL_CHARACTERS]
    return f"{station_id}/{passed_at_ms}/{digest}"


def trace_of_case(connection: Connection, case_id: int) -> str:
    """Return the id of the passage that opened a case, "" where there is none."""
    opened_by = (
        select(Passage.station_id, Passage.passed_at, Passage.record_key)
        .join(Finding, Finding.passage_id == Passage.id)
        .join(Case, Case.id == Finding.case_id)
        .where(Case.id == case_id, Passage.passed_at == Case.passed_at)
        .order_by(Passage.record_key)
        .limit(1)
    )
    found = connection.execute(opened_by).one_or_none()
    return trace_of(*found) if found else ""


def passages_of(connection: Connection, trace: str) -> list[int]:
    """Return the ids of the passages that a trace names: one, or none."""
    station_id, _, rest = trace.partition("/")
    at, _, _ = rest.partition("/")
    if not (at.isascii() and at.isdigit()):
        return []
    at_once = select(Passage.id, Passage.record_key).where(
        Passage.station_id == station_id, Passage.passed_at == int(at)
    )
    return [one for one, key in connection.execute(at_once) if trace_of(station_id, int(at), key) == trace]


def trace_of_claim(connection: Connection, claim_id: str) -> str:
    """Return the id of the passage behind a claim of ours, "" where there is none."""
    case_id = connection.scalar(select(CaseClaim.case_id).where(CaseClaim.claim_id == claim_id))
    return trace_of_case(connection, case_id) if case_id is not None else ""


def tell(logger: logging.Logger, event: str, connection: Connection, case_id: int, **more: object) -> None:
    """Write what happened to a case into the log once it is kept; nothing is asked where nobody listens."""
    if logger.isEnabledFor(logging.INFO):
        tell_once_kept(connection, logger, event, trace=trace_of_case(connection, case_id), **more)


@contextmanager
def traced(trace: str) -> Iterator[None]:
    """Put `trace` on every log line of the block, whoever writes it; "" leaves what was said before."""
    if not trace:
        yield
        return
    with structlog.contextvars.bound_contextvars(trace=trace):
        yield
