"""What the console shows of how a vehicle was driven."""

from collections.abc import Callable

import pytest
from desk import Desk
from sqlalchemy import delete, insert, select

from models.evasion_tables import ManoeuvreRow
from models.reidentify_tables import CandidateRow, PlateConflict, SearchRow
from models.tables import Case, Finding
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


def test_the_case_page_shows_who_it_may_have_been_and_a_plate_on_two_vehicles(
    desk: Callable[[str], Desk], office: Office
) -> None:
    with office.write("test") as connection:
        of_case = select(Finding.passage_id).join(Case, Case.id == Finding.case_id).order_by(Case.passed_at)
        known, unread = list(dict.fromkeys(connection.scalars(of_case)))[:2]
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
    page = desk("reviewer").get(f"/cases/{number}").text
    assert "浙Z&lt;99" in page
    assert "75.0%" in page
    assert "25.0%" in page
    assert "不得据此认定车辆" in page
    assert "相差88厘米" in page
    assert "移送公安" in page
