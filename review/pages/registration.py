"""What the registries say of a case's vehicle: the part of its page that comes later, and the party."""

from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Row, select
from starlette.responses import Response

from models import audit
from models.case_life import life_of
from models.registry_tables import CaseLookup
from models.values.case_life import AFTER_FILING, CaseState
from models.values.office import Action, Role
from models.vault import VaultError
from review.access import CASE_READERS, CASE_WORKERS, Page, Visit, see
from review.case_file import read_lookups
from review.office import Office
from review.refusals import NotAllowedError, NotFoundError

# Before the filing nobody needs to know who owns the vehicle: officers look at what it did.
NEEDED = AFTER_FILING | {CaseState.SUSPENDED, CaseState.RECOGNISED}


def show(visit: Visit) -> Response:
    """Return the part of the case page that tells of the registries, as it is now."""
    number = visit.path("number")
    with visit.office.read() as connection:
        life = life_of(connection, number)
        lookups = read_lookups(connection, visit.office, life, visit.officer)
    return visit.render(
        "case_lookup.html",
        lookups=lookups,
        number=number,
        may_ask=may_ask(visit.office, visit.officer.role),
    )


def may_ask(office: Office, role: Role) -> bool:
    """Tell whether this role may have the registries asked again."""
    return office.asking is not None and role in CASE_WORKERS


def ask_again(visit: Visit) -> Response:
    """Have the registries asked again for a case whose answer is missing, and log who wanted it."""
    number, asking = visit.path("number"), visit.office.asking
    if asking is None:
        raise NotAllowedError("没有配置车辆登记系统")
    with visit.office.write("console.asked_again") as connection:
        life = life_of(connection, number)
        lookups = read_lookups(connection, visit.office, life, visit.officer)
        if lookups.is_missing:
            at_ms = visit.office.clock_ms()
            audit.append(connection, visit.officer.actor, Action.ASKED_AGAIN, number, at_ms=at_ms)
    if lookups.is_missing:
        asking.again(life.case_id)
    return see(f"/cases/{quote(number)}#lookup")


def shows_party(office: Office, life: Row[Any], role: Role) -> bool:
    """Tell whether this role may be shown the party of a case as it stands."""
    return office.party is not None and role in CASE_WORKERS and CaseState(life.state) in NEEDED


def party(visit: Visit) -> Response:
    """Show owner and address, and log who was shown them."""
    number, opened = visit.path("number"), visit.office.party
    with visit.office.write("console.saw_party") as connection:
        life = life_of(connection, number)
        if opened is None or not shows_party(visit.office, life, visit.officer.role):
            raise NotAllowedError("立案后办理案件的人员才能查看当事人")
        answers = _answers(connection, life)
        try:
            parties = [
                (plate, found) for plate, answer_id in answers if (found := opened(connection, answer_id))
            ]
        except VaultError as error:
            raise NotFoundError("当事人资料无法解密，请告知系统管理员", 410) from error
        if not parties:
            raise NotFoundError("没有当前号牌的登记资料，或资料已过保存期限")
        detail = {"plates": [plate for plate, _ in parties]}
        at_ms = visit.office.clock_ms()
        audit.append(connection, visit.officer.actor, Action.SAW_PARTY, number, at_ms=at_ms, detail=detail)
    return visit.render("party.html", number=number, parties=parties)


def _answers(connection: Connection, life: Row[Any]) -> list[tuple[str, int]]:
    """Return plate and kept answer of the vehicle, and of its trailer, that the latest look-up rests on."""
    latest = connection.execute(
        select(
            CaseLookup.plate,
            CaseLookup.trailer_plate,
            CaseLookup.vehicle_answer_id,
            CaseLookup.trailer_answer_id,
        )
        .where(CaseLookup.case_id == life.case_id)
        .order_by(CaseLookup.id.desc())
        .limit(1)
    ).one_or_none()
    # The owner of another plate than the one that two officers confirmed is nobody's business here.
    if latest is None or latest.plate != life.plate:
        return []
    pairs = ((latest.plate, latest.vehicle_answer_id), (latest.trailer_plate, latest.trailer_answer_id))
    return [(plate, answer_id) for plate, answer_id in pairs if answer_id is not None]


CASE = "/cases/{number}"
PAGES = (
    Page(path=f"{CASE}/lookup", show=show, roles=CASE_READERS),
    Page(path=f"{CASE}/lookup", show=ask_again, roles=CASE_WORKERS, method="POST"),
    Page(path=f"{CASE}/party", show=party, roles=CASE_WORKERS, method="POST"),
)
