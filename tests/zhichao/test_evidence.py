"""Tampering is named, and a bundle is verified by a stranger with one script."""

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from nights import Night, fill
from office import PASSED_AT_MS
from sqlalchemy import select, text

from models import audit, head_file
from models.case_life import Step, life_of, move
from models.database import Database
from models.files import FileStore
from models.keys import KeyFileError, load_key, make_key
from models.tables import Case, Frame
from models.values.case_life import CaseState
from models.values.office import PROGRAM, Action
from pipeline import verify_bundle
from pipeline.bundle import EvidenceError, write_bundle
from pipeline.verify import breaks, originals_of
from stations.station import Station

ACTS = 5


@pytest.fixture
def night(tmp_path: Path, make_station: Callable[..., Station], database: Database) -> Night:
    """Return a judged night whose log has a few acts, its head noted in a file."""
    night = Night(tmp_path, make_station(), database.url)
    fill(night)
    night.run()
    night.database.close()
    night.database = database
    with database.write("test") as connection:
        number = connection.scalars(select(Case.number).order_by(Case.id)).first()
        life = life_of(connection, str(number))
        step = Step(
            case_id=life.case_id, version=1, to=CaseState.FIRST_REVIEW, actor=PROGRAM, at_ms=PASSED_AT_MS
        )
        move(connection, step)
        for act in range(ACTS - 1):
            audit.append(connection, PROGRAM, Action.SAW, str(number), at_ms=act, detail={"n": act})
            end = audit.head(connection)
    head_file.note(tmp_path / "head.json", end)
    return night


def found(night: Night) -> list[str]:
    kept = head_file.noted(night.folder / "head.json")
    with night.database.read() as connection:
        return list(breaks(connection, originals_of(connection, night.run_all.store), kept, lambda: None))


def tamper(night: Night, *statements: str) -> None:
    """Change the log as somebody with the database's password could."""
    with night.database.write("test") as connection:
        postgresql = connection.dialect.name == "postgresql"
        for table in ("audit_entry", "case_event"):
            for verb in ("update", "delete"):
                name = f"{table}_no_{verb}"
                connection.execute(
                    text(f"DROP TRIGGER {name} ON {table}" if postgresql else f"DROP TRIGGER {name}")
                )
        for statement in statements:
            connection.execute(text(statement))


def frame_path(night: Night) -> Path:
    with night.database.read() as connection:
        sha256 = connection.scalars(select(Frame.sha256).where(Frame.passage_id.is_not(None))).first()
    return night.run_all.store.path(str(sha256))


def test_an_untouched_house_is_sound(night: Night) -> None:
    assert found(night) == []


def test_one_changed_byte_of_a_frame_is_named(night: Night) -> None:
    path = frame_path(night)
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    (broken,) = found(night)
    assert path.name in broken
    assert "changed" in broken
    path.unlink()
    assert "can't be read" in found(night)[0]


def test_a_changed_entry_is_named(night: Night) -> None:
    tamper(night, "UPDATE audit_entry SET detail = '{}' WHERE number = 3")
    assert found(night)[0].startswith("audit entry 3 ")


def test_a_dropped_last_entry_is_named(night: Night) -> None:
    tamper(night, "DELETE FROM audit_entry WHERE number = 5")
    assert found(night) == ["the log ends with entry 4, but 5 were written: the end was cut off"]


def test_a_dropped_last_entry_shows_even_if_the_head_was_moved_back(night: Night) -> None:
    tamper(
        night,
        "DELETE FROM audit_entry WHERE number = 5",
        "UPDATE audit_head SET number = 4, hash = (SELECT hash FROM audit_entry WHERE number = 4)",
    )
    assert "noted outside" in found(night)[0]


def test_two_swapped_entries_are_named(night: Night) -> None:
    tamper(
        night,
        "UPDATE audit_entry SET number = 99 WHERE number = 3",
        "UPDATE audit_entry SET number = 3 WHERE number = 4",
        "UPDATE audit_entry SET number = 4 WHERE number = 99",
    )
    assert found(night)[0].startswith("audit entry 3 ")


def test_a_missing_entry_in_the_middle_is_named(night: Night) -> None:
    tamper(night, "DELETE FROM audit_entry WHERE number = 2")
    assert found(night)[0] == "audit entry 2 is missing, entry 3 follows entry 1"


