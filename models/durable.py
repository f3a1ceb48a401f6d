"""On disk for good: a rename outlives a power cut only where what it names was synced before it."""

import os
from pathlib import Path


def sync(path: Path) -> None:
    """Wait until a file's bytes, or a folder's entries, are on disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_tree(folder: Path) -> None:
    """Wait until everything below a folder is on disk, and the folder itself."""
    for path in folder.rglob("*"):
        sync(path)
    sync(folder)
