"""What the console shows of a plate that can't be seen, and of whether that was meant."""

import io
import json
from collections.abc import Callable

import numpy as np
import pytest
from desk import Desk
from PIL import Image
from sqlalchemy import func, insert, select

from models.legibility_tables import ObscuringRow, PlateLegibilityRow
from models.tables import Case, Finding, Frame
from review.office import Office

SENTENCE = "号牌第3至4位字符处不见应有的笔画<b>"
OUTLINE = [[10.0, 10.0], [20.0, 10.0], [20.0, 16.0], [10.0, 16.0]]


@pytest.fixture
def hidden(office: Office, numbers: list[str]) -> tuple[str, int]:
    """Return the number of a case whose plate is hidden, and the row that says so."""
    with office.write("test") as connection:
        of_case = select(Finding.passage_id).join(Case, Case.id == Finding.case_id)
        passage = connection.scalar(of_case.where(Case.number == numbers[1]).limit(1))
        frame = connection.scalar(select(func.min(Frame.id)).where(Frame.passage_id == passage))
        row = {
            "frame_id": frame, "judge": "x", "position": 0, "legibility": "covered", "probability": 0.93,
            "cause": "", "text": "", "rows": 1, "box": json.dumps([8, 8, 40, 20]), "corners": "[]",
            "visible": "[]", "mask": json.dumps([OUTLINE]), "sentence": SENTENCE,
        }  # fmt: skip
        query = insert(PlateLegibilityRow).values(row).returning(PlateLegibilityRow.id)
        seen = connection.scalar(query)
        said = {"passage_id": passage, "judged_at": 0, "probability": 0.97, "problem": ""}
        for number, reason in ((1, "旧的理由"), (2, "车头、车尾号牌均看不到。")):
            reasons = json.dumps([reason], ensure_ascii=False)
            connection.execute(insert(ObscuringRow).values(said | {"number": number, "reasons": reasons}))
    assert seen is not None
    return numbers[1], seen


def test_the_case_page_says_what_can_not_be_seen_and_why(
    desk: Callable[[str], Desk], hidden: tuple[str, int], numbers: list[str]
) -> None:
    reviewer = desk("reviewer")
    page = reviewer.get(f"/cases/{hidden[0]}").text
    assert "号牌第3至4位字符处不见应有的笔画&lt;b&gt;" in page
    assert f"/legibility/{hidden[1]}" in page
    assert "车头、车尾号牌均看不到。" in page
    assert "旧的理由" not in page
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