def test_a_step_that_the_log_tells_otherwise_is_named(night: Night) -> None:
    tamper(night, "UPDATE case_event SET note = 'other' WHERE version = 2")
    (broken,) = found(night)
    assert "audit entry 1 tells otherwise" in broken


def test_the_log_can_only_be_appended_to(night: Night) -> None:
    with pytest.raises(Exception, match="only appended"), night.database.write("test") as connection:
        connection.execute(text("UPDATE audit_entry SET actor = 'x'"))


def write(night: Night, folder: Path) -> tuple[Path, str]:
    path = folder / "evidence.pem"
    key = load_key(path) if path.exists() else make_key(path)
    with night.database.read() as connection:
        number = str(connection.scalars(select(Case.number).order_by(Case.id)).first())
        store = FileStore(night.run_all.store.root)
        archive = write_bundle(connection, number, night.station, store, key, PASSED_AT_MS, handed_in=store)
    (folder / "case.zip").write_bytes(archive)
    return folder / "case.zip", key.fingerprint


def test_a_bundle_is_verified_by_its_script_alone(night: Night, tmp_path: Path) -> None:
    path, fingerprint = write(night, tmp_path / "court")
    script = tmp_path / "court" / "verify.py"
    with zipfile.ZipFile(path) as archive:
        script.write_bytes(archive.read("verify_bundle.py"))
        names = set(archive.namelist())
        case = json.loads(archive.read("case.json"))
    assert {"certificate.json", "steps.json", "audit.json", "rules/zhejiang_2020.toml"} <= names
    assert any(name.startswith("frames/front-") for name in names)
    assert "超限质量" in "".join(case["passages"][0]["calculation"])
    # -I: nothing of this program can be imported.
    run = [sys.executable, "-I", str(script), str(path), "--fingerprint", fingerprint]
    done = subprocess.run(run, capture_output=True, text=True, check=False, cwd=tmp_path / "court")
    assert (done.returncode, done.stderr) == (0, "")
    assert "VALID" in done.stdout


@pytest.mark.parametrize(
    "name", ["case.json", "audit.json", "certificate.json", "public.pem", "manifest.json"]
)
def test_a_changed_part_of_a_bundle_is_named(night: Night, tmp_path: Path, name: str) -> None:
    path, _ = write(night, tmp_path / "court")
    with zipfile.ZipFile(path) as archive:
        content = {one: archive.read(one) for one in archive.namelist()}
    if name == "public.pem":
        content[name] = make_key(tmp_path / "other.pem").public_pem
    else:
        content[name] = content[name].replace(b"1", b"2", 1)
    with zipfile.ZipFile(path, "w") as archive:
        for one, value in content.items():
            archive.writestr(one, value)
    expected = "manifest.sig" if name in {"public.pem", "manifest.json"} else name
    with pytest.raises(verify_bundle.BundleError, match=expected):
        verify_bundle.verify(path)


def test_another_key_an_added_and_a_missing_file_are_told(night: Night, tmp_path: Path) -> None:
    path, _ = write(night, tmp_path / "court")
    with pytest.raises(verify_bundle.BundleError, match="another key"):
        verify_bundle.verify(path, "0" * 64)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("more.txt", b"")
    with pytest.raises(verify_bundle.BundleError, match=r"more.txt was added"):
        verify_bundle.verify(path)


def test_no_bundle_is_made_of_a_changed_frame(night: Night, tmp_path: Path) -> None:
    frame_path(night).write_bytes(b"other")
    with pytest.raises(EvidenceError, match="was changed"):
        write(night, tmp_path / "court")


def test_a_key_is_its_owners_alone_and_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "evidence.pem"
    make_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        make_key(path)
    path.chmod(0o644)
    with pytest.raises(KeyFileError, match="others may read"):
        load_key(path)
    with pytest.raises(KeyFileError, match="make-key"):
        load_key(tmp_path / "none.pem")
    os.close(os.open(tmp_path / "bad.pem", os.O_CREAT, 0o600))
    with pytest.raises(KeyFileError, match="Ed25519"):
        load_key(tmp_path / "bad.pem")
