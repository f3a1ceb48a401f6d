"""What is said on the wire besides records and frames: receipts and heartbeats."""

from datetime import datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from stations.push.take_in import Receipt

PROBLEMS_MAX = 100


class Wire(BaseModel):
    """Base of what goes over the wire: camel case, nothing unknown."""

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel, populate_by_name=True)


class Quarantined(Wire):
    """One row that is kept in quarantine; row 0 is the whole file."""

    row: int
    field: str
    code: str
    reason: str


class Taken(Wire):
    """The receipt of one file: it is kept for good, and need not be sent again.

    A row is new, was known before, or lies in quarantine; the first hundred reasons are given.
    """

    name: str
    sha256: str
    known: bool = Field(description="all of it was here before; nothing was changed")
    rows: int
    rows_new: int
    rows_known: int
    rows_quarantined: int
    quarantined: list[Quarantined]


class Receipts(Wire):
    """The receipts of a message, one for each file, in its order."""

    taken: list[Taken]


class Heartbeat(Wire):
    """A sign of life."""

    sent_at: AwareDatetime = Field(description="the station's clock, with its offset from UTC")
    waiting: int | None = Field(
        default=None, ge=0, le=1 << 53, description="files that wait at the station to be sent"
    )


class HeartbeatAnswer(Wire):
    """What a station may set its clock by."""

    received_at: datetime
    clock_ahead_ms: int = Field(description="by how much the station's clock is ahead of ours")


def taken(receipt: Receipt) -> Taken:
    """Return a receipt as it goes over the wire."""
    return Taken(
        name=receipt.name,
        sha256=receipt.sha256,
        known=receipt.known,
        rows=receipt.counts.rows,
        rows_new=receipt.counts.rows_new,
        rows_known=receipt.counts.rows_known,
        rows_quarantined=len(receipt.problems),
        quarantined=[
            Quarantined(row=one.row, field=one.column, code=one.code, reason=one.reason)
            for one in receipt.problems[:PROBLEMS_MAX]
        ],
    )
