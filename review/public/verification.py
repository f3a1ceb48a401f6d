"""The verification of seals: who sealed what and when, intact or not; it says nothing of any party."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from models.apart import TooMuchError
from models.document_tables import Document
from models.values.documents import DocumentState
from notices.documents.kinds import DocumentKind
from notices.documents.register import on_record
from notices.seal.verify import NoSealError, SealFound
from notices.seal.verify_apart import verify_apart
from review.access import check_origin
from review.public.counter import PublicCounter
from review.public.desk import PublicVisit, explained, page, whole
from review.public.visits import TOO_OFTEN, tidy
from review.refusals import BadInputError, NotFoundError, TakenError
from review.uploads import read_posted

UNKNOWN = "没有登记此文书码的文书，请核对"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What there is to say of a document; `registered` says that it is the very file on record."""

    seals: tuple[SealFound, ...]
    problem: str = ""
    registered: str = ""
    void: bool = False


def by_code(visit: PublicVisit) -> Response:
    """Verify the document on record under a code."""
    counter, now = visit.counter, visit.counter.clock_ms()
    code = tidy(str(visit.request.path_params["code"]))
    limits = counter.limits
    if limits.by_address.holds_off(visit.address, now):
        raise TakenError(TOO_OFTEN, 429)
    with counter.database.read() as connection:
        row = connection.execute(
            select(Document.kind, Document.number, Document.state, Document.sha256).where(
                Document.code == code, Document.sha256 != ""
            )
        ).one_or_none()
    if row is None:
        limits.by_address.note(visit.address, now)
        raise NotFoundError(UNKNOWN)
    _count(visit)
    content = whole(counter.documents, row.sha256)
    checked = _checked(counter, content)
    void = row.state == DocumentState.VOID.value
    title = f"{DocumentKind(row.kind).label} {row.number}"
    return visit.render("verified.html", checked=checked, title=title, void=void, code=code)


def form(visit: PublicVisit) -> Response:
    """Return the form for a file."""
    return visit.render("verify.html")


def upload(counter: PublicCounter) -> Route:
    """Return the route that verifies a file which somebody was given."""

    async def endpoint(request: Request) -> Response:
        visit = PublicVisit(request=request, counter=counter, form={})

        async def work() -> Response:
            check_origin(request)
            _count(visit)
            content = (await read_posted(request)).file("file")
            if not content:
                raise BadInputError("请选择一个PDF文件")
            checked = await run_in_threadpool(_checked, counter, content)
            return visit.render("verified.html", checked=checked, title="", void=checked.void, code="")

        return await explained(visit, work)

    return Route("/verify", endpoint, methods=["POST"], name="POST /verify")


def _count(visit: PublicVisit) -> None:
    """Count one verification of this address, or refuse it where there were too many."""
    checks, now = visit.counter.limits.checks, visit.counter.clock_ms()
    if checks.holds_off(visit.address, now):
        raise TakenError(TOO_OFTEN, 429)
    checks.note(visit.address, now)


def _checked(counter: PublicCounter, content: bytes) -> Checked:
    digest = hashlib.sha256(content).hexdigest()
    with counter.database.read() as connection:
        known = on_record(connection, digest)
    registered, void = (known.document, known.void) if known else ("", False)
    now = datetime.fromtimestamp(counter.clock_ms() / 1000, UTC)
    try:
        found = verify_apart(counter.apart, content, counter.anchors.latest()[0], now=now, on_record=known)
    except NoSealError:
        problem = "文件不是带有电子签章的PDF，或者无法读取"
        return Checked(seals=(), problem=problem, registered=registered, void=void)
    except TooMuchError:
        problem = "在限定的时间和内存内无法读完此文件，没有核验"
        return Checked(seals=(), problem=problem, registered=registered, void=void)
    return Checked(seals=found.seals, registered=registered, void=void)


PAGES = (page("/verify", form), page("/d/{code}", by_code), upload)
