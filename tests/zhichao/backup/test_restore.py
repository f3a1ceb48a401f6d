"""A backup restored is what was backed up: on both databases, from either into the other, with data in."""

import gzip
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from installation import Place, broken, made
from postgres import Postgres
from sqlalchemy import Text, insert, select, text

from models import audit
from models.database import Database
from models.exchange_tables import ExchangePartner, ExchangeState
from models.office_tables import AuditEntry
from models.tables import Chunk
from models.values.office import PROGRAM, Action
from zhichao.backup.tables import dump

NOW_MS = 1_781_740_800_000


def test_a_restore_that_can_not_verify_to_the_end_says_so(filled: Place, elsewhere: Place) -> None:
    database = Database(filled.settings.url)
    with database.write("test") as connection:
        known = {
            one.name: "" if isinstance(one.type, Text) else 0 for one in ExchangePartner.__table__.columns
        }
        connection.execute(insert(ExchangePartner).values(known))
    database.close()
    # The agency's key, which its log is verified with, is not there.
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


def test_from_one_kind_of_database_into_the_other(filled: Place, tmp_path: Path, postgres: Postgres) -> None:
    other = f"sqlite:///{tmp_path / 'other.sqlite'}"
    url = postgres.new_database() if filled.settings.url.startswith("sqlite") else other
    place = Place(tmp_path / "other", url)
    place.run("restore", str(made(filled)))
    assert place.rows() == filled.rows()


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
