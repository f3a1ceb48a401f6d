"""Service of a case's documents: begin the next attempt, note what came of one with its proof, see both."""

from datetime import date
from typing import Any

from sqlalchemy import Connection, select
from starlette.responses import Response

from models.case_life import life_of
from models.defence_tables import Defence, DefenceEnclosure
from models.document_tables import Document
from models.files import ChangedFileError, FileStore
from models.service_tables import ServedDocument, ServiceAttempt, ServiceResult
from models.values.documents import DocumentState
from models.values.office import Role
from models.values.service import Channel, Outcome
from notices.documents.kinds import FOR_THE_PARTY, DocumentKind
from notices.service.attempts import ServiceError, document_row
from notices.service.carriers import Report
from notices.service.desk import ServiceDesk
from notices.service.enclosures import PDF, inspect
from notices.service.leaving import obstacle_to_leaving
from notices.service.post import REFUSED
from review.access import CASE_READERS, Page, Visit, see
from review.course import course_of
from review.forms import day, line
from review.refusals import BadInputError, NotFoundError

SERVERS = frozenset({Role.REVIEWER, Role.TEAM_LEADER})
ENDS = (Outcome.DELIVERED, Outcome.FAILED)
BEGINS = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG": "image/png", b"%PDF-": PDF}


def show(visit: Visit) -> Response:
    """Return the attempts of a case, and its documents that can be served."""
    number, desk = visit.path("number"), desk_of(visit)
    with visit.office.read() as connection:
        life = life_of(connection, number)
        course = course_of(connection, None, life.case_id, number)
        waiting = _waiting(connection, life.case_id, desk.today())
    documents = [(row, DocumentKind(row.kind), *desk.channels(row.number)) for row in waiting]
    return visit.render(
        "case_service.html",
        life=life,
        attempts=course.attempts,
        documents=documents,
        channels=Channel,
        ends=ENDS,
        refused=REFUSED,
        serves=visit.officer.role in SERVERS,
        today=desk.today(),
    )


def _waiting(connection: Connection, case_id: int, today: date) -> list[Any]:
    """Return the sealed documents that may go to the party, were not served, and no open attempt carries."""
    served = select(ServedDocument.document_id).where(ServedDocument.document_id == Document.id)
    ended = select(ServiceResult.id).where(
        ServiceResult.attempt_id == ServiceAttempt.id,
        ServiceResult.outcome.in_([one.value for one in ENDS]),
    )
    running = select(ServiceAttempt.id).where(ServiceAttempt.document_id == Document.id, ~ended.exists())
    query = select(Document).where(
        Document.case_id == case_id,
        Document.state == DocumentState.SEALED.value,
        Document.kind.in_([one.value for one in FOR_THE_PARTY]),
        ~served.exists(),
        ~running.exists(),
    )
    rows = connection.execute(query.order_by(Document.id)).all()
    return [row for row in rows if not obstacle_to_leaving(connection, row, today)]


def start(visit: Visit) -> Response:
    """Begin to serve a document, by the next channel unless one is chosen."""
    number, chosen = visit.path("number"), visit.form.get("channel", "")
    if chosen and chosen not in set(Channel):
        raise BadInputError("请选择送达方式")
    desk, document = desk_of(visit), line(visit.form, "document")
    _check_case(visit, number, document)
    desk.start(document, Channel(chosen) if chosen else None, actor=visit.officer.actor)
    return see(f"/cases/{number}/service")


