"""A lead without an overload: a person opens its case, for review and no fine, or says that none comes."""

from threading import Thread
from zoneinfo import ZoneInfo

import pytest
from hs_file import HEADER, hs_row
from nights import DAY, MakeNight, Night
from office import add_officer
from snapshot import snapshot
from sqlalchemy import delete, insert, select, update

from models import audit
from models.case_life import Step, StepRefusedError, life_of, move, standing_of
from models.case_tables import CaseEvent
from models.errors import MisuseError, NotDoneError
from models.evasion_tables import ManoeuvreRow
from models.gate_tables import DecisionRow
from models.legibility_tables import ObscuringRow
from models.tables import Case, Finding, Passage
from models.values.case_life import NEEDS_WEIGHING, CaseState, obstacle
from models.values.findings import FindingKind
from models.values.office import Actor, Role
from models.values.states import WeighingWord
from pipeline.cases import open_cases
from pipeline.evasion.unweighed import open_unweighed, waiting_unweighed
from pipeline.evasion.words import Said, is_lead, say
from pipeline.export import lead_rows
from pipeline.gravest import gravest

ZONE = ZoneInfo("Asia/Shanghai")
TAPPED = 1 << 5
LIGHT, HEAVY = 30_000, 63_000


@pytest.fixture
def night(make_night: MakeNight) -> Night:
    """Return a night judged: an overloaded truck and a light one, each with a tapped brake."""
    made = make_night(hs_driving={"violation_byte": True})
    masses = [("01:05", HEAVY), ("01:09", LIGHT)]
    rows = [f"{hs_row(f'2026-06-18 {clock}:00.000', mass)},{TAPPED}" for clock, mass in masses]
    text = "\n".join([f"{HEADER},Violation_Id", *rows]) + "\n"
    (made.inbox / "night.csv").write_text(text, encoding="utf-8")
    made.run()
    return made


@pytest.fixture
def officer(night: Night) -> Actor:
    with night.database.write("test") as connection:
        return add_officer(connection, "reviewer", Role.REVIEWER)


def passage(night: Night, gross_kg: int) -> int:
    with night.database.read() as connection:
        return connection.scalars(select(Passage.id).where(Passage.gross_kg == gross_kg)).one()


def waiting(night: Night) -> list[int]:
    with night.database.read() as connection:
        return [row.id for row in waiting_unweighed(connection, 10)]


def take(night: Night, gross_kg: int, actor: Actor, reason: str = "两张图片均见跨道") -> str:
    with night.database.write("test") as connection:
        return open_unweighed(connection, passage(night, gross_kg), ZONE, reason, actor, 7)


def no_case(night: Night, gross_kg: int) -> None:
    said = Said(passage_id=passage(night, gross_kg), word=WeighingWord.NO_CASE, reason="货车避让行人")
    with night.database.write("test") as connection:
        say(connection, said, Actor(officer_id=None, name="李四(虚构)"), 7)


def test_a_person_opens_the_case_once_and_says_why(night: Night, officer: Actor) -> None:
    assert waiting(night) == [passage(night, LIGHT)]
    number = take(night, LIGHT, officer)
    assert take(night, LIGHT, officer, "再按一次") == number
    assert waiting(night) == []
    with night.database.read() as connection:
        (event,) = connection.execute(select(CaseEvent.__table__)).all()
        logged = [one for one in audit.entries(connection) if one["subject"] == number]
        assert audit.first_break(connection) == ""
    assert (event.to_state, event.officer_id, event.note) == (
        "flagged",
        officer.officer_id,
        "两张图片均见跨道",
    )
    assert len(logged) == 1
    (case,) = night.cases()
    assert (case["case"], case["findings"], case["excess_kg"]) == (number, [FindingKind.EVASION], 0)


