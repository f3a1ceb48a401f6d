"""The log kept with a partner as a file of JSON lines, for whoever wants to verify it."""

import json
from pathlib import Path

from sqlalchemy import Connection

from notices.exchange import log


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
