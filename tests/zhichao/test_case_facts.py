"""What documents take from the case: registered vehicle, confirmed plate, reviewers, notice, defence."""

import json
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hs_file import hs_row, write_hs
from nights import DAY, Night
from office import add_officer
from papers import AGENCIES
from served import Counter
from sqlalchemy import insert, select, update

from models.case_life import Step, life_of, move
from models.evasion_tables import ManoeuvreRow
from models.legibility_tables import ObscuringRow
from models.registry_tables import CaseLookup, RegisteredJudgement
from models.tables import Finding, Judgement
from models.values.case_life import CaseState
from models.values.findings import FindingKind
from models.values.office import PROGRAM, Actor, Role
from models.values.service import Answer, Channel, DefenceKind, Outcome
from models.values.timeline import to_ms
from models.values.vehicles import VehicleFacts
from notices.casework.claims import Act
from notices.documents.kinds import DocumentKind
from notices.documents.letters import PoliceTransfer
from notices.service.answers import Reply, answer_defence
from notices.service.carriers import Report
from notices.service.defence import Filing, file_defence
from pipeline.worked import limit_article
from zhichao.case_papers import case_facts
from zhichao.paper_fields import make_paper
from zhichao.partner_desk import act
from zhichao.settings import ConfigError, load_settings

ROOT = Path(__file__).parents[2]
CASE = "sim-pinghu-20260618-010100-1"


@pytest.fixture
def night(tmp_path: Path) -> Night:
    settings = load_settings(ROOT / "config.toml").model_copy(update={"data_dir": tmp_path})
    station = settings.station("sim-pinghu").model_copy(update={"clock_offset_ms": 0})
    made = Night(tmp_path, station, settings.url)
    write_hs(made.inbox / "night.csv", [hs_row("2026-06-18 01:01:00.000", 64_321)])
    made.frame("010100.400", 11)
    assert made.run(DAY).cases == 1
    return made


def fields(night: Night) -> dict[str, Any]:
    with night.database.read() as connection:
        return case_facts(connection, night.station, CASE).fields


def register(night: Night, limit_kg: int, facts: VehicleFacts, plate: str = "浙Z00011") -> None:
    """Keep that the vehicle was looked up, and its passage judged again by what is registered."""
    with night.database.write("test") as connection:
        case_id = life_of(connection, CASE).case_id
        judged = connection.execute(select(Judgement)).one()
        row = {"case_id": case_id, "passage_id": judged.passage_id, "looked_up_at": 0, "asked_by": "test"}
        row |= dict.fromkeys(("reason", "trailer_plate", "fit", "doubts", "tried", "permits"), "")
        row |= {"state": "identified", "read_plate": plate, "plate": plate, "colour": "yellow"}
        made = insert(CaseLookup).values(row | {"probability": 1.0}).returning(CaseLookup.id)
        again = {"lookup_id": connection.execute(made).scalar_one(), "passage_id": judged.passage_id}
        again |= {"rule_set": judged.rule_set, "layout": "", "limit_rule": "", "doubts": ""}
        again |= {"limit_kg": limit_kg, "decided_kg": judged.decided_kg, "facts": json.dumps(asdict(facts))}
        excess = max(judged.decided_kg - limit_kg, 0)
        connection.execute(insert(RegisteredJudgement).values(again | {"excess_kg": excess}))


def test_a_registered_vehicles_lower_limit_is_the_documents(night: Night) -> None:
    assert fields(night)["weighing"]["limit_kg"] == 49_000
    register(night, 46_000, VehicleFacts(drive_axles=1))
    told = fields(night)
    assert told["weighing"]["limit_kg"] == 46_000
    assert told["weighing"]["excess_kg"] == told["weighing"]["decided_kg"] - 46_000
    assert "第（八）项" in told["weighing"]["limit_rule"]
    # The sum is that of the same limit.
    assert any(step.quantity == 46_000 for step in told["calculation"].steps)


def test_the_registration_of_another_plate_counts_for_nothing(night: Night) -> None:
    register(night, 46_000, VehicleFacts(drive_axles=1), plate="浙Z00099")
    assert fields(night)["weighing"]["limit_kg"] == 49_000


