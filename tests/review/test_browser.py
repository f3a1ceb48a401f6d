"""The console in a real browser: keyboard alone, two at once, a visit that ends, back, reload, no script."""

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from desk import CHEAP, PASSWORD, staff
from hs_file import hs_row, write_hs
from nights import Night
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from sqlalchemy import func, make_url, select, update

from models.case_tables import CaseLife, CaseReview
from models.office_tables import SignIn
from pipeline.summary import station_night
from review.app import make_app
from review.asking import Asking
from review.office import Office
from stations.station import Station
from zhichao.console import site

CASES = 32
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield made
        made.close()


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory, make_station: Callable[..., Station]) -> Night:
    """Return a judged night of many cases, each with a plate and a frame."""
    folder = tmp_path_factory.mktemp("busy")
    night = Night(folder, make_station(), f"sqlite:///{folder / 'test.sqlite'}", chunk_size=50)
    start = datetime(2026, 6, 18, 1, tzinfo=UTC)
    times = [start + timedelta(minutes=2 * number) for number in range(CASES)]
    write_hs(
        night.inbox / "night.csv",
        [hs_row(f"{one:%Y-%m-%d %H:%M:%S}.000", 60_000 + one.minute) for one in times],
    )
    for number, one in enumerate(times, start=20):
        night.frame(f"{one:%H%M%S}.400", number)
    night.run()
    staff(night.database)
    night.database.close()
    return night


@pytest.fixture
def office(tmp_path: Path, busy: Night) -> Iterator[Office]:
    shutil.copy(str(make_url(busy.database.url).database), tmp_path / "test.sqlite")
    night = Night(tmp_path, busy.station, f"sqlite:///{tmp_path / 'test.sqlite'}")
    made = Office(
        database=night.database,
        store=busy.run_all.store,
        sites={"test-1": site(night.station)},
        head_file=tmp_path / "head.json",
        hasher=CHEAP,
        night=lambda connection, _, day: station_night(connection, night.station, day).as_json(),
        second_reading_share=0,
    )
    yield made
    night.database.close()


@pytest.fixture
def address(office: Office) -> Iterator[str]:
    server = uvicorn.Server(uvicorn.Config(make_app(office), port=0, log_level="error", ws="none"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)


Enter = Callable[..., Page]


@pytest.fixture
def enter(browser: Browser, address: str) -> Iterator[Enter]:
    contexts: list[BrowserContext] = []

    def made(login: str, **options: object) -> Page:
        context = browser.new_context(base_url=address, viewport={"width": 1440, "height": 900}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: pytest.fail(f"script error: {error}"))
        page.goto("/sign-in")
        page.get_by_label("登录名").fill(login)
        page.get_by_label("密码").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: "sign-in" not in url)
        return page

    yield made
    for context in contexts:
        context.close()


def counts(office: Office) -> dict[str, int]:
    with office.read() as connection:
        return dict(connection.execute(select(CaseLife.state, func.count()).group_by(CaseLife.state)).all())


def test_an_officer_clears_thirty_cases_by_keyboard_alone(enter: Enter, office: Office) -> None:
    page = enter("reviewer")
    with page.expect_navigation():
        page.keyboard.press("n")
    for number in range(30):
        expect(page.get_by_role("button", name="确认违法")).to_be_enabled()
        if number % 5 == 4:
            page.keyboard.press(str(1 + number % 8))
        with page.expect_navigation():
            page.keyboard.press("r" if number % 5 == 4 else "a")
        assert "/cases/" in page.url
    assert counts(office) == {"second_review": 24, "dismissed": 6, "first_review": 1, "flagged": 1}


def test_keys_typed_into_a_field_do_nothing_else_and_can_be_switched_off(
    enter: Enter, office: Office
) -> None:
    page = enter("reviewer")
    page.keyboard.press("n")
    page.wait_for_url("**/cases/*")
    page.keyboard.press("m")
    page.keyboard.type("arx1 抓拍清楚")
    expect(page.get_by_label("备注")).to_have_value("arx1 抓拍清楚")
    page.keyboard.press("Escape")
    page.goto("/me")
    page.get_by_label("使用单键快捷键").uncheck()
    page.get_by_role("button", name="保存").click()
    page.goto("/queue?whose=mine")
    page.get_by_role("link", name="test-1-").first.click()
    page.keyboard.press("a")
    expect(page.locator("kbd").first).to_be_hidden()
    assert counts(office)["first_review"] == 1


def test_enter_in_the_plate_corrects_it_and_never_decides(enter: Enter, office: Office) -> None:
    page = enter("reviewer")
    page.keyboard.press("n")
    page.wait_for_url("**/cases/*")
    page.keyboard.press("e")
    page.keyboard.press("Backspace")
    page.keyboard.type("?")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("号牌已更正")
    assert counts(office)["first_review"] == 1
    page.keyboard.press("a")
    expect(page.get_by_role("alert")).to_contain_text("号牌未能完整辨认")