def test_two_who_open_it_at_the_same_moment_open_one(night: Night, officer: Actor) -> None:
    opened: list[str] = []
    both = [Thread(target=lambda: opened.append(take(night, LIGHT, officer))) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join(30)
    with night.database.read() as connection:
        assert opened == [connection.scalars(select(Case.number)).one()] * 2


def test_the_program_opens_none_and_later_nights_leave_the_persons_alone(
    night: Night, officer: Actor
) -> None:
    night.run()
    assert night.cases() == []
    take(night, LIGHT, officer)
    before = snapshot(night.database)
    night.run()
    assert snapshot(night.database) == before


def test_no_overload_is_claimed_and_no_fine_comes_of_it(night: Night, officer: Actor) -> None:
    number = take(night, LIGHT, officer)
    with night.database.write("test") as connection:
        life = life_of(connection, number)
        assert gravest(connection, life.case_id) is None
        standing = standing_of(life)
        assert standing.unweighed
        allowed = {to for to in CaseState if not obstacle(standing_of(life), to)}
    assert not allowed & NEEDS_WEIGHING


@pytest.mark.parametrize("to", [CaseState.SUMMONED, CaseState.NOTIFIED])
def test_a_filed_one_is_handed_on_and_never_notified(night: Night, officer: Actor, to: CaseState) -> None:
    number = take(night, LIGHT, officer)
    with night.database.write("test") as connection:
        others = [add_officer(connection, name, Role.REVIEWER).officer_id for name in "ab"]
        life = life_of(connection, number)
        reviewers = dict(zip(("first_reviewer_id", "second_reviewer_id"), others, strict=True))
        for version, state in enumerate(("first_review", "second_review", "filed"), 1):
            step = Step(case_id=life.case_id, version=version, to=CaseState(state), actor=officer, at_ms=1)
            move(connection, step, reviewers)

    def go(to: CaseState) -> None:
        step = Step(case_id=life.case_id, version=4, to=to, actor=officer, at_ms=1, reason="移送公安机关")
        with night.database.write("test") as connection:
            move(connection, step)

    with pytest.raises(StepRefusedError, match="没有认定超限质量"):
        go(to)
    go(CaseState.TRANSFERRED)


def test_a_mass_judged_later_does_not_join_the_case(night: Night, officer: Actor) -> None:
    number = take(night, LIGHT, officer)
    late = {"passage_id": passage(night, LIGHT)}
    with night.database.write("test") as connection:
        connection.execute(insert(Finding).values(late | {"kind": "overload"}))
        connection.execute(insert(Finding).values(late | {"kind": "plate_obscured"}))
        open_cases(connection, night.station, DAY)
    with night.database.read() as connection:
        assert life_of(connection, number).unweighed
        kinds = {
            row.kind: row.case_id
            for row in connection.execute(select(Finding.kind, Finding.case_id).filter_by(**late))
        }
    # What speaks of the driving or the plate joins; the mass is a lead of its own, held by the driving.
    assert kinds["plate_obscured"] == kinds["evasion"]
    assert kinds["overload"] is None


def test_a_truck_overloaded_within_the_minute_gets_a_case_of_its_own(night: Night, officer: Actor) -> None:
    number = take(night, LIGHT, officer)
    plain = [HEADER, hs_row("2026-06-18 01:09:30.000", 64_000)]
    with night.database.write("test") as connection:
        connection.execute(update(Passage).where(Passage.gross_kg == LIGHT).values(plate_front="浙Z00011"))
    (night.inbox / "late.csv").write_text("\n".join(plain) + "\n", encoding="utf-8")
    night.frame("010930.400", 11)
    night.run()
    assert [(case["case"] == number, case["gross_kg"]) for case in night.cases()] == [
        (True, LIGHT),
        (False, 64_000),
    ]


def test_what_is_no_such_lead_is_refused(night: Night, officer: Actor) -> None:
    with pytest.raises(NotDoneError, match="未超限"):
        take(night, HEAVY, officer)
    with pytest.raises(MisuseError, match="理由"):
        take(night, LIGHT, officer, " ")
    with night.database.write("test") as connection:
        connection.execute(delete(Finding).where(Finding.passage_id == passage(night, LIGHT)))
    with pytest.raises(NotDoneError, match="未超限"):
        take(night, LIGHT, officer)


def test_what_is_seen_of_it_later_joins_the_case_and_opens_no_second(night: Night, officer: Actor) -> None:
    light = passage(night, LIGHT)

    def open_it() -> str:
        with night.database.write("test") as connection:
            return open_unweighed(connection, light, ZONE, "前后图片均见", officer, 0)

    number = open_it()
    with night.database.write("test") as connection:
        connection.execute(insert(Finding).values(passage_id=light, kind=FindingKind.PLATE_OBSCURED))
        assert not is_lead(connection, light)
    assert waiting(night) == []
    assert open_it() == number
    with night.database.write("test") as connection:
        open_cases(connection, night.station, DAY)
        given = connection.scalars(select(Finding.case_id).where(Finding.passage_id == light)).all()
        assert connection.scalars(select(Case.id).where(Case.number == number)).one() == given[0]
    assert len(given) == 2
    assert len(set(given)) == 1


@pytest.mark.parametrize("seen", ["driven", "hidden"])
def test_no_case_takes_it_off_the_list_until_more_is_seen(night: Night, seen: str) -> None:
    no_case(night, LIGHT)
    assert waiting(night) == []
    night.run()
    assert night.cases() == []
    own = passage(night, LIGHT)
    with night.database.write("test") as connection:
        assert is_lead(connection, own)
        assert {row["gross_kg"] for row in lead_rows(connection, night.station, DAY)} == {LIGHT, HEAVY}
        if seen == "driven":
            later = update(ManoeuvreRow).where(ManoeuvreRow.passage_id == own)
            connection.execute(later.values(seen_at=ManoeuvreRow.seen_at + 3_600_000))
        else:
            row = {"passage_id": own, "number": 1, "judged_at": 1 << 50, "probability": 0.9}
            connection.execute(insert(ObscuringRow).values(row | {"reasons": "[]", "problem": ""}))
    assert waiting(night) == [own]


def test_only_what_the_gate_decided_is_a_lead(night: Night, officer: Actor) -> None:
    with night.database.write("test") as connection:
        connection.execute(update(DecisionRow).values(outcome="case"))
    assert waiting(night) == []
    with pytest.raises(NotDoneError):
        take(night, LIGHT, officer)
