"""An officer's desk for tests: signed in, it opens pages and posts forms as a browser would."""

import asyncio
import re
from typing import Any

import httpx
from argon2 import PasswordHasher
from office import add_officer

from models.case_life import life_of
from models.database import Database
from models.values.office import Role
from review.access import COOKIE
from review.accounts import sign_in
from review.app import make_app
from review.office import Office

PASSWORD = "correct horse battery"  # noqa: S105 (made up)
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class Desk:
    """One browser; without a login, nobody is signed in."""

    def __init__(self, office: Office, login: str = "") -> None:
        self.office, self.app = office, make_app(office)
        self.cookies = {COOKIE: sign_in(office, login, PASSWORD)} if login else {}
        self.csrf = ""

    def request(self, method: str, path: str, **more: Any) -> httpx.Response:  # noqa: ANN401 (httpx's own)
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(
                transport=transport, base_url="http://console.test", cookies=self.cookies
            ) as client:
                return await client.request(method, path, **more)

        return asyncio.run(ask())

    def get(self, path: str) -> httpx.Response:
        page = self.request("GET", path)
        if found := re.search(r'name="csrf" value="([^"]+)"', page.text):
            self.csrf = found.group(1)
        return page

    def post(self, path: str, **form: object) -> httpx.Response:
        if not self.csrf:
            self.get("/me")
        return self.request("POST", path, data={"csrf": self.csrf} | form)

    def verdict(self, number: str, act: str, **more: object) -> httpx.Response:
        """Take the case and give a verdict on what its page shows."""
        self.post(f"/cases/{number}/take")
        return self.verdict_of(number, act, **more)

    def verdict_of(self, number: str, act: str = "confirm", **more: object) -> httpx.Response:
        """Give a verdict on the case as it stands, whether or not the page offers one."""
        with self.office.read() as connection:
            life = life_of(connection, number)
        form = {"version": life.version, "plate_seen": life.plate, "plate": life.plate, "act": act}
        return self.post(f"/cases/{number}/verdict", **(form | more))


def hidden(page: str) -> dict[str, str]:
    """Return the hidden fields of a page's last form that has them."""
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))


def staff(database: Database) -> None:
    """Add an officer of each role, and one reviewer and one leader more."""
    people = {role.value: role for role in Role} | {"reviewer2": Role.REVIEWER, "leader2": Role.TEAM_LEADER}
    with database.write("test") as connection:
        for login, role in people.items():
            add_officer(connection, login, role, CHEAP.hash(PASSWORD))
