"""Visits: a party shows the code of a document and the end of the plate, and may then read it for a while."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select

from models.case_tables import CaseLife
from models.defence_tables import PartyVisit
from models.document_tables import Document
from models.service_tables import ServedDocument
from models.tables import Case
from models.values.documents import DocumentState
from notices.documents.kinds import FOR_THE_PARTY
from notices.documents.numbers import CODE_LENGTH, CODE_LETTERS
from review.public.counter import PublicCounter
from review.refusals import NotFoundError, TakenError

TAIL = 4
# Always in the same words and with the same status, whatever of the two was wrong.
WRONG = "没有找到与此文书码和号牌相符的文书，请核对后再试"
TOO_OFTEN = "尝试次数过多，请半小时后再试，或者到文书载明的地点查询"


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyVisitor:
    """Who showed code and plate: which document, and the token of its forms."""

    document: Row[Any]
    csrf: str


def tidy(code: str) -> str:
    """Return a code as it is kept: what people type for 0 and 1, spaces and dashes are forgiven."""
    typed = code.upper().replace("-", "").replace(" ", "").translate(str.maketrans("OIL", "011"))
    return typed if len(typed) == CODE_LENGTH and set(typed) <= set(CODE_LETTERS) else ""


def document_query() -> Any:  # noqa: ANN401 (a query of many columns)
    """Return the query of sealed documents that were handed out to a party, with their case."""
    return (
        select(
            *Document.__table__.columns,
            Case.number.label("case_number"),
            CaseLife.plate,
            CaseLife.state.label("case_state"),
            ServedDocument.served_on,
        )
        .join(Case, Case.id == Document.case_id)
        .join(CaseLife, CaseLife.case_id == Document.case_id)
        .outerjoin(ServedDocument, ServedDocument.document_id == Document.id)
        .where(
            Document.state == DocumentState.SEALED.value,
            Document.left_at.is_not(None),
            Document.kind.in_([kind.value for kind in FOR_THE_PARTY]),
        )
    )


def enter(counter: PublicCounter, code: str, tail: str, address: str) -> str:
    """Begin a visit and return its token.

    Raises:
        NotFoundError: 404, code or plate is wrong; nothing tells which.
        TakenError: 429, too many wrong ones from this address or for this code.

    """
    now, tidied = counter.clock_ms(), tidy(code)
    limits = counter.limits
    if limits.by_address.holds_off(address, now) or limits.by_code.holds_off(tidied, now):
        raise TakenError(TOO_OFTEN, 429)
    with counter.database.read() as connection:
        row = connection.execute(document_query().where(Document.code == tidied)).one_or_none()
    # One comparison in any case, of texts that are always there.
    known = row.plate[-TAIL:] if row is not None else ""
    same = hmac.compare_digest(known.encode(), tail.strip().upper().encode())
    if row is None or not same or len(known) != TAIL:
        limits.by_address.note(address, now)
        if tidied:
            # What is no code at all is nobody's: it must not hold off the next who mistypes.
            limits.by_code.note(tidied, now)
        raise NotFoundError(WRONG)
    token = secrets.token_urlsafe(32)
    with counter.database.write("public.entered") as connection:
        connection.execute(delete(PartyVisit).where(PartyVisit.began_at < now - counter.visit_ms))
        connection.execute(
            insert(PartyVisit).values(
                token_sha256=_digest(token),
                document_id=row.id,
                csrf=secrets.token_urlsafe(24),
                began_at=now,
            )
        )
    return token


def visitor_of(counter: PublicCounter, connection: Connection, token: str) -> PartyVisitor | None:
    """Return the visit of that token, None where there is none or it is over."""
    visit = connection.execute(
        select(PartyVisit).where(PartyVisit.token_sha256 == _digest(token))
    ).one_or_none()
    if visit is None or not 0 <= counter.clock_ms() - visit.began_at <= counter.visit_ms:
        return None
    row = connection.execute(document_query().where(Document.id == visit.document_id)).one_or_none()
    return PartyVisitor(document=row, csrf=visit.csrf) if row is not None else None


def leave(counter: PublicCounter, token: str) -> None:
    """End a visit."""
    with counter.database.write("public.left") as connection:
        connection.execute(delete(PartyVisit).where(PartyVisit.token_sha256 == _digest(token)))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
