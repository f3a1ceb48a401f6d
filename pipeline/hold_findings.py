"""Findings that later records or frames may take back: those of a day held to what is judged of it now."""

from sqlalchemy import ColumnElement, Connection, delete, select

from models.inserts import insert_new
from models.tables import Finding, Passage
from models.values.findings import FindingKind


def hold_findings(
    connection: Connection, kind: FindingKind, of_day: ColumnElement[bool], flagged: set[int]
) -> int:
    """Hold the findings of a kind to the `flagged` passages of a day, by id; return how many are new.

    One that is in a case already stays for its officers.
    """
    passages = select(Passage.id).where(of_day)
    held = select(Finding.passage_id).where(Finding.kind == kind.value, Finding.passage_id.in_(passages))
    known = set(connection.scalars(held))
    gone = known - flagged
    if gone:
        connection.execute(
            delete(Finding).where(
                Finding.kind == kind.value, Finding.passage_id.in_(gone), Finding.case_id.is_(None)
            )
        )
    new = sorted(flagged - known)
    if new:
        rows = [{"passage_id": one, "kind": kind.value} for one in new]
        connection.execute(insert_new(connection, Finding), rows)
    return len(new)
