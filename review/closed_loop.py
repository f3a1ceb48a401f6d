"""The closed loop that districts report: four shares that should be 100 %, and how long a notice takes."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Select, exists, func, select
from sqlalchemy.orm import InstrumentedAttribute

from models.case_tables import CaseEvent
from models.document_tables import Document
from models.exchange_tables import ExchangeLog
from models.tables import Case
from models.unweighed import is_unweighed
from models.values.case_life import CaseState
from models.values.documents import DocumentState
from notices.documents.kinds import DocumentKind
from notices.exchange.kinds import Kind

DAY_MS = 86_400_000
# Upper ends of the bars in days; 15 and 90 are the days of the summons and of the decision.
ENDS = (3, 7, 15, 30, 60, 90)


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How many of `whole` are as they should be, and what each of the two counts."""

    text: str
    part: int
    whole: int
    means: str

    @property
    def percent(self) -> float | None:
        """Return the share in percent, None of nothing."""
        return 100 * self.part / self.whole if self.whole else None

    @property
    def written(self) -> str:
        """Return the share as people read it; what is not all is never written as 100."""
        if self.percent is None:
            return "–"
        return f"{int(10 * self.percent) / 10:.1f}%"


def shares(connection: Connection) -> Iterator[Share]:
    """Yield the four shares."""
    # Of other cases the only document follows once they were handed on.
    weighed = ~is_unweighed(CaseEvent.case_id)
    coded = exists().where(Document.case_id == CaseEvent.case_id, Document.state != DocumentState.VOID)
    decided = exists().where(
        Document.case_id == CaseEvent.case_id,
        Document.kind == DocumentKind.DECISION,
        Document.state == DocumentState.SEALED,
    )
    yield Share(
        text="案件赋码率",
        part=_cases(connection, CaseState.FILED, weighed, coded),
        whole=_cases(connection, CaseState.FILED, weighed),
        means="认定超限的立案案件中已有带编码文书的",
    )
    number = select(func.count()).select_from(Document)
    yield Share(
        text="文书盖章率",
        part=connection.scalar(number.where(Document.state == DocumentState.SEALED)) or 0,
        whole=connection.scalar(number.where(Document.state != DocumentState.VOID)) or 0,
        means="未作废的文书中已签章的",
    )
    yield Share(
        text="处罚决定平台制发率",
        part=_cases(connection, CaseState.DECIDED, decided),
        whole=_cases(connection, CaseState.DECIDED),
        means="已作出处罚决定的案件中由本平台签章制发决定书的",
    )
    received = set(connection.scalars(_messages(ExchangeLog.message_id, "received", Kind.LEAD)))
    answers = connection.scalars(_messages(ExchangeLog.contents, "sent", Kind.LEAD_ANSWER))
    answered = {json.loads(contents)["body"]["in_reply_to"] for contents in answers}
    yield Share(
        text="线索反馈率",
        part=len(received & answered),
        whole=len(received),
        means="收到的移送线索中已反馈的",
    )


def notice_days(connection: Connection) -> dict[int, int]:
    """Return how many cases were notified, by whole days from the passage to the first notice."""
    first = (
        select(CaseEvent.case_id, func.min(CaseEvent.at).label("at"))
        .where(CaseEvent.to_state == CaseState.NOTIFIED)
        .group_by(CaseEvent.case_id)
        .subquery()
    )
    days = (first.c.at - Case.passed_at) // DAY_MS
    query = select(days, func.count()).select_from(first).join(Case, Case.id == first.c.case_id)
    return {int(day): int(count) for day, count in connection.execute(query.group_by(days))}


def in_bars(days: dict[int, int]) -> tuple[tuple[str, int], ...]:
    """Return the days in bars from none to more than the last end, empty ones too."""
    if not days:
        return ()
    starts = (0, *(end + 1 for end in ENDS))
    bars = [
        (f"{start}–{end}", sum(count for day, count in days.items() if start <= day <= end))
        for start, end in zip(starts, ENDS, strict=False)
    ]
    return (*bars, (f"> {ENDS[-1]}", sum(count for day, count in days.items() if day > ENDS[-1])))


def median_days(days: dict[int, int]) -> int | None:
    """Return the days within which at least half of the cases were notified."""
    half, counted = sum(days.values()) / 2, 0
    for day, count in sorted(days.items()):
        counted += count
        if counted >= half:
            return day
    return None


def _cases(connection: Connection, state: CaseState, *conditions: ColumnElement[bool]) -> int:
    """Return how many cases ever reached a state."""
    query = select(func.count(func.distinct(CaseEvent.case_id))).where(CaseEvent.to_state == state)
    return connection.scalar(query.where(*conditions)) or 0


def _messages(column: InstrumentedAttribute[str], direction: str, kind: Kind) -> Select[str]:
    return select(column).where(ExchangeLog.direction == direction, ExchangeLog.kind == kind.value)
