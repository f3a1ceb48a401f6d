"""A trailer's plate stands beside that of the vehicle which draws it, and never for it."""

import json
from collections.abc import Callable
from types import SimpleNamespace as Row
from typing import Any

import pytest
from desk import Desk
from sqlalchemy import insert, select, update

from models.tables import Case, Finding, Frame, Passage, PlateReadingRow
from review.office import Office
from review.trailer import trailers_of


def row(number: int, text: str, confidence: float, frame: int = 1) -> Any:  # noqa: ANN401 (a row)
    characters = json.dumps([confidence ** (1 / len(text))] * len(text))
    return Row(
        id=number, frame_id=frame, text=text, confidence=confidence, colour="yellow", rows=2,
        box="[1, 2, 30, 12]", corners="[[1, 2], [30, 2], [30, 12], [1, 12]]", characters=characters,
        reader="x",
    )  # fmt: skip


def record(rear: str = "") -> Any:  # noqa: ANN401 (a row)
    return Row(plate_rear=rear)


def test_two_frames_of_one_trailer_are_one_plate_with_the_doubt_shown() -> None:
    readings = [row(1, "浙Z12345", 0.99), row(2, "沪ZQ69U挂", 0.9, 2), row(3, "沪ZQ89U挂", 0.6, 3)]
    (one,) = trailers_of(readings, [record("浙Z12345")])
    assert (one.text, one.reading_id, one.frame_id, one.station) == ("沪ZQ69U挂", 2, 2, False)
    assert [place.alternatives for place in one.characters] == [(), (), (), ("8",), (), (), ()]


def test_trailers_of_two_vehicles_are_both_shown_the_surest_first() -> None:
    found = trailers_of([row(1, "沪ZQ69U挂", 0.6), row(2, "皖B1234挂", 0.9, 2)], [])
    assert [one.text for one in found] == ["皖B1234挂", "沪ZQ69U挂"]


def test_the_stations_word_agrees_or_stands_alone() -> None:
    (agreed,) = trailers_of([row(1, "沪ZQ69U挂", 0.9)], [record("沪ZQ69U挂")])
    assert agreed.station
    assert agreed.reading_id == 1
    (alone,) = trailers_of([], [record("沪ZQ69U挂")])
    assert (alone.text, alone.confidence, alone.reading_id) == ("沪ZQ69U挂", None, None)
    assert {place.level for place in alone.characters} == {"unread"}


@pytest.fixture
def train(office: Office, numbers: list[str]) -> tuple[str, int]:
    """Return the number of the case without a plate, now with a trailer's, and that reading."""
    with office.write("test") as connection:
        of_case = select(Finding.passage_id).join(Case, Case.id == Finding.case_id)
        passage = connection.scalar(of_case.where(Case.number == numbers[1]).limit(1))
        frame = connection.scalar(select(Frame.id).where(Frame.passage_id == passage))
        values = vars(row(0, "沪ZQ69U挂", 0.93)) | {"frame_id": frame, "position": 7}
        values.pop("id")
        query = insert(PlateReadingRow).values(values).returning(PlateReadingRow.id)
        seen = connection.scalar(query)
        connection.execute(update(Passage).where(Passage.id == passage).values(plate_rear="沪ZQ69U挂"))
    assert seen is not None
    return numbers[1], seen


def test_the_case_page_shows_the_trailer_apart_and_its_picture(
    desk: Callable[[str], Desk], train: tuple[str, int], numbers: list[str]
) -> None:
    reviewer = desk("reviewer")
    page = reviewer.get(f"/cases/{train[0]}").text
    assert "挂车号牌 沪ZQ69U挂" in page
    assert "与站点上传一致" in page
    assert "由 未识别的车辆 牵引" in page
    # The vehicle's own plate stays unread: the trailer's is not put in its place.
    assert "没有读出号牌" in page
    assert page.count(f"/plates/{train[1]}") == 1
    assert reviewer.get(f"/plates/{train[1]}").status_code == 200
    assert "挂车号牌" not in reviewer.get(f"/cases/{numbers[0]}").text
