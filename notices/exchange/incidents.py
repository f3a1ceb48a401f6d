"""What can't have been meant is kept as proof, and told at once: a person must look."""

import hashlib
import logging

from sqlalchemy import Connection

from models.exchange_tables import ExchangeIncident
from models.inserts import insert_new

LOGGER = logging.getLogger(__name__)


def alarm(connection: Connection, partner: str, at_ms: int, reason: str, contents: str) -> None:
    """Keep an incident with `partner`; the same contents are kept once."""
    sha256 = hashlib.sha256(contents.encode()).hexdigest()
    LOGGER.error("incident with %s: %s", partner, reason, extra={"partner": partner, "sha256": sha256})
    row = {"partner": partner, "at": at_ms, "reason": reason, "sha256": sha256, "contents": contents}
    connection.execute(insert_new(connection, ExchangeIncident).values(row))
