"""A backup is whole, of one moment, on disk before it bears its name, and the only one being made."""

import fcntl
import gzip
import io
import json
import os
import re
import resource
import shutil
from pathlib import Path
from threading import Thread

import pytest
from installation import Place, made

from models import audit
from models.database import Database
from models.errors import NotDoneError
from models.files import FileStore
from models.values.office import PROGRAM, Action
from zhichao.backup.evidence import copy
from zhichao.backup.make import STORES, backups, make_backup

ROOT = Path(__file__).parents[3]
NOW_MS = 1_781_740_800_000


def test_all_of_it_is_on_disk_before_it_bears_its_name(
    filled: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[tuple[str, Path]] = []
    fsync, rename = os.fsync, Path.rename

    def synced(handle: int) -> None:
        done.append(("synced", Path(f"/proc/self/fd/{handle}").readlink()))
        fsync(handle)

    def renamed(path: Path, target: Path) -> Path:
        done.append(("renamed", path))
        return rename(path, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "rename", renamed)
    database = Database(filled.settings.url)
    backup = make_backup(filled.settings, database, filled.config, NOW_MS).path
    database.close()
    half = backup.with_name(f".half-{backup.name}")
    before = {path for what, path in done[: done.index(("renamed", half))] if what == "synced"}
    within = {half / path.relative_to(backup) for path in backup.rglob("*")}
    assert len(within) > 10
    assert before >= within | {half}
    assert done[-1] == ("synced", backup.parent)


def test_evidence_that_is_gone_or_changed_is_told_when_it_is_backed_up(filled: Place) -> None:
    store = FileStore(filled.data / "originals")
    originals = sorted(path for path in store.root.rglob("*") if path.is_file())
    originals[0].unlink()
    originals[1].write_bytes(b"other")
    told = filled.run("backup", code=1)
    assert originals[0].name in told
    assert originals[1].name in told


def test_evidence_that_became_anothers_costs_the_other_nothing(tmp_path: Path) -> None:
    here, there = FileStore(tmp_path / "here"), FileStore(tmp_path / "there")
    one, other = here.put(io.BytesIO(b"")), here.put(io.BytesIO(b"picture"))
    assert copy(here, there) == (2, [])
    there.path(other.sha256).unlink()
    other.path.chmod(0o600)
    other.path.write_bytes(b"")
    assert copy(here, there) == (0, [other.sha256])
    assert there.path(one.sha256).exists()
    assert not there.path(other.sha256).exists()


def test_evidence_is_kept_once_and_old_backups_go(filled: Place) -> None:
    database = Database(filled.settings.url)
    kept = filled.settings.model_copy(
        update={"backup": filled.settings.backup.model_copy(update={"keep": 2})}
    )
    results = [make_backup(kept, database, filled.config, NOW_MS + 1000 * number) for number in range(4)]
    database.close()
    assert [one.copied > 0 for one in results] == [True, False, False, False]
    assert [one.removed for one in results] == [0, 0, 1, 1]
    assert backups(filled.data / "backup") == [one.path for one in results[2:]]


def test_a_backup_is_of_one_moment_while_others_write(filled: Place) -> None:
    database, stop = Database(filled.settings.url), []

    def write() -> None:
        at_ms = NOW_MS
        while not stop:
            at_ms += 1
            with database.write("test") as connection:
                audit.append(connection, PROGRAM, Action.SAW, "A-1", at_ms=at_ms)

    thread = Thread(target=write)
    thread.start()
    try:
        backups_made = [
            make_backup(filled.settings, database, filled.config, NOW_MS + 1000 * n) for n in range(3)
        ]
    finally:
        stop.append(True)
        thread.join()
        database.close()
    for one in backups_made:
        manifest = json.loads((one.path / "manifest.json").read_text("utf-8"))
        lines = gzip.decompress((one.path / "tables" / "audit_entry.jsonl.gz").read_bytes()).splitlines()
        assert json.loads(lines[-1])[0] == manifest["audit_head"]["number"] == len(lines) - 1


def test_no_room_leaves_older_backups_and_no_half(filled: Place) -> None:
    first = made(filled)
    shutil.rmtree(filled.data / "backup" / "originals")
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    database = Database(filled.settings.url)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300, limit[1]))
    try:
        with pytest.raises(Exception, match="the backup is not made"):
            make_backup(filled.settings, database, filled.config, NOW_MS + 5000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        database.close()
    assert backups(filled.data / "backup") == [first]
    assert not list((filled.data / "backup").glob(".half-*"))


def test_what_a_killed_backup_left_half_done_is_cleared_away(
    filled: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = filled.data / "backup"
    half = folder / ".half-20260101T000000Z" / "tables"
    half.mkdir(parents=True)
    (half / "passage.jsonl.gz").write_bytes(b"half")
    kept = filled.settings.model_copy(
        update={"backup": filled.settings.backup.model_copy(update={"keep": 1})}
    )
    database = Database(filled.settings.url)
    make_backup(kept, database, filled.config, NOW_MS)
    assert not list(folder.glob(".half-*"))

    def killed(path: Path) -> None:
        (path / "manifest.json").unlink()
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(
            "zhichao.backup.make.shutil.rmtree",
            lambda path, *, ignore_errors=False: ignore_errors or killed(path),
        )
        make_backup(kept, database, filled.config, NOW_MS + 1000)
    last = make_backup(kept, database, filled.config, NOW_MS + 2000)
    database.close()
    assert backups(folder) == [last.path]
    assert {path.name for path in folder.iterdir()} == {"originals", last.path.name, ".lock"}


def test_one_backup_is_made_at_a_time(filled: Place) -> None:
    folder = filled.data / "backup"
    folder.mkdir()
    database = Database(filled.settings.url)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(NotDoneError, match="another backup is being made"):
            make_backup(filled.settings, database, filled.config, NOW_MS)
    assert make_backup(filled.settings, database, filled.config, NOW_MS).path.exists()
    database.close()


def test_every_store_of_evidence_is_backed_up() -> None:
    named = [
        re.findall(r'FileStore\(settings\.data_dir / "(\w+)"', path.read_text("utf-8"))
        for path in (ROOT / "zhichao").glob("*.py")
    ]
    assert sorted(STORES) == sorted(name for names in named for name in names)
