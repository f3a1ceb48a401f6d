"""What the console shows of how a vehicle was driven."""

import json
import re
from collections.abc import Callable

import pytest
from desk import Desk
from sqlalchemy import delete, insert, select, update

from models.evasion_tables import ManoeuvreRow, WeighingWordRow
from models.gate_tables import DecisionRow
from models.office_tables import AuditEntry
from models.reidentify_tables import CandidateRow, PlateCheck, PlateConflict, SearchRow
from models.tables import Case, Finding, Judgement, Passage
from review.office import Office

SENTENCE = "点刹：设备违规标记第5位<b>"


@pytest.fixture
def driven(office: Office, numbers: list[str]) -> str:
    """Return the number of a case whose vehicle was driven so that the scale could not weigh it."""
    with office.write("test") as connection:
        of_case = select(Finding.passage_id).join(Case, Case.id == Finding.case_id)
        passage = connection.scalar(of_case.where(Case.number == numbers[1]).limit(1))
        row = {"passage_id": passage, "kind": "brake_tapping", "sentence": SENTENCE, "excused": ""}
        connection.execute(insert(ManoeuvreRow).values(row | {"rules": "x", "seen_at": 0}))
    return numbers[1]


@pytest.fixture
def held(office: Office, driven: str) -> int:
    """Return a passage that stays a lead since of how it was driven."""
    of_case = select(Finding.passage_id).join(Case, Case.id == Finding.case_id)
    with office.write("test") as connection:
        passage = connection.scalars(of_case.where(Case.number == driven)).first()
        assert passage is not None
        of_passage = update(Finding).where(Finding.passage_id == passage)
        connection.execute(of_passage.values(case_id=None))
        said = update(DecisionRow).where(DecisionRow.passage_id == passage)
        connection.execute(said.values(outcome="lead", obstacles="lane_barred manoeuvre"))
    return int(passage)


def test_a_reviewer_lets_a_weighing_stand(desk: Callable[[str], Desk], office: Office, held: int) -> None:
    reviewer = desk("reviewer")
    page = reviewer.get("/evasion").text
    assert "待人工认定的超限线索" in page
    assert "另有妨碍立案的情形：车道停用" in page
    assert reviewer.post("/evasion", passage=held, word="stands", note=" ").status_code == 422
    assert reviewer.post("/evasion", passage=held, word="x", note="轴重一致").status_code == 422
    assert reviewer.post("/evasion", passage=10**9, word="stands", note="轴重一致").status_code == 409
    done = reviewer.post("/evasion", passage=held, word="stands", note="轴重<b>一致")
    assert (done.status_code, done.headers["location"]) == (303, "/evasion")
    with office.read() as connection:
        (row,) = connection.execute(select(WeighingWordRow.__table__)).all()
        logged = connection.execute(
            select(AuditEntry.subject, AuditEntry.officer_id).where(AuditEntry.action == "weighing")
        ).all()
    assert (row.passage_id, row.word, row.reason) == (held, "stands", "轴重<b>一致")
    assert [(subject, officer is not None) for subject, officer in logged] == [(f"passage/{held}", True)]
    page = reviewer.get("/evasion").text
    assert "待人工认定的超限线索" not in page
    assert "称重有效：轴重&lt;b&gt;一致" in page


def test_who_only_reads_is_offered_no_word(desk: Callable[[str], Desk], held: int) -> None:
    auditor = desk("auditor")
    page = auditor.get("/evasion").text
    assert "待人工认定的超限线索" in page
    assert 'name="passage"' not in page
    assert auditor.post("/evasion", passage=held, word="stands", note="轴重一致").status_code == 403


def test_the_case_page_tells_that_a_person_let_the_weighing_stand(
    desk: Callable[[str], Desk], office: Office, driven: str
) -> None:
    with office.write("test") as connection:
        passage = connection.scalars(select(ManoeuvreRow.passage_id)).one()
        word = {"passage_id": passage, "word": "stands", "actor": "李四(虚构)", "reason": "轴重一致"}
        connection.execute(insert(WeighingWordRow).values(word | {"said_at": 1}))
    page = desk("reviewer2").get(f"/cases/{driven}").text
    assert "过车时有影响称重的驾驶行为，经人工认定称重有效" in page
    assert "称重有效：轴重一致（李四(虚构)）" in page


def test_the_case_page_says_how_it_was_driven(
    desk: Callable[[str], Desk], driven: str, numbers: list[str]
) -> None:
    reviewer = desk("reviewer")
    page = reviewer.get(f"/cases/{driven}").text
    assert "点刹：设备违规标记第5位&lt;b&gt;" in page
    assert page.count("质量数据须由人工认定") == 1
    assert "质量数据须由人工认定" not in reviewer.get(f"/cases/{numbers[0]}").text


