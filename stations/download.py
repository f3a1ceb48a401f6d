"""Frames named by URL: a stranger's request unless its host is allow-listed, so bounded on all sides."""

import asyncio
from collections.abc import Collection
from pathlib import Path

import httpx

TIMEOUT_S = 10.0


class FrameUnreachableError(RuntimeError):
    """A frame could not be fetched; the message says why. `asked` tells whether its host was asked at all."""

    def __init__(self, reason: str, *, asked: bool = True) -> None:
        """Keep the reason for people."""
        super().__init__(reason)
        self.asked = asked


def host_of(url: str) -> str:
    """Return the host of a URL as `image_hosts` names it ("name" or "name:port"), "" if it has none."""
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, ValueError):
        return ""
    if parsed.scheme not in {"http", "https"} or parsed.userinfo:
        return ""
    return parsed.netloc.decode("ascii", "replace")


def fetch_frame(url: str, target: Path, *, hosts: Collection[str], bytes_max: int) -> None:
    """Write what `url` answers into `target`.

    Only hosts of the list are asked, no redirect is followed, no proxy of the environment is used, and both
    size and total time are bounded. A compressed answer is refused: a few bytes of it can mean gigabytes.

    Raises:
        FrameUnreachableError: the host is not allowed, or did not answer 200 within the bounds.

    """
    host = host_of(url)
    if host not in hosts:
        raise FrameUnreachableError(
            f"{url}: host {host!r} is not among the station's image_hosts", asked=False
        )
    try:
        asyncio.run(_fetch(url, target, bytes_max))
    except TimeoutError as error:
        raise FrameUnreachableError(f"{url}: took longer than {TIMEOUT_S:g} s") from error
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
        raise FrameUnreachableError(f"{url}: {type(error).__name__}: {error}") from error


async def _fetch(url: str, target: Path, bytes_max: int) -> None:
    headers = {"Accept-Encoding": "identity"}
    async with (
        asyncio.timeout(TIMEOUT_S),
        httpx.AsyncClient(follow_redirects=False, trust_env=False, timeout=TIMEOUT_S) as client,
        client.stream("GET", url, headers=headers) as answer,
    ):
        if answer.status_code != httpx.codes.OK:
            raise FrameUnreachableError(f"{url}: expected status 200, got {answer.status_code}")
        coding = answer.headers.get("Content-Encoding", "identity")
        if coding != "identity":
            raise FrameUnreachableError(f"{url}: expected bytes as they are, got {coding[:40]!r}")
        size_bytes = 0
        with target.open("wb") as sink:
            async for block in answer.aiter_raw():
                size_bytes += len(block)
                if size_bytes > bytes_max:
                    raise FrameUnreachableError(f"{url}: larger than {bytes_max >> 20} MiB")
                sink.write(block)
