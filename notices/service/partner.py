"""Service by the partner agency: the port through which a request goes out and a result comes back.

Whoever joins the exchange implements `PartnerService`, and calls `notices.service.attempts.note` with the
attempt of the request (its `reference`) when the result arrives.
"""

from dataclasses import dataclass
from datetime import date
from typing import Protocol

from sqlalchemy import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerRequest:
    """A sealed document to be served by the partner (行政处罚法 art. 26); the file goes by its digest."""

    reference: str
    document_sha256: str
    document_kind: str
    case_number: str
    due_on: date


class PartnerService(Protocol):
    """What asks the partner to serve for us."""

    def lock(self, connection: Connection) -> None:
        """Take the exchange's lock: a transaction that will ask begins so, lest two wait for each other."""

    def request(self, connection: Connection, wanted: PartnerRequest) -> None:
        """Put the request into the outbox, in the caller's transaction; the same reference asks once."""
