"""The audit log's head in a file beside the database, so that a log cut short there shows here."""

import json
import os
from pathlib import Path

from models.durable import sync
from models.errors import MisuseError
from models.hash_chain import Head


class HeadFileError(MisuseError, ValueError):
    """The file holds no head; the message names it."""


def note(path: Path, head: Head) -> None:
    """Write the head; a reader sees the old or the new one, never half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.{os.getpid()}")
    half.write_text(json.dumps({"number": head.number, "hash": head.hash}) + "\n", encoding="utf-8")
    sync(half)
    half.replace(path)


def noted(path: Path) -> Head | None:
    """Return the head that was noted last, None where none ever was."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return Head(number=int(content["number"]), hash=str(content["hash"]))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise HeadFileError(f"{path}: expected the number and hash of the log's head: {error}") from error
