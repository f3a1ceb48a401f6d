"""Files by digest: an original is stored once under its SHA-256 and never changed."""

import errno
import hashlib
import os
import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from models.durable import sync
from models.errors import NotDoneError

BLOCK_BYTES = 1 << 20
INCOMING = "incoming-"


class ChangedFileError(NotDoneError, OSError):
    """A stored file is no longer what it was; its bytes are given to nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """One stored original."""

    sha256: str
    size_bytes: int
    path: Path


class FileStore:
    """A folder of originals, two levels deep by digest."""

    def __init__(self, root: Path, reserve_bytes: int = 0) -> None:
        """Use `root`, made at the first `put`; nothing is put where less than the reserve is free."""
        self.root = root
        self.reserve_bytes = reserve_bytes

    def path(self, sha256: str) -> Path:
        """Return where the original of that digest lies."""
        return self.root / sha256[:2] / sha256[2:4] / sha256

    def read(self, sha256: str) -> bytes:
        """Return the bytes of the original of that digest, held against it.

        Raises:
            ChangedFileError: they have another digest.
            OSError: they can't be read.

        """
        content = self.path(sha256).read_bytes()
        if hashlib.sha256(content).hexdigest() != sha256:
            raise ChangedFileError(f"{self.path(sha256)}: was changed: its bytes have another digest")
        return content

    def sweep(self, before_s: float) -> int:
        """Delete what a kill left half stored before that second of the clock; return how many files."""
        count = 0
        for path in self.root.glob(f"{INCOMING}*"):
            # Another process may have stored it meanwhile.
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < before_s:
                    path.unlink()
                    count += 1
        return count

    def put(self, source: BinaryIO) -> StoredFile:
        """Store what `source` yields to its end; the bytes are on disk when this returns.

        Raises:
            OSError: the disk is full or not writable; nothing is left behind.

        """
        self.root.mkdir(parents=True, exist_ok=True)
        if self.reserve_bytes and shutil.disk_usage(self.root).free < self.reserve_bytes:
            raise OSError(errno.ENOSPC, "less than the reserve (disk_reserve_mb) is free", str(self.root))
        digest = hashlib.sha256()
        size_bytes = 0
        handle, name = tempfile.mkstemp(dir=self.root, prefix=INCOMING)
        try:
            with os.fdopen(handle, "wb") as target:
                while block := source.read(BLOCK_BYTES):
                    digest.update(block)
                    size_bytes += len(block)
                    target.write(block)
                target.flush()
                os.fsync(target.fileno())
            path = self.path(digest.hexdigest())
            path.parent.mkdir(parents=True, exist_ok=True)
            Path(name).replace(path)
        except BaseException:
            with suppress(OSError):
                Path(name).unlink()
            raise
        sync(path.parent)
        return StoredFile(sha256=digest.hexdigest(), size_bytes=size_bytes, path=path)
