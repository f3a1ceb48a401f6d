"""Numbers of documents: one after the other by agency, kind and year; each one taken is accounted for."""

import secrets
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, insert, select, update

from models.document_tables import Document, DocumentCounter
from models.errors import NotDoneError
from models.inserts import upsert
from models.values.documents import DocumentState
from notices.documents.kinds import DocumentKind
from notices.documents.parts import Act

# Crockford's base 32: no letter that is taken for a figure.
CODE_LETTERS, CODE_LENGTH = "0123456789ABCDEFGHJKMNPQRSTVWXYZ", 16


class NumberError(NotDoneError, ValueError):
    """A number can't be taken or changed; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which document is asked for: a case has one of each kind and copy."""

    agency: str
    kind: DocumentKind
    case_id: int
    copy: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A number taken; `sha256` is the sealed file that bears it, "" while there is none."""

    document_id: int
    act: Act
    state: DocumentState
    sha256: str
    reason: str


def reserve(connection: Connection, wanted: Wanted, day: date) -> Taken:
    """Return the document's number, taking the next of the year if it has none yet."""
    key = {"agency": wanted.agency, "kind": wanted.kind.value, "year": day.year}
    counter = upsert(connection, DocumentCounter).values(**key, last=0)
    # Touching the row holds it: who comes second reads what the first has written.
    last = connection.scalar(
        counter.on_conflict_do_update(
            index_elements=["agency", "kind", "year"], set_={"last": DocumentCounter.last}
        ).returning(DocumentCounter.last)
    )
    taken = find(connection, wanted)
    if taken is not None:
        return taken
    sequence = int(last or 0) + 1
    row = key | {
        "sequence": sequence,
        "number": f"{wanted.agency}{wanted.kind.mark}〔{day.year}〕{sequence}号",
        "case_id": wanted.case_id,
        "copy": wanted.copy,
        "code": "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH)),
        "issued_on": day.isoformat(),
        "state": DocumentState.RESERVED.value,
    }
    connection.execute(insert(Document).values(row))
    of_key = (DocumentCounter.agency == wanted.agency) & (DocumentCounter.kind == wanted.kind.value)
    connection.execute(
        update(DocumentCounter).where(of_key, DocumentCounter.year == day.year).values(last=sequence)
    )
    made = find(connection, wanted)
    if made is None:
        raise NumberError(f"{row['number']} was not kept")
    return made


def void(connection: Connection, number: str, reason: str) -> None:
    """Declare a number void; it stays in the register, with its reason.

    Raises:
        NumberError: there is no such number, it is void already, or no reason is given.

    """
    if not reason.strip():
        raise NumberError(f"{number}: a reason is needed")
    voided = connection.execute(
        update(Document)
        .where(Document.number == number, Document.state != DocumentState.VOID.value)
        .values(state=DocumentState.VOID.value, reason=reason.strip())
        .returning(Document.id)
    ).all()
    if not voided:
        raise NumberError(f"{number}: no such number, or void already")


def find(connection: Connection, wanted: Wanted) -> Taken | None:
    """Return the document's number, None if it has none yet."""
    row = connection.execute(
        select(Document).where(
            Document.case_id == wanted.case_id,
            Document.kind == wanted.kind.value,
            Document.copy == wanted.copy,
        )
    ).one_or_none()
    if row is None:
        return None
    return Taken(
        document_id=row.id,
        act=Act(number=row.number, code=row.code, issued_on=date.fromisoformat(row.issued_on)),
        state=DocumentState(row.state),
        sha256=row.sha256,
        reason=row.reason,
    )