def test_the_list_of_evasion_is_for_those_who_read_cases(desk: Callable[[str], Desk], driven: str) -> None:
    assert driven
    page = desk("auditor").get("/evasion")
    assert page.status_code == 200
    assert "点刹：设备违规标记第5位&lt;b&gt;" in page.text
    assert desk("administrator").get("/evasion").status_code == 403


def test_the_list_tells_of_plates_that_were_checked_and_found_no_clone(
    desk: Callable[[str], Desk], office: Office
) -> None:
    check = {"station_id": "other", "day": "2031-06-18", "rules": "x", "checked_at": 0}
    with office.write("test") as connection:
        connection.execute(insert(PlateCheck).values(check | {"plates": 7, "conflicts": 0}))
    page = desk("auditor").get("/evasion").text
    assert "2031-06-18 other：与此前过车比对的号牌 7 个，矛盾 0 处" in page


def test_the_case_page_shows_who_it_may_have_been_and_a_plate_on_two_vehicles(
    desk: Callable[[str], Desk], office: Office
) -> None:
    with office.write("test") as connection:
        of_case = select(Finding.passage_id).join(Case, Case.id == Finding.case_id).order_by(Case.passed_at)
        known, unread = list(dict.fromkeys(connection.scalars(of_case)))[:2]
        connection.execute(update(Passage).where(Passage.id == unread).values(length_mm=-1))
        connection.execute(update(Passage).where(Passage.id == known).values(length_mm=14_960))
        # The night made searches of its own.
        connection.execute(delete(CandidateRow))
        connection.execute(delete(SearchRow))
        search = {"passage_id": unread, "searched_at": 0, "fleet": 12, "unknown": 0.25, "trouble": ""}
        connection.execute(insert(SearchRow).values(id=1, **search))
        evidence = '{"spacings": 5.0, "loads": -4.0, "length": 0.0, "plate": 0.0, "colour": 0.0}'
        likely = {"search_id": 1, "place": 1, "plate": "浙Z<99", "passage_id": known, "probability": 0.75}
        connection.execute(insert(CandidateRow).values(likely | {"evidence": evidence}))
        twice = {"plate": "浙Z00011", "passage_id": unread, "other_passage_id": known, "kind": "signature"}
        connection.execute(insert(PlateConflict).values(twice | {"sentence": "相差88厘米", "found_at": 0}))
        number = connection.scalar(
            select(Case.number).join(Finding, Finding.case_id == Case.id).where(Finding.passage_id == unread)
        )
    reviewer = desk("reviewer")
    page = reviewer.get(f"/cases/{number}").text
    assert "浙Z&lt;99" in page
    # The unread one's length is not known.
    assert re.findall("车长 (.*?)<", page) == ["14.96 m"]
    assert "说不出是哪一辆：第一名只有 75.0%，不是下列任何一辆的可能性 25.0%。" in page
    assert re.findall(r'tag (agrees|contradicts)">(.*?)<', page) == [
        ("agrees", "轴距 ×148"),
        ("contradicts", "轴重 ÷55"),
    ]
    assert '本次 <span class="tag">本案</span>' in page
    assert "75.0%" in page
    assert "25.0%" in page
    assert "不得据此认定车辆" in page
    assert "相差88厘米" in page
    assert "移送公安" in page
    # Plates on two vehicles are told where nobody opened a case, too, and who looked is kept.
    looks = select(AuditEntry.officer_id).where(AuditEntry.subject == "evasion/plates")
    with office.read() as connection:
        assert connection.execute(looks.where(AuditEntry.action == "saw")).all() == []
    assert "相差88厘米" in reviewer.get("/evasion").text
    with office.read() as connection:
        (looked,) = connection.scalars(looks.where(AuditEntry.action == "saw")).all()
    assert looked is not None


