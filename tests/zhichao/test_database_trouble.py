"""The database away, read-only, full, too new: a message, exit code 3, nothing half-written."""

import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hs_file import hs_row, write_hs
from postgres import Postgres
from snapshot import snapshot
from sqlalchemy import func, select, text

from models.database import Database, DatabaseUnavailableError
from models.tables import Chunk, Passage

ROOT = Path(__file__).parents[2]
NIGHT = [sys.executable, "-m", "zhichao", "nightly", "--date", "2026-06-18", "--station", "hs-sample"]
ROWS = 300


def start(
    data: Path, url: str = "", before: Callable[[], None] | None = None, chunk_size: int = 50
) -> subprocess.Popen[str]:
    settings = {
        "ZHICHAO_DATA_DIR": str(data),
        "ZHICHAO_DATABASE_URL": url,
        "ZHICHAO_WORKERS": "1",
        "ZHICHAO_CHUNK_SIZE": str(chunk_size),
    }
    return subprocess.Popen(
        NIGHT,
        cwd=ROOT,
        env=os.environ | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=before,  # noqa: PLW1509 (limits this child only)
    )


def finish(process: subprocess.Popen[str]) -> tuple[int, str]:
    _, errors = process.communicate(timeout=120)
    return process.returncode, errors


def fill(data: Path, rows: int = ROWS) -> None:
    records = [
        hs_row(f"2026-06-18 {n // 3600:02d}:{n // 60 % 60:02d}:{n % 60:02d}.000", 62_000) for n in range(rows)
    ]
    write_hs(data / "inbox" / "hs-sample" / "night.csv", records)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[object, ...]]]:
    """Return the tables after a night without trouble."""
    folder = tmp_path_factory.mktemp("whole")
    fill(folder)
    assert finish(start(folder))[0] == 0
    return tables(f"sqlite:///{folder}/zhichao.sqlite")


def tables(url: str) -> dict[str, list[tuple[object, ...]]]:
    database = Database(url)
    rows = snapshot(database)
    database.close()
    return rows


@pytest.fixture
def own_postgres() -> Iterator[Postgres]:
    with tempfile.TemporaryDirectory(prefix="postgres-") as folder:
        server = Postgres(Path(folder))
        yield server
        server.stop()


def test_away_at_the_start(tmp_path: Path) -> None:
    fill(tmp_path, rows=2)
    code, errors = finish(start(tmp_path, "postgresql+psycopg://someone:hunter2@127.0.0.1:1/none"))
    assert code == 3
    assert errors.startswith("✗ postgresql+psycopg://someone:***@127.0.0.1:1/none")
    assert "Traceback" not in errors
    assert "hunter2" not in errors
    assert (tmp_path / "inbox" / "hs-sample" / "night.csv").exists()


def test_away_in_the_middle(
    tmp_path: Path, own_postgres: Postgres, whole: dict[str, list[tuple[object, ...]]]
) -> None:
    url = own_postgres.new_database()
    fill(tmp_path / "cut")
    process = start(tmp_path / "cut", url)
    database = Database(url)
    deadline = time.monotonic() + 60
    done: int | None = 0
    while not done and process.poll() is None and time.monotonic() < deadline:
        with database.read() as connection:
            done = connection.scalar(select(func.count()).where(Chunk.state == "done"))
    database.close()
    assert process.poll() is None
    own_postgres.crash()
    code, errors = finish(process)
    assert code == 3, errors
    assert "nothing of this step was kept, run again once it is mended" in errors
    assert "Traceback" not in errors
    own_postgres.start()
    assert finish(start(tmp_path / "cut", url))[0] == 0
    assert tables(url) == whole


def test_read_only(tmp_path: Path, empty_tables: Path) -> None:
    (tmp_path / "data").mkdir()
    fill(tmp_path / "data", rows=3)
    code, errors = finish(start(tmp_path / "data", f"sqlite:///file:{empty_tables}?mode=ro&uri=true"))
    assert code == 3
    assert "attempt to write a readonly database" in errors
    assert (tmp_path / "data" / "inbox" / "hs-sample" / "night.csv").exists()


def test_no_room(tmp_path: Path, empty_tables: Path, whole: dict[str, list[tuple[object, ...]]]) -> None:
    fill(tmp_path / "tight")
    room = shutil.copyfile(empty_tables, tmp_path / "tight" / "zhichao.sqlite").stat().st_size

    def tight() -> None:
        # Enough for the empty tables and the originals, not for the night.
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

    code, errors = finish(start(tmp_path / "tight", before=tight))
    assert code == 3, errors
    assert "Traceback" not in errors
    assert "nothing of this step was kept" in errors
    url = f"sqlite:///{tmp_path}/tight/zhichao.sqlite"
    database = Database(url)
    with database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(Passage)) in {0, ROWS}
    database.close()
    assert finish(start(tmp_path / "tight"))[0] == 0
    assert tables(url) == whole


def test_a_newer_version_is_left_alone(new_database: Callable[[], str]) -> None:
    url = new_database()
    database = Database(url)
    with database.write("test") as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(
        DatabaseUnavailableError, match=r"schema 9999 is of a newer version.*nothing was changed"
    ):
        Database(url)
    database.close()


def test_a_file_that_is_half_written(tmp_path: Path) -> None:
    path = tmp_path / "zhichao.sqlite"
    Database(f"sqlite:///{path}").close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    path.write_bytes(path.read_bytes()[:9000])
    fill(tmp_path, rows=3)
    code, errors = finish(start(tmp_path))
    assert code == 3
    assert "malformed" in errors
