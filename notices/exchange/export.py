"""The log kept with a partner as JSON lines, for whoever wants to verify it, and back."""

import json
from collections.abc import Iterator
from pathlib import Path

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Connection

from notices.exchange import log
from notices.exchange.partners import Partners, UnreachableError

ENTRY = TypeAdapter(log.Entry)


def write_log(connection: Connection, agency: str, partner: str, folder: Path) -> Path:
    """Write the whole log, the agency's name in each line, and return the file's path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{agency}-{partner}.jsonl"
    with path.open("wb") as target:
        for entry in log.entries(connection, partner):
            target.write(line(entry))
    return path


def line(entry: log.Entry) -> bytes:
    """Return an entry as one line of JSON."""
    fields = {name: getattr(entry, name) for name in entry.__slots__}
    return (json.dumps(fields, ensure_ascii=False, sort_keys=True) + "\n").encode()


def read_log(
    partners: Partners, partner: str, after: int, *, even_frozen: bool = False
) -> Iterator[log.Entry]:
    """Yield what a partner's log holds after that number, in order.

    Raises:
        UnreachableError: the partner can't be reached, or shows what is no log.

    """
    while lines := partners.page(partner, after, even_frozen).splitlines():
        for one in lines:
            try:
                entry = ENTRY.validate_json(one, strict=True)
            except ValidationError as error:
                problem = f"{partner} shows what is no log, {len(one)} bytes after entry {after}"
                raise UnreachableError(problem) from error
            if entry.number <= after:
                raise UnreachableError(f"{partner} shows entry {entry.number} after entry {after}")
            after = entry.number
            yield entry
