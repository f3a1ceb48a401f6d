"""The station's side: a folder that is sent file by file, and kept until the receipt is there.

It keeps nothing but the folder: killed at any moment, it looks at the folder again, and what the listener
already has it knows by name and digest. One file is in memory at a time.
"""

import hashlib
import heapq
import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Protocol

import httpx
import stamina

from models.renewed import Renewed
from stations.drop_folder import UNFINISHED
from stations.names import NAME_BYTES, is_plain_name
from stations.push.app import FRAMES, HEARTBEAT, PLAIN, RECORDS, TYPES

LOGGER = logging.getLogger(__name__)
# So many names are looked at together, however many wait.
LISTED = 500
# What says that the same may be taken later; every other refusal is about the file.
LATER = frozenset({408, 425, 429, 500, 502, 503, 504, 507})
# About the credential or the address, and no file's fault: a person mends it, and the files wait.
OURS = frozenset({401, 403, 404, 405})
TRIES, LONGEST_WAIT_S = 6, 60.0
REFUSED, SENT = "refused", "sent"


class LaterError(Exception):
    """Not taken now; `wait_s` is what the listener asks for, 0 where it doesn't say."""

    def __init__(self, reason: str, wait_s: float = 0) -> None:
        """Keep both."""
        super().__init__(reason)
        self.wait_s = wait_s


class RefusedError(Exception):
    """The file will not be taken, however often it is sent."""


