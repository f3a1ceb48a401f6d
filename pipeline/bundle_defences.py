"""What the party of a case filed and handed in, and the agency's answers.

The words themselves lie under the seal of the installation's vault; their digest stands here, so that a copy
handed to a court can be held against it.
"""

from typing import Any

from sqlalchemy import Connection, select

from models.defence_tables import Defence, DefenceAnswer, DefenceEnclosure
from models.document_tables import Document

FILED = ("receipt", "kind", "at", "late", "officer_id", "text_sha256")
ANSWERED = ("at", "officer_id", "answer", "reason", "hearing_on", "place")
SUFFIXES = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png"}


def defences(connection: Connection, case_id: int) -> list[dict[str, object]]:
    """Return each statement and request with its answers, as plain values."""
    query = select(Defence.id, *(getattr(Defence, name) for name in FILED), Document.number.label("document"))
    query = query.join(Document, Document.id == Defence.document_id).where(Defence.case_id == case_id)
    return [
        _plain(row) | {"answers": _answers(connection, row.id)}
        for row in connection.execute(query.order_by(Defence.id)).all()
    ]


def _answers(connection: Connection, defence_id: int) -> list[dict[str, object]]:
    query = select(*(getattr(DefenceAnswer, name) for name in ANSWERED))
    rows = connection.execute(query.where(DefenceAnswer.defence_id == defence_id).order_by(DefenceAnswer.id))
    return [_plain(row) for row in rows]


def enclosures(connection: Connection, case_id: int) -> dict[str, str]:
    """Return the digests of the files that were handed in, by their names in the archive."""
    rows = connection.execute(
        select(Defence.receipt, DefenceEnclosure.sha256, DefenceEnclosure.media_type)
        .join(Defence, Defence.id == DefenceEnclosure.defence_id)
        .where(Defence.case_id == case_id)
        .order_by(DefenceEnclosure.id)
    )
    return {f"enclosures/{row.receipt}-{row.sha256}.{SUFFIXES[row.media_type]}": row.sha256 for row in rows}


def _plain(row: Any) -> dict[str, object]:  # noqa: ANN401 (a row)
    return {name: value for name, value in row._mapping.items() if name != "id"}  # noqa: SLF001 (public there)
