"""A browser at the public counter, for tests; it keeps cookies and runs no script."""

import asyncio
from typing import Any

import httpx
from served import Counter
from sqlalchemy import select

from models.document_tables import Document
from review.public.app import make_public_app
from review.public.counter import PublicCounter

PLATE_TAIL = "0001"  # of 浙Z00001, the plate that tests/support/office gives its cases


class Browser:
    """One browser at the public counter; it keeps cookies, runs no script."""

    def __init__(self, counter: PublicCounter, address: str = "192.0.2.1") -> None:
        self.app, self.cookies, self.address = make_public_app(counter), httpx.Cookies(), address

    def request(self, method: str, path: str, **more: Any) -> httpx.Response:  # noqa: ANN401 (httpx's own)
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(
                app=self.app, raise_app_exceptions=False, client=(self.address, 1)
            )
            async with httpx.AsyncClient(
                transport=transport, base_url="http://look.test", cookies=self.cookies
            ) as client:
                answer = await client.request(method, path, **more)
                self.cookies = client.cookies
                return answer

        return asyncio.run(ask())

    def get(self, path: str) -> httpx.Response:
        return self.request("GET", path)

    def post(self, path: str, **form: object) -> httpx.Response:
        return self.request("POST", path, data=form)

    def enter(self, code: str, tail: str = PLATE_TAIL) -> httpx.Response:
        return self.post("/", code=code, tail=tail)


def code_of(server: Counter, number: str) -> str:
    with server.database.read() as connection:
        return str(connection.scalar(select(Document.code).where(Document.number == number)))
