"""A backup restored is what was backed up: on both databases, from either into the other, with data in."""

import fcntl
import gzip
import io
import json
import os
import re
import resource
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from nights import Night, fill
from office import add_case, add_officer
from postgres import Postgres
from snapshot import snapshot
from sqlalchemy import insert, select, text
from typer.testing import CliRunner

from models import audit, head_file, leases
from models.database import Database
from models.errors import NotDoneError
from models.exchange_tables import ExchangeState
from models.files import FileStore
from models.leases import Holder
from models.office_tables import AuditEntry
from models.registry_tables import RegistryAnswer
from models.tables import Chunk
from models.values.office import PROGRAM, Action, Role
from notices.exchange.keys import public_text
from pipeline.verify import breaks
from stations.station import Station
from zhichao.backup import sealed_keys
from zhichao.backup.evidence import copy
from zhichao.backup.make import STORES, backups, make_backup
from zhichao.backup.tables import LEFT_OUT, dump
from zhichao.cli import app
from zhichao.settings import Settings, load_settings

PASSPHRASE = "correct horse battery staple"  # noqa: S105 (made up)
ROOT = Path(__file__).parents[2]
NOW_MS = 1_781_740_800_000


class Place:
    """One installation in a folder of its own."""

    def __init__(self, folder: Path, url: str, more: str = "") -> None:
        folder.mkdir(exist_ok=True)
        self.config, self.data = folder / "config.toml", folder / "data"
        self.config.write_text(f'database_url = "{url}"\n{more}', encoding="utf-8")
        self.settings: Settings = load_settings(self.config)

    def run(self, *arguments: str, code: int = 0) -> str:
        done = CliRunner().invoke(app, [*arguments, "--config", str(self.config)])
        assert done.exit_code == code, done.output
        return done.stdout + done.stderr

    def rows(self) -> dict[str, list[tuple[object, ...]]]:
        database = Database(self.settings.url)
        rows = {name: rows for name, rows in snapshot(database).items() if name not in LEFT_OUT}
        # The one thing that a restore changes: nothing is said before the partners were heard.
        rows["exchange_state"] = [row[:-1] for row in rows["exchange_state"]]
        database.close()
        return rows


@pytest.fixture
def filled(tmp_path: Path, new_database: Callable[[], str], make_station: Callable[..., Station]) -> Place:
    """Return an installation with a night, an officer, cases, logs, a sealed answer, a lease, keys."""
    place = Place(tmp_path / "here", new_database())
    night = Night(place.data, make_station(), place.settings.url)
    fill(night)
    night.run()
    with night.database.write("test") as connection:
        officer = add_officer(connection, "first", Role.REVIEWER)
        add_case(connection, "A-1")
        audit.append(connection, officer, Action.SAW, "A-1", at_ms=NOW_MS, detail={"what": "页面"})
        head = audit.head(connection)
        answer = {
            "source": "x",
            "plate": "浙Z00001",
            "colour": "yellow",
            "subject": "",
            "answered_at": NOW_MS,
        }
        answer |= {"facts": "{}", "sealed": b"\x00\xff\n sealed", "key_id": "k", "answered_at": 1}
        connection.execute(insert(RegistryAnswer).values(answer))
        leases.take(connection, "lease", Holder(name="somebody", lease_ms=1000))
    night.database.close()
    head_file.note(place.settings.head_file, head)
    place.run("make-key")
    return place


@pytest.fixture
def elsewhere(tmp_path: Path, new_database: Callable[[], str]) -> Place:
    public = public_text(Ed25519PrivateKey.generate().public_key())
    partner = f'[[partners]]\nid = "jinshan"\nkeys = [{{ public = "{public}" }}]\n'
    return Place(tmp_path / "elsewhere", new_database(), partner)


def broken(place: Place) -> list[str]:
    """Return what `zhichao verify` would name."""
    database, head = Database(place.settings.url), head_file.noted(place.settings.head_file)
    assert head is not None
    with database.read() as connection:
        found = list(breaks(connection, FileStore(place.data / "originals"), head, lambda: None))
    database.close()
    return found


def made(place: Place) -> Path:
    place.run("backup")
    return backups(place.data / "backup")[-1]


def test_a_restore_that_can_not_verify_to_the_end_says_so(filled: Place, elsewhere: Place) -> None:
    odd = elsewhere.data / "seals" / "浙江" / "sm2-public.pem"
    odd.parent.mkdir(parents=True)
    odd.write_text("no key", encoding="ascii")
    assert "not verified to the end" in elsewhere.run("restore", str(made(filled)), code=1)


def test_what_is_restored_is_what_was_and_verifies(filled: Place, elsewhere: Place) -> None:
    before = filled.rows()
    told = elsewhere.run("restore", str(made(filled)))
    assert "exchange frozen: zhichao exchange resync" in told
    assert broken(elsewhere) == []
    assert elsewhere.rows() == before
    assert before["registry_answer"]
    assert before["cases"]
    database = Database(elsewhere.settings.url)
    with database.write("test") as connection:
        assert "resync" in str(connection.scalar(select(ExchangeState.frozen)))
        # Numbering goes on after the last row, and what is only appended still is.
        chunk = {"station_id": "x", "day": "2026-01-01", "number": 1, "state": "planned", "reason": ""}
        connection.execute(insert(Chunk).values(chunk))
        audit.append(connection, PROGRAM, Action.SAW, "A-1", at_ms=NOW_MS + 1)
    with pytest.raises(Exception, match="only appended"), database.write("test") as connection:
        connection.execute(AuditEntry.__table__.delete())
    database.close()
    assert not (elsewhere.data / "keys").exists()


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


