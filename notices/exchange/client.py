"""Bringing messages to partners over HTTPS."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import httpx

from models.keys import SigningKey
from models.renewed import Renewed
from notices.exchange.hop import sign_request
from notices.exchange.partners import NotTakenError, Partners, UnreachableError

MESSAGES = "/v1/messages"
LOG = "/v1/log"
REPLY_BYTES = 1 << 16
LOG_BYTES = 1 << 24
# What says that this one message will not do; every other failure may pass.
ABOUT_THE_MESSAGE = frozenset({400, 409, 413, 415, 422})


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Where a partner is reached, and with which certificates."""

    url: str
    client: Renewed[httpx.Client]


class Client:
    """Posts to partners, each on a connection that is kept open."""

    def __init__(self, key: SigningKey, lines: Mapping[str, Line]) -> None:
        """Sign as `key`; `lines` are the partners by name."""
        self._key, self._lines = key, lines

    def __enter__(self) -> Self:
        """Use the connections."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close them."""
        for line in self._lines.values():
            line.client.latest()[0].close()

    def partners(self) -> Partners:
        """Return the ways to ask them."""
        return Partners(post=self.post, page=self.log)

    def post(self, partner: str, contents: bytes) -> bytes:
        """Bring a message and return the reply.

        Raises:
            UnreachableError: the partner can't be reached, or takes nothing now.
            NotTakenError: the partner refuses this message.

        """
        return self._ask(partner, "POST", MESSAGES, contents, REPLY_BYTES)

    def log(self, partner: str, after: int, even_frozen: bool) -> bytes:  # noqa: FBT001 (as Partners asks)
        """Return a page of the log that the partner keeps with us, as JSON lines.

        Raises:
            UnreachableError: the partner can't be reached.

        """
        return self._ask(
            partner, "GET", f"{LOG}?after={after}{'&frozen=1' if even_frozen else ''}", b"", LOG_BYTES
        )

    def _ask(self, partner: str, method: str, path: str, contents: bytes, limit: int) -> bytes:
        if partner not in self._lines:
            raise UnreachableError(f"{partner}: no address; bundles by file only")
        line = self._lines[partner]
        url = line.url.rstrip("/") + path
        headers = sign_request(self._key, method, url, contents)
        try:
            with line.client.latest()[0].stream(method, url, content=contents, headers=headers) as response:
                reply = _read(response, limit)
        except httpx.HTTPError as error:
            raise UnreachableError(f"{partner}: {type(error).__name__}: {error}") from error
        if response.status_code == httpx.codes.OK:
            return reply
        problem = f"{partner}: {response.status_code} {_told(reply)}"
        if response.status_code in ABOUT_THE_MESSAGE:
            raise NotTakenError(problem)
        raise UnreachableError(problem)


def _told(reply: bytes) -> str:
    """Return what a problem document (RFC 9457) says; nothing of a reply that is none is kept or logged."""
    try:
        problem = json.loads(reply)
        return f"{str(problem['type'])[:100]} {str(problem.get('detail', ''))[:300]}"
    except (ValueError, TypeError, KeyError, AttributeError):
        return f"{len(reply)} bytes that are no problem document"


def _read(response: httpx.Response, limit: int) -> bytes:
    reply = bytearray()
    for part in response.iter_bytes():
        reply += part
        if len(reply) > limit:
            raise UnreachableError(f"a reply of more than {limit} bytes")
    return bytes(reply)
