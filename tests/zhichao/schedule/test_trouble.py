"""What the operator is promised: a database that goes away in a night, a disk that fills up."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hs_file import hs_row, write_hs
from postgres import Postgres
from timetable import Timetable, at
from typer.testing import CliRunner

from zhichao.cli import app


@pytest.fixture
def own_postgres() -> Iterator[Postgres]:
    with tempfile.TemporaryDirectory(prefix="postgres-") as folder:
        server = Postgres(Path(folder))
        yield server
        server.stop()


def test_a_database_stopped_in_the_night_and_started_again(tmp_path: Path, own_postgres: Postgres) -> None:
    timetable = Timetable(tmp_path, own_postgres.new_database())

    def stops(name: str, _slot: int) -> str:
        if name != "night":
            return ""
        own_postgres.crash()
        with timetable.database.read():
            return "not reached"

    timetable.fails = stops
    assert timetable.beat_at("06-18 12:00") == [("night", at("06-18 01:30"))]
    assert not timetable.keeper.holds
    assert timetable.keeper.problem()
    assert timetable.beat_at("06-18 12:01") == []
    timetable.fails = lambda *_: ""
    own_postgres.start()
    # What was begun and never ended is found, and run again; what became due meanwhile follows.
    ran = timetable.beat_at("06-18 12:02")
    assert ran == [("night", at("06-18 01:30")), ("often", at("06-18 12:00"))]
    assert timetable.states("night") == [(at("06-18 01:30"), "done")]
    assert timetable.keeper.problem() == ""
    timetable.database.close()


def test_a_disk_that_is_full_takes_nothing_in_and_loses_nothing(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    shipped = Path(__file__).parents[3] / "config.toml"
    text = shipped.read_text(encoding="utf-8")
    record = tmp_path / "data" / "inbox" / "hs-sample" / "night.csv"
    write_hs(record, [hs_row("2026-06-18 01:00:00.000", 30_000)])
    whole = record.read_bytes()

    def intake(reserve: str) -> tuple[int, str]:
        config.write_text(text.replace("disk_reserve_mb = 512", f"disk_reserve_mb = {reserve}"), "utf-8")
        done = CliRunner().invoke(app, ["intake", "--station", "hs-sample", "--config", str(config)])
        return done.exit_code, done.output

    code, told = intake("999999999999")
    assert code == 1
    assert "disk_reserve_mb" in told
    assert record.read_bytes() == whole
    assert intake("0")[0] == 0
    assert not record.exists()
