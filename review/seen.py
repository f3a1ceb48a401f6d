"""Whose pictures may be seen: those of cases, and of leads on which a person may speak."""

from sqlalchemy import Connection, select

from models.tables import Finding
from pipeline.evasion.words import is_lead


def may_be_seen(connection: Connection, passage_id: int) -> bool:
    """Tell whether a passage stands in a case or in such a lead."""
    in_case = select(Finding.id).where(Finding.passage_id == passage_id, Finding.case_id.is_not(None))
    return connection.scalar(in_case.limit(1)) is not None or is_lead(connection, passage_id)