def test_a_limit_that_todays_rules_do_not_give_is_refused(night: Night) -> None:
    register(night, 45_000, VehicleFacts(drive_axles=1))
    with pytest.raises(ConfigError, match="limit of 45000 kg, the rules 46000 kg"):
        fields(night)


def test_a_vehicle_within_its_registered_limit_is_accused_of_nothing(night: Night) -> None:
    register(night, 70_000, VehicleFacts())
    with pytest.raises(ConfigError, match="not over the limit"):
        fields(night)


def accused(night: Night) -> Act | None:
    settings = load_settings(ROOT / "config.toml").model_copy(update={"data_dir": night.folder})
    with night.database.read() as connection:
        return act(settings, connection, life_of(connection, CASE).case_id)


def test_the_partner_is_told_the_fine_that_the_documents_tell(night: Night) -> None:
    first = accused(night)
    assert first is not None
    assert first.fine_fen == fields(night)["amount_fen"]
    register(night, 46_000, VehicleFacts(drive_axles=1))
    registered = accused(night)
    assert registered is not None
    assert registered.fine_fen == fields(night)["amount_fen"] > first.fine_fen


def test_the_partner_is_told_of_no_act_where_the_registered_limit_was_kept(night: Night) -> None:
    register(night, 70_000, VehicleFacts())
    assert accused(night) is None


@pytest.mark.parametrize(
    ("citation", "words"),
    [
        ("62号令 art. 3(八)", "第三条第一款第（八）项"),
        ("认定标准 note 1; 交公路发〔2017〕173号: a 2-axle truck's gross mass by the vehicle licence", "注1"),
        ("62号令 art. 3(五), 三轴货车; 1 × 62号令 art. 3 para. 2: 3000 kg less for each axle", "单轮胎"),
        ("62号令 art. 3 para. 2: sum of the axle loads of GB 1589-2016; 62号令 art. 3(七)", "轴荷之和"),
        ("nowhere", ""),
    ],
)
def test_citations_of_registered_limits_have_words(citation: str, words: str) -> None:
    found = limit_article(citation)
    assert words in found
    assert bool(found) == bool(words)


def confirmed(night: Night, counter: Counter) -> int:
    """Bring the case past its filing, confirmed by two officers."""
    with night.database.write("test") as connection:
        officers = [add_officer(connection, name, Role.REVIEWER).officer_id for name in ("a", "b")]
        reviewers = {"first_reviewer_id": officers[0], "second_reviewer_id": officers[1]}
        for to in ("first_review", "second_review", "filed", "summoned", "appeared"):
            life = life_of(connection, CASE)
            step = Step(
                case_id=life.case_id,
                version=life.version,
                to=CaseState(to),
                actor=PROGRAM,
                at_ms=to_ms(counter.now),
            )
            changes: dict[str, object] = reviewers if to == "filed" else {}
            move(connection, step, changes | {"plate": "浙Z00017"})
        return int(life_of(connection, CASE).case_id)


def test_plate_reviewers_notice_and_defence_come_from_the_cases_own_rows(
    night: Night, tmp_path: Path
) -> None:
    assert not {"review", "notice_number", "statement"} & fields(night).keys()
    counter = Counter(night.database, tmp_path)
    case_id = confirmed(night, counter)
    told = fields(night)
    assert told["weighing"]["vehicle"]["plate"] == "浙Z00017"
    assert told["review"] == {"first": "虚构a", "second": "虚构b", "on": counter.today}
    number = counter.document(case_id, DocumentKind.VIOLATION_NOTICE)
    reference = counter.desk.start(number, Channel.IN_PERSON, actor=PROGRAM)
    counter.desk.note(reference, Report(outcome=Outcome.DELIVERED, on=counter.today, proof=b"x"))
    told = fields(night)
    assert (told["notice_number"], told["noticed_on"]) == (number, date(2026, 7, 1))
    filing = Filing(kind=DefenceKind.STATEMENT, text="并线", name="虚构")
    with night.database.write("test") as connection:
        receipt = file_defence(connection, counter.desk.vault, 1, filing, at_ms=to_ms(counter.now))
    # While the party waits for its answer the field stays empty, so that no decision is issued.
    assert "statement" not in fields(night)
    with night.database.write("test") as connection:
        reply = Reply(answer=Answer.NOT_UPHELD, reason="两次称重一致")
        officer = Actor(officer_id=1, name="虚构a")
        answer_defence(connection, receipt, reply, officer, at_ms=to_ms(counter.now))
    assert fields(night)["statement"].endswith("经复核不予采纳：两次称重一致")
    with night.database.read() as connection:
        known = case_facts(connection, night.station, CASE)
    with pytest.raises(ConfigError, match="review: the case itself says this"):
        make_paper(DocumentKind.DECISION, AGENCIES["浙江"], known, {"review": {"first": "x", "second": "y"}})


