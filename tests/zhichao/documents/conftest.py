"""An installation whose night left two cases, and its commands."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hs_file import hs_row, write_hs
from nights import DAY, Night
from typer.testing import CliRunner, Result

from zhichao.cli import app
from zhichao.settings import load_settings

ROOT = Path(__file__).parents[3]
Run = Callable[..., Result]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an installation with a night of two cases: 61.1 t and 50.4 t decided, on 4 axles and on 6."""
    folder = tmp_path_factory.mktemp("data")
    settings = load_settings(ROOT / "config.toml").model_copy(update={"data_dir": folder})
    station = settings.station("sim-pinghu").model_copy(update={"clock_offset_ms": 0})
    night = Night(folder, station, settings.url)
    rows = [hs_row("2026-06-18 01:01:00.000", 64_321), hs_row("2026-06-18 01:02:00.000", 53_000)]
    write_hs(night.inbox / "night.csv", rows)
    night.frame("010100.400", 11)
    night.frame("010100.500", 12, kind="rear")
    night.frame("010200.400", 13)
    assert night.run(DAY).cases == 2
    night.database.close()
    return folder


@pytest.fixture
def run(data: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    # The log of a command goes to a stream that ends with it.
    root = logging.getLogger()
    level = root.level
    monkeypatch.setattr(root, "handlers", root.handlers)

    def invoke(*arguments: object) -> Result:
        given = [*map(str, arguments), "--config", str(ROOT / "config.toml")]
        return CliRunner().invoke(app, given, env={"ZHICHAO_DATA_DIR": str(data)})

    yield invoke
    root.setLevel(level)


@pytest.fixture
def sealed(data: Path, run: Run) -> None:
    if not (data / "seals").exists():
        assert run("seal-init").exit_code == 0
