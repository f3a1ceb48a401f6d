"""Months stay in the tables while a night may still ask for them, whoever wants them away."""

import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from models.database import Database
from models.errors import MisuseError
from models.values.timeline import to_ms
from zhichao.archiving import archive_until
from zhichao.cli import app
from zhichao.exits import Exit
from zhichao.settings import load_settings

ROOT = Path(__file__).parents[2]
NOON = to_ms(datetime(2026, 6, 19, 4, tzinfo=UTC))


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return Path(shutil.copy(ROOT / "config.toml", tmp_path))


def test_what_a_late_night_may_look_back_to_stays(config: Path) -> None:
    settings = load_settings(config)
    database = Database(settings.url)
    assert settings.needed_days == 31 + 60 + 2
    with pytest.raises(MisuseError, match="before 2026-03-19 may still be needed; expected 2026-03-18 or"):
        list(archive_until(settings, database, settings.stations, date(2026, 3, 19), NOON))
    assert list(archive_until(settings, database, settings.stations, date(2026, 3, 18), NOON)) == []
    database.close()


def test_the_command_refuses_a_near_day(config: Path) -> None:
    def put_away(before: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, ["archive", "put-away", "--before", before, "--config", str(config)])
        return done.exit_code, done.output

    assert put_away("2020-01-01") == (Exit.DONE, "")
    code, told = put_away("2999-01-01")
    assert code == Exit.USAGE
    assert "passages before 2999-01-01 may still be needed" in " ".join(told.split())
