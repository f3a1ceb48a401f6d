"""A party's pages: enter with code and plate, read the document, file a statement, take the PDF."""

from datetime import date
from typing import Any
from urllib.parse import quote

from sqlalchemy import Row
from starlette.responses import Response

from models.values.case_life import CaseState
from models.values.office import PROGRAM
from models.values.service import Answer, DefenceKind
from notices.documents.kinds import DocumentKind
from notices.service.defence import MAY_FILE, Filing, defences, file_defence, opened, periods_of
from notices.service.enclosed import MOST_FILES, enclose, enclosed
from notices.service.enclosures import inspect
from review.forms import line, paragraph
from review.public import visits
from review.public.desk import COOKIE, PublicVisit, page, see, whole
from review.refusals import BadInputError, NotFoundError

MOST_TEXT = 4000
ANSWER_LABELS = {one.value: one.label for one in Answer}


def start(visit: PublicVisit) -> Response:
    """Return the form for code and plate."""
    code = visit.request.query_params.get("code", "")[:40]
    return visit.render("enter.html", code=code if code.isprintable() else "")


def enter(visit: PublicVisit) -> Response:
    """Let a party in, or say that code or plate is wrong and not which."""
    code, tail = line(visit.form, "code", 40), line(visit.form, "tail", 12)
    token = visits.enter(visit.counter, code, tail, visit.address)
    response = see("/notice")
    secure = visit.request.url.scheme == "https"
    response.set_cookie(COOKIE, token, httponly=True, samesite="strict", secure=secure)
    return response


def read(visit: PublicVisit) -> Response:
    """Show what was weighed, frames, calculation, rights with their last days, and what was filed."""
    found = visit.visitor()
    document, counter = found.document, visit.counter
    kind = DocumentKind(document.kind)
    with counter.database.read() as connection:
        told = counter.told(connection, document.case_number)
        filed = [
            (row, DefenceKind(row.kind), opened(counter.vault, row)["text"])
            for row in defences(connection, document_id=document.id)
        ]
        files = enclosed(connection, document.case_id)
    return visit.render(
        "notice.html",
        document=document,
        kind=kind,
        told=told,
        due=_due(visit, document, kind),
        may_file=[one for one in DefenceKind if one in MAY_FILE.get(kind, ())],
        state=CaseState(document.case_state),
        filed=filed,
        enclosed=files,
        most_files=MOST_FILES,
        answers=ANSWER_LABELS,
        csrf=found.csrf,
        today=counter.today(),
        most=MOST_TEXT,
    )


def _due(visit: PublicVisit, document: Row[Any], kind: DocumentKind) -> tuple[Any, ...]:
    if document.served_on is None:
        return ()
    return periods_of(kind, date.fromisoformat(document.served_on), visit.counter.days_off)


def file(visit: PublicVisit) -> Response:
    """Take a statement or a request for a hearing, and show its receipt."""
    found, counter = visit.visitor(), visit.counter
    kind = visit.form.get("kind", "")
    if kind not in set(DefenceKind):
        raise BadInputError("请选择陈述申辩或者申请听证")
    filing = Filing(
        kind=DefenceKind(kind),
        text=paragraph(visit.form, "text", MOST_TEXT),
        name=line(visit.form, "name", 100),
        contact=line(visit.form, "contact", 100),
    )
    given = [inspect(counter.inspects, one) for one in visit.files.get("files", ())]
    with counter.database.write("public.filed") as connection:
        receipt = file_defence(
            connection,
            counter.vault,
            found.document.id,
            filing,
            actor=PROGRAM,
            at_ms=counter.clock_ms(),
            days_off=counter.days_off,
        )
        enclose(connection, counter.proofs, receipt, given, at_ms=counter.clock_ms())
    return see(f"/notice?receipt={receipt}#filed")


def pdf(visit: PublicVisit) -> Response:
    """Return the sealed document; one that is no longer what was sealed is not given out."""
    document = visit.visitor().document
    content = whole(visit.counter.documents, document.sha256)
    name = quote(f"{DocumentKind(document.kind).label}-{document.code}.pdf")
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
        "Cache-Control": "no-store",
    }
    return Response(content, media_type="application/pdf", headers=headers)


def frame(visit: PublicVisit) -> Response:
    """Return a frame that the document shows, and no other."""
    document, counter = visit.visitor().document, visit.counter
    sha256 = str(visit.request.path_params["sha256"])
    with counter.database.read() as connection:
        told = counter.told(connection, document.case_number)
    if told is None or sha256 not in {one["sha256"] for one in told["photographs"]}:
        raise NotFoundError("没有这张图片")
    content = whole(counter.originals, sha256)
    kinds = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG": "image/png"}
    media = next((media for begins, media in kinds.items() if content.startswith(begins)), "")
    headers = {"Cache-Control": "no-store"} | ({} if media else {"Content-Disposition": "attachment"})
    return Response(content, media_type=media or "application/octet-stream", headers=headers)


def leave(visit: PublicVisit) -> Response:
    """End the visit."""
    visit.visitor()
    visits.leave(visit.counter, visit.token)
    response = see("/")
    response.delete_cookie(COOKIE)
    return response


PAGES = (
    page("/", start),
    page("/", enter, "POST"),
    page("/notice", read),
    page("/notice/defence", file, "POST", uploads=True),
    page("/notice/pdf", pdf),
    page("/notice/frames/{sha256}", frame),
    page("/leave", leave, "POST"),
)
