"""Pages for people leave this machine over TLS or not at all."""

import asyncio
from pathlib import Path

import httpx
import pytest
from starlette.responses import PlainTextResponse

from zhichao.settings import ConfigError, Settings
from zhichao.web_listener import address_of, tls_of, web_listener

PAGES = PlainTextResponse("page")


def asked(settings: Settings, *, scheme: str, client: str, said: str = "") -> int:
    server = web_listener(PAGES, "192.0.2.7", 1, settings, None)
    server.config.load()

    async def ask() -> int:
        transport = httpx.ASGITransport(app=server.config.loaded_app, client=(client, 1))
        async with httpx.AsyncClient(transport=transport, base_url=f"{scheme}://page.test") as browser:
            headers = {"x-forwarded-proto": said, "x-forwarded-for": "198.51.100.9"} if said else {}
            return (await browser.get("/", headers=headers)).status_code

    return asyncio.run(ask())


@pytest.mark.parametrize("host", ["198.51.100.7", "::", "192.0.2.7", "console.invalid"])
def test_another_address_than_loopback_needs_tls_or_a_proxy(host: str) -> None:
    with pytest.raises(ConfigError, match="tls_proxy"):
        web_listener(PAGES, host, 1, Settings(), None)
    assert (
        address_of(web_listener(PAGES, host, 1, Settings(tls_proxy="192.0.2.1"), None)) == f"http://{host}:1/"
    )


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_loopback_needs_none(host: str) -> None:
    assert web_listener(PAGES, host, 1, Settings(), None).config.app is PAGES


def test_a_certificate_makes_it_https_and_must_be_there(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, tls_certificate="page.pem")
    with pytest.raises(ConfigError, match=r"page\.pem"):
        web_listener(PAGES, "192.0.2.7", 1, settings, tls_of(settings))
    (tmp_path / "page.pem").write_text("both", encoding="ascii")
    assert (
        address_of(web_listener(PAGES, "192.0.2.7", 1, settings, tls_of(settings))) == "https://192.0.2.7:1/"
    )


def test_behind_a_proxy_only_its_word_on_tls_is_taken() -> None:
    settings = Settings(tls_proxy="192.0.2.1")
    assert asked(settings, scheme="http", client="192.0.2.1", said="https") == 200
    assert asked(settings, scheme="http", client="192.0.2.1", said="http") == 403
    assert asked(settings, scheme="http", client="192.0.2.99", said="https") == 403
    assert asked(settings, scheme="http", client="192.0.2.99") == 403
    assert asked(settings, scheme="http", client="127.0.0.1") == 200
