"""The closed loop in figures: what counts as done, what is due, and that less than all is never 100 %."""

import csv
import io
import json
from collections.abc import Callable
from datetime import date

import pytest
from desk import Desk
from office import PASSED_AT_MS, add_case
from sqlalchemy import Connection, insert

from models.case_tables import CaseEvent
from models.database import Database
from models.document_tables import Document
from models.exchange_tables import ExchangeLog
from review.closed_loop import DAY_MS, Share, in_bars, median_days, notice_days, shares
from review.lane_chart import draw_nights

WAY = ["second_review>filed", "filed>notified", "statement>decided"]


def reach(connection: Connection, case_id: int, steps: int, day: int = 0) -> None:
    """Let a case have taken the first of the steps, the notice `day` days after its passage."""
    for version, step in enumerate(WAY[:steps], start=2):
        before, _, after = step.partition(">")
        row = {"case_id": case_id, "version": version, "from_state": before, "to_state": after}
        more = {"at": PASSED_AT_MS + day * DAY_MS, "reason": "", "note": ""}
        connection.execute(insert(CaseEvent).values(row | more))


def issue(connection: Connection, case_id: int, kind: str, state: str) -> None:
    sealed = state == "sealed"
    row = {
        "agency": "虚", "kind": kind, "year": 2026, "sequence": case_id, "number": f"{kind}-{case_id}",
        "case_id": case_id, "copy": 1, "code": f"{kind}-{case_id}", "issued_on": "2026-06-20", "state": state,
        "reason": "虚构" if state == "void" else "", "sha256": "0" * 64 if sealed else "",
        "sealed_by": "虚构" if sealed else "", "certificate": "0" * 64 if sealed else "",
        "sealed_at": 1 if sealed else None,
    }  # fmt: skip
    connection.execute(insert(Document).values(row))


def say(connection: Connection, number: int, direction: str, kind: str, body: dict[str, str]) -> None:
    row = {"partner": "虚构", "number": number, "at": 1, "direction": direction, "message_id": f"m{number}"}
    contents = json.dumps({"body": body})
    connection.execute(insert(ExchangeLog).values(row | {"kind": kind, "contents": contents, "hash": "0"}))


def test_the_four_shares_count_what_is_due_and_what_is_done(database: Database) -> None:
    with database.write("test") as connection:
        ids = [add_case(connection, f"case-{number}") for number in range(4)]
        for case_id, steps in zip(ids, (3, 3, 1, 0), strict=True):
            reach(connection, case_id, steps)
        issue(connection, ids[0], "decision", "sealed")
        issue(connection, ids[1], "decision", "reserved")
        issue(connection, ids[2], "summons", "void")
        say(connection, 1, "received", "lead", {})
        say(connection, 2, "received", "lead", {})
        say(connection, 3, "sent", "lead_answer", {"in_reply_to": "m2"})
        # Our own lead, answered by the partner, is the partner's loop.
        say(connection, 4, "sent", "lead", {})
        found = [(one.part, one.whole) for one in shares(connection)]
    assert found == [(2, 3), (1, 2), (1, 2), (1, 2)]


@pytest.mark.parametrize(
    ("part", "whole", "written"), [(0, 0, "–"), (1, 1, "100.0%"), (9999, 10000, "99.9%"), (2, 3, "66.6%")]
)
def test_less_than_all_is_never_written_as_all(part: int, whole: int, written: str) -> None:
    assert Share(text="", part=part, whole=whole, means="").written == written


def test_days_to_the_notice_are_whole_days_in_bars(database: Database) -> None:
    with database.write("test") as connection:
        for number, day in enumerate((0, 3, 4, 90, 91)):
            reach(connection, add_case(connection, f"case-{number}"), 2, day)
        days = notice_days(connection)
    assert days == {0: 1, 3: 1, 4: 1, 90: 1, 91: 1}
    assert median_days(days) == 4
    assert dict(in_bars(days)) == {
        "0–3": 2, "4–7": 1, "8–15": 0, "16–30": 0, "31–60": 0, "61–90": 1, "> 90": 1,
    }  # fmt: skip
    assert in_bars({}) == ()
    assert median_days({}) is None


def test_the_pages_show_chart_table_and_csv(desk: Callable[[str], Desk]) -> None:
    leader = desk("team_leader")
    page = leader.get("/statistics").text
    for text in ("案件赋码率", "文书盖章率", "处罚决定平台制发率", "线索反馈率", "过车至送达违法行为通知书"):
        assert text in page
    answer = leader.get("/statistics/closed_loop.csv")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [len(row) for row in rows] == [5] * 5
    assert rows[0][0] == "闭环指标"


def test_a_lane_s_nights_are_drawn_by_day_with_a_sign_beside_the_colour() -> None:
    days = [("2026-06-16", (90, "trusted", "")), ("2026-06-18", (45, "barred", "左侧偏重"))]
    chart = draw_nights(date(2026, 6, 16), days)
    assert [(one.x, one.height, one.sign) for one in chart.nights] == [(0.0, 34.0, ""), (36.0, 17.0, "✕")]
    assert chart.counts == [("可信", 1), ("关注", 0), ("停用", 1)]
    assert draw_nights(date(2026, 6, 16), []).nights == ()


def test_the_stations_page_shows_what_the_night_measured(desk: Callable[[str], Desk]) -> None:
    page = desk("team_leader").get("/stations").text
    assert 'class="nights"' in page
    assert '<th scope="row" class="time">2026-06-18</th>' in page


def test_what_lies_in_quarantine_is_named_in_the_words_of_the_page(desk: Callable[[str], Desk]) -> None:
    page = desk("team_leader").get("/nights").text
    assert "<td>应为整数</td>" in page
    assert "图片无法打开" in page
    assert "5800O" in page
