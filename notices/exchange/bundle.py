"""File mode: messages as a file, carried by hand between networks that don't meet; the same inbox takes them.

A bundle is a zip of messages and nothing else. Each message carries its own signature; the bundle needs
none. What does not look exactly like a bundle of ours is refused whole, before a byte of it is taken in.
"""

import os
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from notices.exchange import outbox
from notices.exchange.app import MESSAGE_BYTES
from notices.exchange.exchange import Exchange
from notices.exchange.inbox import Inbox
from notices.exchange.refusals import Reason, RefusedError

MOST_MESSAGES = 10_000
FILE_BYTES = 1 << 26
STAMP = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of a bundle: receipts to be carried back, and the messages that were refused, in words."""

    receipts: tuple[bytes, ...]
    refused: tuple[str, ...]


def write_bundle(path: Path, messages: Iterable[bytes]) -> int:
    """Write messages as a bundle and return their number; a reader sees the whole file or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half, count = path.with_name(f".{path.name}.{os.getpid()}"), 0
    with zipfile.ZipFile(half, "w", zipfile.ZIP_DEFLATED) as bundle:
        for count, message in enumerate(messages, 1):
            bundle.writestr(zipfile.ZipInfo(f"messages/{count:06}.json", STAMP), message)
    half.replace(path)
    return count


def pack(exchange: Exchange, partner: str, path: Path) -> int:
    """Write what waits for `partner` as a bundle, and return how many messages it holds.

    They wait on until their receipts come, by file or by network; carrying a bundle twice does no harm.
    """
    with exchange.database.read() as connection:
        waiting = outbox.all_waiting(connection, partner, MOST_MESSAGES)
    return write_bundle(path, (one.contents for one in waiting))


def unpack(exchange: Exchange, path: Path) -> Taken:
    """Take in every message of a bundle.

    Raises:
        RefusedError: the file is no bundle; nothing of it was taken in.

    """
    inbox, receipts, refused = Inbox(exchange), [], []
    for number, message in enumerate(read_bundle(path), 1):
        try:
            receipt = inbox.accept(message)
        except RefusedError as error:
            refused.append(f"{path.name}: message {number}: {error}")
            continue
        if receipt is not None:
            receipts.append(receipt)
    return Taken(receipts=tuple(receipts), refused=tuple(refused))


def read_bundle(path: Path) -> list[bytes]:
    """Return the messages of a bundle, in order.

    Raises:
        RefusedError: it is no zip, holds anything but messages, or more than a bundle may.

    """
    if path.stat().st_size > FILE_BYTES:
        raise RefusedError(Reason.TOO_LARGE, f"a bundle has at most {FILE_BYTES} bytes")
    try:
        with zipfile.ZipFile(path) as bundle:
            members = bundle.infolist()
            if len(members) > MOST_MESSAGES:
                raise RefusedError(Reason.TOO_LARGE, f"a bundle has at most {MOST_MESSAGES} messages")
            return [_read(bundle, member, number) for number, member in enumerate(members, 1)]
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, RuntimeError, ValueError) as error:
        if isinstance(error, RefusedError):
            raise
        raise RefusedError(Reason.BUNDLE, f"{path.name}: {error}") from error


def _read(bundle: zipfile.ZipFile, member: zipfile.ZipInfo, number: int) -> bytes:
    # Nothing is ever written to a path that a bundle names; even so, only one name is right.
    if member.filename != f"messages/{number:06}.json":
        raise RefusedError(Reason.BUNDLE, f"expected messages/{number:06}.json, got {member.filename[:80]!r}")
    with bundle.open(member) as source:
        # What the directory says of the size may be a lie; what is read is not.
        message = source.read(MESSAGE_BYTES + 1)
    if len(message) > MESSAGE_BYTES:
        raise RefusedError(
            Reason.TOO_LARGE, f"{member.filename}: a message has at most {MESSAGE_BYTES} bytes"
        )
    return message