def note(visit: Visit) -> Response:
    """Note what came of an attempt, with the photograph or scan that proves it."""
    number, desk = visit.path("number"), desk_of(visit)
    outcome = visit.form.get("outcome", "")
    if outcome not in {one.value for one in ENDS}:
        raise BadInputError("请选择送达结果")
    on = day(visit.form, "on")
    if on is None:
        raise BadInputError("请填写日期")
    reference, content = line(visit.form, "reference"), next(iter(visit.files.get("proof", ())), b"")
    with visit.office.read() as connection:
        of_attempt = select(Document.number).join(ServiceAttempt, ServiceAttempt.document_id == Document.id)
        document = connection.scalar(of_attempt.where(ServiceAttempt.reference == reference))
    _check_case(visit, number, document or "")
    report = Report(
        outcome=Outcome(outcome),
        on=on,
        tracking=line(visit.form, "tracking"),
        reason=line(visit.form, "reason"),
        proof=inspect(visit.office.inspects, content).content if content else b"",
    )
    desk.note(reference, report, actor=visit.officer.actor)
    return see(f"/cases/{number}/service")


def proof(visit: Visit) -> Response:
    """Return what proves a delivery of the case."""
    number, sha256 = visit.path("number"), visit.path("sha256")
    query = (
        select(ServiceResult.id)
        .join(ServiceAttempt, ServiceAttempt.id == ServiceResult.attempt_id)
        .join(Document, Document.id == ServiceAttempt.document_id)
    )
    with visit.office.read() as connection:
        of_case = Document.case_id == life_of(connection, number).case_id
        found = connection.scalar(query.where(of_case, ServiceResult.proof_sha256 == sha256).limit(1))
    return _kept(visit, sha256, known=found is not None)


def enclosure(visit: Visit) -> Response:
    """Return a file that the party handed in with a statement."""
    number, sha256 = visit.path("number"), visit.path("sha256")
    query = select(DefenceEnclosure.id).join(Defence, Defence.id == DefenceEnclosure.defence_id)
    with visit.office.read() as connection:
        of_case = Defence.case_id == life_of(connection, number).case_id
        found = connection.scalar(query.where(of_case, DefenceEnclosure.sha256 == sha256).limit(1))
    return _kept(visit, sha256, known=found is not None)


def _kept(visit: Visit, sha256: str, *, known: bool) -> Response:
    if not known:
        raise NotFoundError("没有这个文件")
    try:
        content = proofs(visit).read(sha256)
    except ChangedFileError as error:
        raise NotFoundError("文件与登记的摘要不符，不能提供，请告知系统管理员", 410) from error
    except OSError as error:
        raise NotFoundError("文件已不在存储中，请告知系统管理员", 410) from error
    media = next((media for begins, media in BEGINS.items() if content.startswith(begins)), "")
    # Pictures are shown; all else is saved, so that nothing of a stranger's runs here.
    shown = media.startswith("image/")
    headers = {"Cache-Control": "private, no-store"}
    headers |= {} if shown else {"Content-Disposition": f'attachment; filename="{sha256[:12]}"'}
    return Response(content, media_type=media or "application/octet-stream", headers=headers)


def proofs(visit: Visit) -> FileStore:
    """Return where proofs and enclosures are kept."""
    return desk_of(visit).proofs


def desk_of(visit: Visit) -> ServiceDesk:
    """Return the desk that serves; there is none where service is not configured."""
    if visit.office.service is None:
        raise NotFoundError("没有配置送达")
    return visit.office.service()


def _check_case(visit: Visit, number: str, document: str) -> None:
    """Refuse a document of another case."""
    with visit.office.read() as connection:
        if document_row(connection, document).case_number != number:
            raise ServiceError(f"{document} 不是本案的文书")


CASE = "/cases/{number}"
PAGES = (
    Page(path=f"{CASE}/service", show=show, roles=CASE_READERS),
    Page(path=f"{CASE}/service", show=start, roles=SERVERS, method="POST"),
    Page(path=f"{CASE}/service/outcome", show=note, roles=SERVERS, method="POST", uploads=True),
    Page(path=f"{CASE}/proofs/{{sha256}}", show=proof, roles=CASE_READERS),
    Page(path=f"{CASE}/enclosures/{{sha256}}", show=enclosure, roles=CASE_READERS),
)
