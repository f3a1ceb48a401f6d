"""What the console shows of a plate that can't be seen, and of whether that was meant."""

import io
from collections.abc import Callable

import numpy as np
from desk import Desk
from PIL import Image
from sqlalchemy import insert, select, update

from models.legibility_tables import PlateLegibilityRow
from review.office import Office


def test_the_case_page_says_what_can_not_be_seen_and_why(
    desk: Callable[[str], Desk], hidden: tuple[str, int], numbers: list[str]
) -> None:
    reviewer = desk("reviewer")
    page = reviewer.get(f"/cases/{hidden[0]}").text
    assert "号牌第3至4位字符处不见应有的笔画&lt;b&gt;" in page
    assert f"/legibility/{hidden[1]}" in page
    assert "车头、车尾号牌均看不到。" in page
    assert "旧的理由" not in page
    # The conclusion stands above what it rests on.
    assert page.index("疑似故意遮挡，由人工确认") < page.index(f"/legibility/{hidden[1]}")
    assert page.count("移送，不在本机关处罚") == 1
    assert "移送，不在本机关处罚" not in reviewer.get(f"/cases/{numbers[0]}").text


def test_the_mask_is_laid_over_the_frame_for_those_who_read_cases(
    desk: Callable[[str], Desk], hidden: tuple[str, int]
) -> None:
    answer = desk("reviewer").get(f"/legibility/{hidden[1]}")
    assert answer.status_code == 200
    with Image.open(io.BytesIO(answer.content)) as picture:
        pixels = np.asarray(picture.convert("RGB")).astype(int)
    assert (pixels[..., 0] > pixels[..., 2] + 40).sum() > 100
    assert desk("administrator").get(f"/legibility/{hidden[1]}").status_code == 403
    assert desk("reviewer").get(f"/legibility/{hidden[1] + 1}").status_code == 404


def test_a_missing_plate_is_shown_as_the_place_where_it_should_be(
    desk: Callable[[str], Desk], office: Office, hidden: tuple[str, int]
) -> None:
    row = update(PlateLegibilityRow).where(PlateLegibilityRow.id == hidden[1]).values(rows=0)
    for word, shown in (("missing", True), ("doubtful", False)):
        with office.write("test") as connection:
            connection.execute(row.values(legibility=word))
        page = desk("reviewer").get(f"/cases/{hidden[0]}").text
        assert (f"/legibility/{hidden[1]}" in page) is shown


def test_what_a_second_look_said_stands_in_the_place_of_the_first(
    desk: Callable[[str], Desk], office: Office, hidden: tuple[str, int]
) -> None:
    with office.write("test") as connection:
        first = select(PlateLegibilityRow.__table__).where(PlateLegibilityRow.id == hidden[1])
        again = dict(connection.execute(first).mappings().one()) | {"judge": "second", "sentence": "再看之后"}
        again.pop("id")
        connection.execute(insert(PlateLegibilityRow).values(again))
    page = desk("reviewer").get(f"/cases/{hidden[0]}").text
    assert "再看之后" in page
    assert "号牌第3至4位字符处不见应有的笔画" not in page


def test_of_a_frame_looked_at_again_nothing_earlier_is_shown(
    desk: Callable[[str], Desk], office: Office, hidden: tuple[str, int]
) -> None:
    with office.write("test") as connection:
        first = select(PlateLegibilityRow.__table__).where(PlateLegibilityRow.id == hidden[1])
        row = dict(connection.execute(first).mappings().one())
        row.pop("id")
        beside = row | {"position": row["position"] + 1, "sentence": "旁边的号牌"}
        connection.execute(insert(PlateLegibilityRow).values(beside))
    page = desk("reviewer").get(f"/cases/{hidden[0]}").text
    assert "旁边的号牌" in page
    assert "号牌第3至4位字符处不见应有的笔画" in page
    with office.write("test") as connection:
        clear = row | {"judge": "second", "legibility": "clear", "position": 0}
        connection.execute(insert(PlateLegibilityRow).values(clear))
    page = desk("reviewer").get(f"/cases/{hidden[0]}").text
    assert "旁边的号牌" not in page
    assert "号牌第3至4位字符处不见应有的笔画" not in page
