"""The case page, and everything an officer may do with a case."""

from typing import Any

from sqlalchemy import Connection, Row
from starlette.responses import Response

from models import audit
from models.case_life import Step, life_of
from models.values.case_life import AFTER_FILING, CaseState, RejectReason, Verdict
from models.values.office import Role
from review import steps, verdicts
from review.access import CASE_READERS, CASE_WORKERS, Page, Visit, see
from review.assignment import give_back, take
from review.case_file import read_case
from review.forms import line, number, paragraph
from review.looks import note_look
from review.pages import bundle, registration
from review.pages.queue import take_another, today
from review.partners import case_partner
from review.queue import WORK, Filter, Stage, case_rows
from review.refusals import BadInputError, NotFoundError, TakenError

BESIDE = 14
JUDGED = frozenset({CaseState.FIRST_REVIEW, CaseState.SECOND_REVIEW, CaseState.DISAGREED})
REVIEWERS = frozenset({Role.REVIEWER, Role.TEAM_LEADER})


def show(visit: Visit) -> Response:
    """Return the case page."""
    return _page(visit, visit.path("number"))


def _page(visit: Visit, number: str, *, note: str = "", corrected: bool = False) -> Response:
    officer = visit.officer
    with visit.office.read() as connection:
        case = read_case(connection, visit.office, number, officer)
        if case is None:
            raise NotFoundError(f"没有案件 {number}")
        stage = next(stage for stage in Stage if case.state in stage.states)
        beside = case_rows(connection, Filter(stage=stage), officer, BESIDE)[:BESIDE]
        done = _done(connection, visit)
        partner = case_partner(connection, visit.office.partners, case.life)
    note_look(visit.office, officer, number)
    reviewed = officer.officer_id in {case.life.first_reviewer_id, case.life.second_reviewer_id}
    return visit.render(
        "case.html",
        case=case,
        stage=stage,
        beside=beside,
        holder=case.life.holder,
        held_by_me=case.life.holder_id == officer.officer_id,
        done=done,
        today=today(visit),
        judges=_judges(case.state, officer.role) and not reviewed,
        reviewed=reviewed,
        takes_back=_takes_back(case.life, visit),
        steps=steps.offered(case.life, officer, no_partner=visit.office.no_partner),
        partner=partner,
        may_decide=CaseState.DECIDED in case.state.allowed_next
        and officer.role in steps.roles_for(case.state, CaseState.DECIDED),
        reasons=[one for one in RejectReason if one is not RejectReason.STATEMENT_UPHELD],
        handling=case.state in AFTER_FILING,
        works=officer.role in CASE_WORKERS,
        may_ask=registration.may_ask(visit.office, officer.role),
        shows_party=registration.shows_party(visit.office, case.life, officer.role),
        exports=visit.office.bundle is not None and officer.role in bundle.EXPORTERS,
        note=note,
        corrected=corrected,
    )


def _judges(state: CaseState, role: Role) -> bool:
    return state in JUDGED and (
        role is Role.TEAM_LEADER or (role in REVIEWERS and state is not CaseState.DISAGREED)
    )


def _takes_back(life: Row[Any], visit: Visit) -> bool:
    state = CaseState(life.state)
    own = life.first_reviewer_id == visit.officer.officer_id
    leader = visit.officer.role is Role.TEAM_LEADER
    return (state is CaseState.SECOND_REVIEW and own) or (state is CaseState.DISMISSED and leader)


def _done(connection: Connection, visit: Visit) -> Any:  # noqa: ANN401 (a row)
    """Return the case that was just done, to say so at the top of the next one."""
    number = visit.asked("done")
    return life_of(connection, number) if number else None


def take_case(visit: Visit) -> Response:
    """Take the case."""
    with visit.office.write("console.took") as connection, audit.held_back(connection):
        life = life_of(connection, visit.path("number"))
        take(connection, visit.office, life, visit.officer)
    return see(f"/cases/{life.number}")


def release(visit: Visit) -> Response:
    """Give the case back and go to the queue."""
    with visit.office.write("console.gave_back") as connection:
        give_back(connection, visit.office, life_of(connection, visit.path("number")), visit.officer)
    return see("/queue")