class Sender(Protocol):
    """Sends one file and returns the digest of what is kept of it."""

    def send(self, name: str, body: bytes) -> str:
        """Send a file.

        Raises:
            LaterError: it may be taken later.
            RefusedError: it will not be.

        """
        ...

    def heartbeat(self, waiting: int) -> None:
        """Give a sign of life; a LaterError where nobody hears it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpSender:
    """Sends to a listener; files that end in one of `records` are records, all others frames."""

    client: Renewed[httpx.Client]
    records: tuple[str, ...]

    def send(self, name: str, body: bytes) -> str:
        """Send a file and return the digest of its receipt."""
        suffix = Path(name).suffix.lower()
        if suffix in self.records:
            answer = self._ask(RECORDS, content=body, headers={"Content-Type": TYPES.get(suffix, PLAIN)})
        elif not is_plain_name(name):
            raise RefusedError("expected a plain file name in UTF-8, without folders or control characters")
        else:
            answer = self._ask(FRAMES, files=[("frame", (name, body))])
        try:
            taken = answer.json()["taken"][0]
            digest = str(taken["sha256"])
        except (ValueError, KeyError, IndexError, TypeError) as error:
            raise LaterError(f"no receipt in the answer: {answer.text[:200]}") from error
        for row in taken.get("quarantined", ()):
            LOGGER.warning("agent.quarantined", extra={"file": name, "row": row})
        return digest

    def heartbeat(self, waiting: int) -> None:
        """Give a sign of life."""
        now = datetime.now(UTC).isoformat()
        self._ask(HEARTBEAT, json={"sentAt": now, "waiting": waiting})

    def _ask(self, path: str, **more: object) -> httpx.Response:
        try:
            answer = self.client.latest()[0].post(path, **more)  # type: ignore[arg-type]
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise LaterError(f"{type(error).__name__}: {error}") from error
        if answer.is_success:
            return answer
        said = f"{answer.status_code} {answer.text[:500]}"
        if answer.status_code in LATER | OURS or answer.is_redirect:
            raise LaterError(said, _retry_after_s(answer))
        raise RefusedError(said)


@dataclass(slots=True, kw_only=True)
class Agent:
    """Sends what lies in `folder`, oldest first; what is refused goes to `folder`/refused with the reason."""

    folder: Path
    sender: Sender
    keep_sent: bool = False
    beat_s: float = 5.0
    clock: Callable[[], float] = time.monotonic
    tries: int = TRIES
    _beaten_s: float = field(default=float("-inf"))
    _put_off: set[str] = field(default_factory=set)

    def round(self) -> int:
        """Send what waits and return how many files were taken; it ends early where nothing gets through."""
        names = self._waiting()
        self._put_off &= set(names)
        # One that nobody ever takes must not keep the others back: what was not taken is tried last.
        names.sort(key=self._put_off.__contains__)
        sent = 0
        for position, name in enumerate(names):
            self._beat(len(names) - position)
            try:
                sent += self._send_one(name)
            except LaterError as error:
                self._put_off.add(name)
                LOGGER.warning("agent.waiting", extra={"files": len(names) - position, "reason": str(error)})
                break
            except OSError as error:
                LOGGER.warning("agent.unread", extra={"file": _shown(name), "reason": str(error.strerror)})
        self._beat(0 if sent == len(names) else len(names) - sent)
        return sent

    def waits(self) -> bool:
        """Tell whether anything waits to be sent."""
        return bool(self._waiting())

    def _waiting(self) -> list[str]:
        """Return the names of the oldest finished files; memory does not grow with the folder."""

        def finished() -> Iterator[tuple[int, str]]:
            with os.scandir(self.folder) as entries:
                for entry in entries:
                    hidden = entry.name.startswith(".") or entry.name.endswith(UNFINISHED)
                    # A device may rename or remove it meanwhile.
                    with suppress(FileNotFoundError):
                        if not hidden and entry.is_file(follow_symlinks=False):
                            yield entry.stat(follow_symlinks=False).st_mtime_ns, entry.name

        return [name for _, name in heapq.nsmallest(LISTED, finished())]

    def _send_one(self, name: str) -> bool:
        path = self.folder / name
        try:
            body = path.read_bytes()
        except FileNotFoundError:
            return False
        try:
            digest = self._persist(name, body)
        except RefusedError as error:
            self._set_aside(path, str(error))
            return False
        if digest != hashlib.sha256(body).hexdigest():
            raise LaterError(f"{name}: the receipt is of other bytes")
        if path.read_bytes() != body:
            # Written to while it was sent: what it is now is sent next time.
            return False
        if self.keep_sent:
            path.replace(self._aside(path, SENT))
        else:
            path.unlink()
        return True

    def _persist(self, name: str, body: bytes) -> str:
        def again(error: Exception) -> bool | float:
            if not isinstance(error, LaterError):
                return False
            return min(error.wait_s, LONGEST_WAIT_S) if error.wait_s else True

        for attempt in stamina.retry_context(
            on=again, attempts=self.tries, timeout=None, wait_initial=0.5, wait_max=LONGEST_WAIT_S
        ):
            with attempt:
                return self.sender.send(name, body)
        raise AssertionError("unreachable")

    def _set_aside(self, path: Path, reason: str) -> None:
        shown = _shown(path.name)
        LOGGER.error("agent.refused", extra={"file": shown, "reason": reason})
        aside = self._aside(path, REFUSED)
        aside.with_name(f"{aside.name}.reason.txt").write_text(f"{shown}: {reason}", encoding="utf-8")
        path.replace(aside)

    def _aside(self, path: Path, folder: str) -> Path:
        """Return where a file goes in a folder: by its digest where the name is taken or too long."""
        (self.folder / folder).mkdir(exist_ok=True)
        aside = self.folder / folder / path.name
        if aside.exists() or len(os.fsencode(path.name)) > NAME_BYTES:
            with path.open("rb") as source:
                digest = hashlib.file_digest(source, "sha256").hexdigest()
            aside = aside.with_name(f"{digest[:32]}{path.suffix[:10]}")
        return aside

    def _beat(self, waiting: int) -> None:
        if self.clock() - self._beaten_s < self.beat_s:
            return
        self._beaten_s = self.clock()
        try:
            self.sender.heartbeat(waiting)
        except (LaterError, RefusedError) as error:
            LOGGER.warning("agent.unheard", extra={"reason": str(error)})


def _shown(name: str) -> str:
    """Return a file name as text; one that is no UTF-8 has its bytes escaped."""
    return name.encode(errors="backslashreplace").decode()


def _retry_after_s(answer: httpx.Response) -> float:
    said = answer.headers.get("retry-after", "")
    if said.isascii() and said.isdigit() and len(said) < len("1000000"):
        return float(said)
    try:
        return max((parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds(), 0.0)
    except (TypeError, ValueError):
        return 0.0
