"""Draw the pictures of the officers' guide: `python docs/officer_pictures.py build/demo`, after `make demo`.

Works on a copy of the demo's data, and needs Chromium and the development tools.
"""

import io
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
from argon2 import PasswordHasher
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import update

from models.database import Database
from models.office_tables import Officer

OUT = Path(__file__).parent / "officer"
PORT = 18_430
ADDRESS = f"http://127.0.0.1:{PORT}"
PASSWORD = secrets.token_urlsafe(16)
WIDE, HIGH = 1280, 900


def keep(page: Page, name: str, *, from_card: int = 0) -> None:
    """Write what the page shows, from one of its cards on."""
    if from_card:
        page.locator(".evidence .card").nth(from_card).scroll_into_view_if_needed()
        page.evaluate(f"document.querySelectorAll('.evidence .card')[{from_card}].scrollIntoView()")
    page.wait_for_load_state("networkidle")
    with Image.open(io.BytesIO(page.screenshot())) as image:
        image.resize((WIDE * 3 // 4, HIGH * 3 // 4), Image.Resampling.LANCZOS).save(
            OUT / f"{name}.webp", quality=80, method=6
        )


def enter(browser: Browser, login: str) -> Page:
    """Return the queue of somebody who has just signed in."""
    page = browser.new_page(viewport={"width": WIDE, "height": HIGH})
    page.goto(f"{ADDRESS}/sign-in")
    page.fill("[name=login]", login)
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/queue*")
    return page


def confirm(page: Page, case: str) -> None:
    """Take the case and confirm it."""
    page.goto(case)
    if page.locator("[data-key=t]").count():
        page.keyboard.press("t")
    page.locator("[data-key=a]:enabled").wait_for()
    page.keyboard.press("a")
    page.wait_for_url("**done=*")


def draw(browser: Browser) -> None:
    """Work a case from the queue to its filing, and keep what stands on the way."""
    first = enter(browser, "chushen")
    keep(first, "queue")
    first.keyboard.press("n")
    first.wait_for_url("**/cases/*")
    case = first.url
    keep(first, "case")
    keep(first, "evidence", from_card=3)
    confirm(first, case)
    second = enter(browser, "fushen")
    second.goto(case)
    second.keyboard.press("t")
    second.locator("[data-key=a]:enabled").wait_for()
    keep(second, "second")
    confirm(second, case)
    second.goto(case)
    keep(second, "filed")


def main() -> None:
    """Copy the demo's data, serve it, draw."""
    OUT.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        data = shutil.copytree(sys.argv[1], Path(folder) / "demo")
        database = Database(f"sqlite:///{data / 'zhichao.sqlite'}")
        with database.write("pictures") as connection:
            connection.execute(update(Officer).values(password_hash=PasswordHasher().hash(PASSWORD)))
        database.close()
        command = [sys.executable, "-m", "zhichao", "serve", "--port", str(PORT)]
        served = subprocess.Popen(command, env=os.environ | {"ZHICHAO_DATA_DIR": str(data)})  # noqa: S603 (our own program)
        try:
            while served.poll() is None and not answers():
                time.sleep(0.2)
            with sync_playwright() as playwright:
                chromium = shutil.which("chromium") or shutil.which("google-chrome")
                with playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"]) as browser:
                    draw(browser)
        finally:
            served.terminate()
            served.wait(30)


def answers() -> bool:
    """Tell whether the console is there."""
    try:
        return httpx.get(f"{ADDRESS}/health", trust_env=False).is_success
    except httpx.TransportError:
        return False


if __name__ == "__main__":
    main()
