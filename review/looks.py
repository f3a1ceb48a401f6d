"""Who looked at what: it is logged."""

from models.audit import append
from models.values.office import Action
from review.accounts import Visitor
from review.office import Office


def note_look(office: Office, visitor: Visitor, subject: str) -> None:
    """Log that an officer saw a case, or whole plates that are in none, once an hour."""
    if office.first_look(visitor.officer_id, subject):
        with office.write("console.saw") as connection:
            append(connection, visitor.actor, Action.SAW, subject, at_ms=office.clock_ms())