def test_from_one_kind_of_database_into_the_other(filled: Place, tmp_path: Path, postgres: Postgres) -> None:
    other = f"sqlite:///{tmp_path / 'other.sqlite'}"
    url = postgres.new_database() if filled.settings.url.startswith("sqlite") else other
    place = Place(tmp_path / "other", url)
    place.run("restore", str(made(filled)))
    assert place.rows() == filled.rows()


def test_keys_are_in_it_only_if_asked_and_sealed(
    filled: Place, elsewhere: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = filled.settings.key_file.read_bytes()
    without = made(filled)
    assert not any(key[30:60] in path.read_bytes() for path in without.rglob("*") if path.is_file())
    assert "passphrase" in filled.run("backup", "--keys", code=2)
    monkeypatch.setenv("ZHICHAO_BACKUP_PASSPHRASE", PASSPHRASE)
    shutil.rmtree(without)
    filled.run("backup", "--keys")
    (backup,) = backups(filled.data / "backup")
    assert not any(key[30:60] in path.read_bytes() for path in backup.rglob("*") if path.is_file())
    assert stat.S_IMODE((filled.data / "backup").stat().st_mode) == 0o700
    monkeypatch.setenv("ZHICHAO_BACKUP_PASSPHRASE", PASSPHRASE + "?")
    assert "another passphrase" in elsewhere.run("restore", str(backup), "--keys", code=2)
    monkeypatch.delenv("ZHICHAO_BACKUP_PASSPHRASE")
    secret = tmp_path / "passphrase"
    secret.write_text(PASSPHRASE + "\n", encoding="utf-8")
    secret.chmod(0o644)
    asked = ("restore", str(backup), "--keys", "--passphrase-file", str(secret))
    assert "others may read" in elsewhere.run(*asked, code=2)
    secret.chmod(0o600)
    elsewhere.run(*asked)
    restored = elsewhere.settings.key_file
    assert restored.read_bytes() == key
    assert stat.S_IMODE(restored.stat().st_mode) == 0o600


def test_a_filled_database_is_left_alone(filled: Place) -> None:
    before = filled.rows()
    assert "the database is not empty" in filled.run("restore", str(made(filled)), code=1)
    assert filled.rows() == before


def test_a_changed_backup_is_refused_and_nothing_is_kept(filled: Place, elsewhere: Place) -> None:
    backup = made(filled)
    path = backup / "tables" / "audit_entry.jsonl.gz"
    whole = path.read_bytes()
    path.write_bytes(gzip.compress(gzip.decompress(whole).replace(b"A-1", b"A-2")))
    assert "changed since the backup was made" in elsewhere.run("restore", str(backup), code=1)
    assert not elsewhere.rows()["cases"]
    path.write_bytes(whole)
    elsewhere.run("restore", str(backup))
    assert "no backup" in elsewhere.run("restore", str(backup / "tables"), code=1)


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


def test_a_key_that_lies_elsewhere_is_sealed_too(tmp_path: Path) -> None:
    mounted, keys = tmp_path / "mounted.pem", tmp_path / "data" / "keys"
    mounted.write_bytes(b"secret")
    keys.mkdir(parents=True)
    (keys / "agency.pem").symlink_to(mounted)
    (tmp_path / "registry.key").write_bytes(b"other")
    outside = tmp_path / "data" / ".." / "registry.key"
    said, sealed = PASSPHRASE.encode(), tmp_path / "keys.sealed"
    sealed_keys.seal([keys / "agency.pem", outside], tmp_path / "data", said, sealed)
    sealed_keys.unseal(sealed, tmp_path / "new", said)
    assert (tmp_path / "new" / "keys" / "agency.pem").read_bytes() == b"secret"
    assert (tmp_path / "new" / "elsewhere" / "registry.key").read_bytes() == b"other"


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


def test_a_backup_of_an_older_program_is_brought_up_to_date(
    bare_database: Callable[[], str], tmp_path: Path, empty_tables: Path
) -> None:
    elsewhere = Place(tmp_path / "elsewhere", bare_database())
    backup = tmp_path / "backup" / "20260101T000000Z"
    backup.mkdir(parents=True)
    # As the program of revision 0006 wrote it, which knew fewer tables and columns.
    old = Database(f"sqlite:///{tmp_path / 'old.sqlite'}", revision="0006")
    with old.write("test") as connection:
        connection.execute(text("INSERT INTO cases VALUES (7, 'A-7', 'test-1', 1781712060000)"))
        connection.execute(
            text("INSERT INTO document_counter (agency, kind, year, last) VALUES ('x', 'notice', 2026, 41)")
        )
    with old.snapshot() as connection:
        tables = dump(connection, backup / "tables")
    old.close()
    assert tables["cases"]["rows"] == 1
    manifest = {
        "format": 1,
        "revision": "0006",
        "tables": tables,
        "audit_head": {"number": 0, "hash": "0" * 64},
    }
    (backup / "manifest.json").write_text(json.dumps(manifest | {"revision": "9999"}), encoding="utf-8")
    assert "newer version" in elsewhere.run("restore", str(backup), code=3)
    (backup / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    newer = Place(tmp_path / "newer", f"sqlite:///{shutil.copy(empty_tables, tmp_path / 'newer.sqlite')}")
    assert "one without tables is needed" in newer.run("restore", str(backup), code=3)
    elsewhere.run("restore", str(backup))
    rows = elsewhere.rows()
    assert rows["cases"] == [("A-7", "test-1", 1781712060000)]
    assert rows["document_counter"] == [("x", "notice", 2026, 41)]
