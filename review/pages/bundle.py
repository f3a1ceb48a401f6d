"""The evidence bundle of a case for a court, handed out to those who answer for it, each time logged."""

import re

from starlette.responses import Response

from models import audit
from models.case_life import life_of
from models.keys import KeyFileError
from models.values.office import Action, Role
from pipeline.bundle import EvidenceError
from review.access import Page, Visit
from review.refusals import NotFoundError

EXPORTERS = frozenset({Role.AUDITOR, Role.LEGAL_REVIEWER, Role.TEAM_LEADER})


def download(visit: Visit) -> Response:
    """Return the signed archive of a case."""
    number, office = visit.path("number"), visit.office
    if office.bundle is None:
        raise NotFoundError("没有这个页面")
    at_ms = office.clock_ms()
    with office.write("console.exported") as connection:
        life_of(connection, number)
        audit.append(connection, visit.officer.actor, Action.EXPORTED, number, at_ms=at_ms)
        try:
            archive = office.bundle(connection, number, at_ms)
        except KeyFileError as error:
            raise NotFoundError("证据签名密钥不可用，请告知系统管理员", 503) from error
        except EvidenceError as error:
            raise NotFoundError("原件缺失或已被改动，不能制作证据包，请告知系统管理员", 410) from error
    name = re.sub(r"[^A-Za-z0-9._-]", "_", number)
    headers = {"Content-Disposition": f'attachment; filename="{name}.zip"', "Cache-Control": "no-store"}
    return Response(archive, media_type="application/zip", headers=headers)


PAGES = (Page(path="/cases/{number}/bundle", show=download, roles=EXPORTERS, method="POST"),)
