"""What the console shows of how a vehicle was driven."""

from collections.abc import Callable

import pytest
from desk import Desk
from sqlalchemy import insert, select

from models.evasion_tables import ManoeuvreRow
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
