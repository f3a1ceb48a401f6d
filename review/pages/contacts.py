"""Where the party of a case is reached: taken down by an officer, kept under seal, never shown here again."""

from starlette.responses import Response

from models.case_life import life_of
from models.values.case_life import CaseState
from notices.service.carriers import Contact
from notices.service.contacts import check_contact, contact_kept, keep_contact, store_confirmation
from notices.service.enclosures import inspect
from review.access import Page, Visit, see
from review.forms import line, paragraph
from review.pages.registration import NEEDED
from review.pages.service import CASE, SERVERS, desk_of
from review.refusals import NotAllowedError


def show(visit: Visit) -> Response:
    """Return the form, and whether a contact is kept."""
    number = visit.path("number")
    with visit.office.read() as connection:
        life = life_of(connection, number)
        kept = contact_kept(connection, life.case_id)
    return visit.render("case_contact.html", life=life, kept=kept)


def keep(visit: Visit) -> Response:
    """Keep where the party is reached; the signed confirmation is what allows electronic service."""
    number, desk = visit.path("number"), desk_of(visit)
    given = Contact(
        name=line(visit.form, "name", 100),
        address=paragraph(visit.form, "address", 500),
        email=line(visit.form, "email"),
        phone=line(visit.form, "phone", 30),
    )
    content = next(iter(visit.files.get("confirmation", ())), b"")
    confirmation = inspect(visit.office.inspects, content).content if content else b""
    with visit.office.write("console.kept_contact") as connection:
        life = life_of(connection, number)
        if CaseState(life.state) not in NEEDED:
            raise NotAllowedError("立案后才能登记送达地址")
        # Before the scan is stored: what is refused leaves nothing behind.
        check_contact(given)
        keep_contact(
            connection,
            desk.vault,
            life.case_id,
            given,
            confirmation_sha256=store_confirmation(desk.proofs, confirmation) if confirmation else "",
            actor=visit.officer.actor,
            at_ms=visit.office.clock_ms(),
        )
    return see(f"/cases/{number}/service")


PAGES = (
    Page(path=f"{CASE}/contact", show=show, roles=SERVERS),
    Page(path=f"{CASE}/contact", show=keep, roles=SERVERS, method="POST", uploads=True),
)
