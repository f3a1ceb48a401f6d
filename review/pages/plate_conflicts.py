"""Plates on two vehicles: a person's word that they were checked and are no clone."""

from starlette.responses import Response

from pipeline.reidentify.kept_conflicts import close
from review.access import Page, Visit, see
from review.forms import line, number
from review.pages.evasion import SPEAKERS
from review.refusals import BadInputError


def checked(visit: Visit) -> Response:
    """Close a conflict for good; what was told of it stays kept."""
    reason = line(visit.form, "note")
    if not reason:
        raise BadInputError("请填写理由")
    with visit.office.write("console.conflict") as connection:
        close(
            connection,
            number(visit.form, "conflict"),
            reason,
            visit.officer.actor,
            visit.office.clock_ms(),
        )
    return see("/evasion")


PAGES = (Page(path="/evasion/checked", show=checked, roles=SPEAKERS, method="POST"),)
