"""Frames named by URL: a stranger's request unless its host is allow-listed, so bounded on all sides."""

import time
from collections.abc import Collection
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from stations.images import FRAME_BYTES

TIMEOUT_S = 10.0


class FrameUnreachableError(RuntimeError):
    """A frame could not be fetched; the message says why."""


def fetch_frame(url: str, target: Path, *, hosts: Collection[str]) -> None:
    """Write what `url` answers into `target`.

    Only hosts of the list ("name" or "name:port") are asked, no redirect is followed, no proxy of the
    environment is used, and both size and time are bounded.

    Raises:
        FrameUnreachableError: the host is not allowed, or did not answer 200 within the bounds.

    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or parts.username or parts.password:
        raise FrameUnreachableError(f"{url}: expected http(s) without credentials")
    if parts.netloc not in hosts:
        raise FrameUnreachableError(f"{url}: host {parts.netloc!r} is not among the station's image_hosts")
    deadline = time.monotonic() + TIMEOUT_S
    try:
        with (
            httpx.Client(follow_redirects=False, trust_env=False, timeout=TIMEOUT_S) as client,
            client.stream("GET", url) as answer,
        ):
            if answer.status_code != httpx.codes.OK:
                raise FrameUnreachableError(f"{url}: expected status 200, got {answer.status_code}")
            _copy(answer, target, deadline)
    except httpx.HTTPError as error:
        raise FrameUnreachableError(f"{url}: {type(error).__name__}: {error}") from error


def _copy(answer: httpx.Response, target: Path, deadline: float) -> None:
    size_bytes = 0
    with target.open("wb") as sink:
        for block in answer.iter_bytes():
            size_bytes += len(block)
            if size_bytes > FRAME_BYTES:
                raise FrameUnreachableError(f"{answer.url}: larger than {FRAME_BYTES >> 20} MiB")
            if time.monotonic() > deadline:
                raise FrameUnreachableError(f"{answer.url}: took longer than {TIMEOUT_S:g} s")
            sink.write(block)