def test_a_late_answer_of_a_registry_comes_in_by_itself_and_takes_no_text(
    enter: Enter, office: Office
) -> None:
    answered = threading.Event()

    def look_up(_: AbstractSet[int]) -> None:
        answered.wait(10)
        raise OSError("登记系统无法连接")

    office.asking = Asking(look_up, patience_s=0)
    page = enter("reviewer")
    page.keyboard.press("n")
    page.wait_for_url("**/cases/*")
    page.get_by_role("textbox", name="号牌").fill("浙Z00099")
    page.keyboard.press("Enter")
    expect(page.locator("[data-asking]")).to_be_visible()
    page.get_by_label("备注").fill("写到一半")
    answered.set()
    expect(page.get_by_text("尚未按更正后的号牌查询")).to_be_visible()
    expect(page.get_by_label("备注")).to_have_value("写到一半")


def test_two_officers_race_for_one_case(enter: Enter, office: Office) -> None:
    first, second = enter("reviewer"), enter("reviewer2")
    path = first.locator("table.cases a").first.get_attribute("href")
    first.goto(str(path))
    second.goto(str(path))
    first.keyboard.press("t")
    expect(first.get_by_role("button", name="确认违法")).to_be_visible()
    second.keyboard.press("t")
    expect(second.get_by_role("alert")).to_contain_text("虚构reviewer 认领")
    assert counts(office)["first_review"] == 1


def test_a_visit_that_ends_while_writing_loses_no_text(enter: Enter, office: Office) -> None:
    page = enter("reviewer")
    page.keyboard.press("n")
    page.wait_for_url("**/cases/*")
    page.get_by_label("备注").fill("写到一半的意见")
    page.get_by_label("持有效超限运输车辆通行证").check()
    with office.write("test") as connection:
        connection.execute(update(SignIn).values(seen_at=0))
    page.get_by_role("button", name="驳回").click()
    page.get_by_label("登录名").fill("reviewer")
    page.get_by_label("密码").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_text("写到一半的意见")).to_be_visible()
    page.get_by_role("button", name="继续提交").click()
    page.wait_for_url("**/cases/*done=*")
    with office.read() as connection:
        assert tuple(connection.execute(select(CaseReview.note, CaseReview.reason)).one()) == (
            "写到一半的意见",
            "permit_held",
        )


def test_back_reload_and_a_second_tab_repeat_nothing(enter: Enter, office: Office) -> None:
    page = enter("reviewer")
    page.keyboard.press("n")
    page.wait_for_url("**/cases/*")
    judged = page.url
    other = page.context.new_page()
    other.goto(judged)
    page.keyboard.press("a")
    page.wait_for_url("**done=*")
    page.reload()
    page.go_back()
    expect(page.get_by_text("您已审核过本案")).to_be_visible()
    other.keyboard.press("a")
    expect(other.get_by_role("alert")).to_contain_text("已由他人办理")
    with office.read() as connection:
        assert connection.scalar(select(func.count()).select_from(CaseReview)) == 1


def test_a_case_is_judged_without_javascript(enter: Enter, office: Office) -> None:
    page = enter("reviewer", java_script_enabled=False)
    page.get_by_role("button", name="办理下一件").click()
    page.get_by_label("号牌无法辨认").check()
    page.get_by_role("button", name="驳回").click()
    assert counts(office)["dismissed"] == 1


def test_the_view_is_adjusted_and_the_original_stays(enter: Enter) -> None:
    page = enter("reviewer")
    page.keyboard.press("n")
    page.wait_for_url("**/cases/*")
    picture = page.locator(".frame img").first
    page.get_by_label("亮度").fill("2")
    page.get_by_label("放大").fill("3")
    assert "brightness(2)" in picture.evaluate("one => getComputedStyle(one).filter")
    page.keyboard.press("0")
    assert "brightness(1)" in picture.evaluate("one => getComputedStyle(one).filter")


PATHS = {
    "reviewer": [
        "/queue",
        "/queue?stage=done",
        "/search?q=test",
        "/defences",
        "/evasion",
        "/exchange",
        "/me",
    ],
    "team_leader": ["/statistics", "/stations", "/nights", "/nights/2026-06-18/test-1", "/schedule"],
    "administrator": ["/users"],
    "auditor": ["/audit", "/nowhere"],
}
DARK = {"reviewer": ["/queue"], "team_leader": ["/statistics", "/stations"]}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(enter: Enter, scheme: str) -> None:
    def check(page: Page) -> None:
        found = Axe().run(page).response["violations"]
        assert not found, [
            (page.url, one["id"], one["impact"], one["nodes"][0]["html"], one["nodes"][0]["failureSummary"])
            for one in found
        ]

    # Dark differs in colours alone, so pages that show them all are enough.
    for login, paths in PATHS.items() if scheme == "light" else DARK.items():
        page = enter(login, color_scheme=scheme)
        for path in paths:
            page.goto(path)
            check(page)
        if login == "reviewer":
            page.goto("/queue")
            page.keyboard.press("n")
            page.wait_for_url("**/cases/*")
            check(page)
            page.get_by_role("button", name="退出").click()
            check(page)


def test_nothing_is_fetched_from_elsewhere(enter: Enter, address: str) -> None:
    page = enter("reviewer")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.keyboard.press("n")
    page.wait_for_url("**/cases/*")
    page.wait_for_load_state("networkidle")
    assert len(asked) >= 3
    assert all(url.startswith(address) for url in asked)
