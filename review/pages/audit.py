"""The audit log for the auditor: who saw, changed and decided what."""

from sqlalchemy import select
from starlette.responses import Response

from models.audit import head
from models.office_tables import AuditEntry
from models.values.office import Action, Role
from review.access import Page, Visit
from review.forms import whole

SHOWN = 100
READERS = frozenset({Role.AUDITOR})


def show(visit: Visit) -> Response:
    """Return a page of the log, the newest entries first."""
    subject, action, before = visit.asked("subject").strip(), visit.asked("action"), visit.asked("before")
    query = select(*AuditEntry.__table__.columns).order_by(AuditEntry.number.desc()).limit(SHOWN + 1)
    if subject:
        query = query.where(AuditEntry.subject == subject)
    if action in set(Action):
        query = query.where(AuditEntry.action == action)
    if (behind := whole(before)) is not None:
        query = query.where(AuditEntry.number < behind)
    with visit.office.read() as connection:
        rows = connection.execute(query).all()
        end = head(connection)
    return visit.render(
        "audit.html",
        rows=rows[:SHOWN],
        more=len(rows) > SHOWN,
        end=end,
        subject=subject,
        action=action,
        actions={one.value: one.label for one in Action},
    )


PAGES = (Page(path="/audit", show=show, roles=READERS),)