@pytest.mark.parametrize(
    ("unknown", "probability", "vehicles", "words"),
    [
        (0.6, 0.4, 500, "多半不是下列任何一辆（60.0%）。"),
        (0.005, 0.992, 500, "较可能是 浙Z00099（99.2%），须人工核对。"),
        (0.005, 0.992, 100, "说不出是哪一辆：第一名只有 99.2%"),
    ],
)
def test_the_first_line_says_whether_anybody_can_be_told(
    desk: Callable[[str], Desk], office: Office, unknown: float, probability: float, vehicles: int, words: str
) -> None:
    with office.write("test") as connection:
        of_case = select(Finding.passage_id, Case.number).join(Case, Case.id == Finding.case_id)
        passage_id, number = connection.execute(of_case.order_by(Case.passed_at)).first() or (0, "")
        connection.execute(delete(CandidateRow))
        connection.execute(delete(SearchRow))
        search = {"passage_id": passage_id, "searched_at": 0, "fleet": 1000, "unknown": unknown}
        connection.execute(insert(SearchRow).values(id=1, trouble="", vehicles=vehicles, **search))
        evidence = json.dumps(dict.fromkeys(("spacings", "loads", "length", "plate", "colour"), 0.3))
        candidate = {"search_id": 1, "place": 1, "plate": "浙Z00099", "passage_id": passage_id}
        connection.execute(
            insert(CandidateRow).values(candidate | {"probability": probability, "evidence": evidence})
        )
    page = desk("reviewer").get(f"/cases/{number}").text
    assert words in page
    assert "×1." not in page


@pytest.mark.usefixtures("driven")
def test_the_list_tells_who_is_accused_and_who_it_may_have_been(
    desk: Callable[[str], Desk], office: Office
) -> None:
    auditor = desk("auditor")
    looks = select(AuditEntry.officer_id).where(AuditEntry.subject == "evasion/plates")
    with office.write("test") as connection:
        connection.execute(delete(PlateConflict))
        passage = connection.scalars(select(ManoeuvreRow.passage_id)).one()
        own = Judgement.passage_id == passage
        connection.execute(update(Judgement).where(own).values(plate="浙Z00<42"))
    # Driving that accuses nobody names nobody.
    assert "浙Z00&lt;42" not in auditor.get("/evasion").text
    with office.write("test") as connection:
        assert connection.scalars(looks).all() == []
        connection.execute(insert(Finding).values(passage_id=passage, kind="evasion"))
    assert "浙Z00&lt;42" in auditor.get("/evasion").text
    with office.write("test") as connection:
        assert len(connection.scalars(looks).all()) == 1
        connection.execute(update(Judgement).where(own).values(plate=""))
        connection.execute(update(Passage).where(Passage.id == passage).values(plate_front=""))
        connection.execute(delete(CandidateRow))
        connection.execute(delete(SearchRow))
        search = {"passage_id": passage, "searched_at": 0, "fleet": 12, "unknown": 0.25, "trouble": ""}
        connection.execute(insert(SearchRow).values(id=1, **search))
        likely = {"search_id": 1, "place": 1, "plate": "浙Z<99", "passage_id": passage, "evidence": "{}"}
        connection.execute(insert(CandidateRow).values(likely | {"probability": 0.75}))
    page = auditor.get("/evasion").text
    assert "未识别" in page
    assert "浙Z&lt;99 75.0%" in page
    assert "仅供人工参考，不得据此认定车辆" in page


def test_a_reviewer_closes_a_conflict_of_plates_that_is_no_clone(
    desk: Callable[[str], Desk], office: Office
) -> None:
    with office.write("test") as connection:
        connection.execute(delete(PlateConflict))
        earlier, later = connection.scalars(select(Passage.id).order_by(Passage.passed_at).limit(2)).all()
        twice = {"plate": "浙Z00011", "passage_id": later, "other_passage_id": earlier, "kind": "signature"}
        connection.execute(insert(PlateConflict).values(twice | {"sentence": "相差88厘米", "found_at": 0}))
        number = connection.scalars(select(PlateConflict.id)).one()
    assert "已核查，不是套牌" not in desk("auditor").get("/evasion").text
    assert desk("auditor").post("/evasion/checked", conflict=number, note="同一辆车").status_code == 403
    reviewer = desk("reviewer")
    assert "已核查，不是套牌" in reviewer.get("/evasion").text
    assert reviewer.post("/evasion/checked", conflict=number, note=" ").status_code == 422
    assert reviewer.post("/evasion/checked", conflict=10**9, note="同一辆车").status_code == 409
    done = reviewer.post("/evasion/checked", conflict=number, note="同一辆车")
    assert (done.status_code, done.headers["location"]) == (303, "/evasion")
    assert "相差88厘米" not in reviewer.get("/evasion").text
    with office.read() as connection:
        reason, actor = connection.execute(
            select(PlateConflict.withdrawn, PlateConflict.actor).where(PlateConflict.number > 1)
        ).one()
        logged = connection.scalars(
            select(AuditEntry.officer_id).where(AuditEntry.action == "clone_checked")
        ).all()
    assert (reason, bool(actor)) == ("同一辆车", True)
    assert len([one for one in logged if one is not None]) == 1