def judge(visit: Visit) -> Response:
    """Correct the plate, or give the verdict and go on to the next case."""
    plate = line(visit.form, "plate", 20).upper().replace("？", "?").replace(" ", "").replace("·", "")
    note, seen = paragraph(visit.form, "note"), line(visit.form, "plate_seen", 20)
    act = visit.form.get("act", "")
    if act not in {"plate", *Verdict}:
        raise BadInputError("请选择确认、驳回或更正号牌")
    # A verdict rests on a plate that was looked up; one just typed is looked at first.
    if act == "plate" or (act == Verdict.CONFIRM and plate != seen):
        return _correct(visit, seen, plate, note)
    opinion = verdicts.Opinion(
        verdict=Verdict(act),
        reason=_reason(visit) if act == Verdict.REJECT else None,
        note=note,
        plate=seen,
    )
    with visit.office.step("console.judged") as connection:
        life = _mine(connection, visit, number(visit.form, "version"))
        stage = next(stage for stage in Stage if CaseState(life.state) in stage.states)
        at_ms, share = visit.office.clock_ms(), visit.office.second_reading_share
        verdicts.give_verdict(connection, life, visit.officer, opinion, at_ms=at_ms, share=share)
        visit.office.moved(connection, life)
        give_back(connection, visit.office, life, visit.officer)
    works_on = WORK[visit.officer.role]
    following = take_another(visit, [stage, *(one for one in works_on if one is not stage)], life.case_id)
    return see(f"/cases/{following}?done={life.number}" if following else f"/queue?done={life.number}")


def _reason(visit: Visit) -> RejectReason | None:
    word = visit.form.get("reason", "")
    if word and word not in set(RejectReason):
        raise BadInputError("没有这项驳回理由")
    return RejectReason(word) if word else None


def _correct(visit: Visit, seen: str, plate: str, note: str) -> Response:
    if plate != seen:
        with visit.office.write("console.corrected") as connection, audit.held_back(connection):
            life = _mine(connection, visit, number(visit.form, "version"))
            verdicts.correct_plate(connection, life, visit.officer, seen, plate, visit.office.clock_ms())
        if visit.office.asking:
            visit.office.asking.again()
    return _page(visit, visit.path("number"), note=note, corrected=True)


def _mine(connection: Connection, visit: Visit, version: int) -> Any:  # noqa: ANN401 (a row)
    """Return the case if it still is as it was seen and nobody else holds it.

    Raises:
        TakenError: another officer holds it.
        CaseMovedError: it was moved meanwhile.

    """
    life = life_of(connection, visit.path("number"))
    if life.version != version:
        state = CaseState(life.state)
        raise TakenError(f"案件 {life.number} 已由他人办理，现为“{state.label}”；您的意见没有保存")
    take(connection, visit.office, life, visit.officer)
    return life_of(connection, visit.path("number"))


def take_back(visit: Visit) -> Response:
    """Take back one's own first verdict, or reopen a dismissal."""
    with visit.office.write("console.took_back") as connection, audit.held_back(connection):
        life = life_of(connection, visit.path("number"))
        if life.version != number(visit.form, "version"):
            raise TakenError("案件已由他人办理，不能撤回")
        verdicts.take_back(connection, life, visit.officer, visit.office.clock_ms())
        take(connection, visit.office, life_of(connection, life.number), visit.officer)
    return see(f"/cases/{life.number}")


def step(visit: Visit) -> Response:
    """Take a step after the filing."""
    to = visit.form.get("to", "")
    if to not in set(CaseState):
        raise BadInputError("请选择下一环节")
    reason, note = line(visit.form, "reason"), paragraph(visit.form, "note")
    with visit.office.step("console.stepped") as connection:
        life = _mine(connection, visit, number(visit.form, "version"))
        taken = Step(
            case_id=life.case_id,
            version=life.version,
            to=CaseState(to),
            actor=visit.officer.actor,
            at_ms=visit.office.clock_ms(),
            reason=reason,
            note=note,
            no_partner=visit.office.no_partner,
            no_fine=visit.form.get("fine") == "none",
        )
        steps.take_step(connection, life, visit.officer, taken)
        visit.office.moved(connection, life)
    return see(f"/cases/{life.number}")


CASE = "/cases/{number}"
PAGES = (
    Page(path=CASE, show=show, roles=CASE_READERS),
    Page(path=f"{CASE}/take", show=take_case, roles=CASE_WORKERS, method="POST"),
    Page(path=f"{CASE}/release", show=release, roles=CASE_WORKERS, method="POST"),
    Page(path=f"{CASE}/verdict", show=judge, roles=REVIEWERS, method="POST"),
    Page(path=f"{CASE}/back", show=take_back, roles=REVIEWERS, method="POST"),
    Page(path=f"{CASE}/step", show=step, roles=CASE_WORKERS, method="POST"),
)
