import hashlib
import io
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from models.files import ChangedFileError, FileStore


def test_the_same_bytes_are_stored_once_and_never_changed(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "originals")
    one = store.put(io.BytesIO(b"frame"))
    assert one.sha256 == hashlib.sha256(b"frame").hexdigest()
    assert one.path.read_bytes() == b"frame"
    assert store.put(io.BytesIO(b"frame")) == one
    assert [path for path in store.root.rglob("*") if path.is_file()] == [one.path]


def test_what_is_no_longer_as_it_was_is_given_to_nobody(tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    stored = store.put(io.BytesIO(b"original"))
    assert store.read(stored.sha256) == b"original"
    stored.path.write_bytes(b"changed")
    with pytest.raises(ChangedFileError, match=stored.sha256):
        store.read(stored.sha256)


def test_a_source_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:  # noqa: ARG002 (what put() calls)
            if self.tell():
                raise OSError("cable pulled")
            return super().read(10)

    store = FileStore(tmp_path / "originals")
    with pytest.raises(OSError, match="cable pulled"):
        store.put(Broken(b"x" * 100))
    assert not [path for path in store.root.rglob("*") if path.is_file()]


def test_a_file_that_another_process_stores_meanwhile_stops_no_sweep(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FileStore(tmp_path)
    gone, left = tmp_path / "incoming-1", tmp_path / "incoming-2"
    for path in (gone, left):
        path.write_bytes(b"half")
    look = Path.stat

    def stored(path: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        if path == gone:
            gone.rename(tmp_path / "stored")
        return look(path, follow_symlinks=follow_symlinks)

    monkeypatch.setattr(Path, "stat", stored)
    assert store.sweep(time.time() + 60) == 1
    monkeypatch.undo()
    assert [path.name for path in tmp_path.iterdir()] == ["stored"]


FULL = """
import io, resource, signal, sys
from pathlib import Path
from models.files import ChangedFileError, FileStore
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
try:
    FileStore(Path(sys.argv[1])).put(io.BytesIO(bytes(4 << 20)))
except OSError as error:
    print("refused:", error.strerror)
"""


def test_no_room_for_a_file_leaves_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-c", FULL, str(tmp_path / "originals")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("refused:")
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
