"""Files that hold a secret."""

import os
from pathlib import Path

OWNER_ONLY = 0o600


def write_private(path: Path, content: bytes) -> None:
    """Write a new file that only its owner may read, with the folders above it.

    Raises:
        FileExistsError: there is one already; a key is never overwritten.

    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    with os.fdopen(handle, "wb") as target:
        target.write(content)