def test_a_case_without_an_overload_is_told_to_the_police_and_gives_no_other_document(night: Night) -> None:
    with night.database.write("test") as connection:
        passage = connection.scalars(select(Finding.passage_id)).one()
        connection.execute(update(Finding).values(kind=FindingKind.EVASION))
    with night.database.read() as connection, pytest.raises(ConfigError, match="没有涉嫌遮挡号牌的情形"):
        case_facts(connection, night.station, CASE)
    with night.database.write("test") as connection:
        connection.execute(update(Finding).values(kind=FindingKind.PLATE_OBSCURED))
        hidden = {"passage_id": passage, "judged_at": 0, "probability": 0.97, "problem": ""}
        for number, reason in enumerate(("旧的理由", "车头号牌被遮挡"), 1):
            reasons = json.dumps([reason], ensure_ascii=False)
            connection.execute(insert(ObscuringRow).values(hidden | {"number": number, "reasons": reasons}))
        driven = {"passage_id": passage, "kind": "straddling", "rules": "x", "seen_at": 0}
        connection.execute(insert(ManoeuvreRow).values(driven | {"sentence": "跨道", "excused": ""}))
    with night.database.read() as connection, pytest.raises(ConfigError, match="由班长转为“已移送”后"):
        case_facts(connection, night.station, CASE)
    with night.database.write("test") as connection:
        leader = add_officer(connection, "leader", Role.TEAM_LEADER)
        case_id = life_of(connection, CASE).case_id
        reviewed = CaseState.FIRST_REVIEW, CaseState.SECOND_REVIEW, CaseState.FILED, CaseState.TRANSFERRED
        two = [add_officer(connection, name, Role.REVIEWER).officer_id for name in ("a", "b")]
        reviewers: dict[str, object] = {"first_reviewer_id": two[0], "second_reviewer_id": two[1]}
        for version, to in enumerate(reviewed, 1):
            step = Step(case_id=case_id, version=version, to=to, actor=leader, at_ms=1, reason="移送")
            move(connection, step, reviewers if to is CaseState.FILED else {})
    with night.database.read() as connection:
        known = case_facts(connection, night.station, CASE)
        assert act(load_settings(ROOT / "config.toml"), connection, known.case_id) is None
    assert known.unweighed
    assert not {"weighing", "calculation", "amount_fen"} & known.fields.keys()
    given = {"act_found": "故意遮挡号牌", "to": {"name": "虚构市公安局（测试）", "address": "虚构路1号"}}
    letter = make_paper(DocumentKind.POLICE_TRANSFER, AGENCIES["浙江"], known, given)
    assert isinstance(letter, PoliceTransfer)
    assert letter.description == "车头号牌被遮挡\n跨道"
    assert len(letter.photographs) == 1
    with night.database.write("test") as connection:
        unsure = hidden | {"number": 3, "probability": 0.3, "reasons": '["不足以认为"]'}
        connection.execute(insert(ObscuringRow).values(unsure))
    with night.database.read() as connection:
        assert case_facts(connection, night.station, CASE).fields["description"] == "跨道"
    for kind in set(DocumentKind) - {DocumentKind.POLICE_TRANSFER}:
        with pytest.raises(ConfigError, match="没有认定超限质量，只能出具《涉嫌号牌违法线索移送函》"):
            make_paper(kind, AGENCIES["浙江"], known, given)
