import subprocess
import sys

import pytest
from typer.testing import CliRunner

from zhichao.cli import COMMANDS, app


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_of_the_table_tells_of_itself(name: str) -> None:
    told = CliRunner().invoke(app, [name, "--help"], prog_name="zhichao", env={"COLUMNS": "200"})
    assert told.exit_code == 0, told.output
    assert f"Usage: zhichao {name}" in told.output


def test_a_command_that_is_none_is_refused() -> None:
    told = CliRunner().invoke(app, ["fine-them-all"])
    assert told.exit_code == 2
    assert "fine-them-all" in told.output


def test_a_command_waits_for_nothing_that_others_need() -> None:
    code = "import sys; import zhichao.cli; print(*sorted(m.split('.')[0] for m in sys.modules))"
    loaded = set(
        subprocess.run(
            [sys.executable, "-c", code], check=True, capture_output=True, text=True
        ).stdout.split()
    )
    assert "typer" in loaded
    assert loaded.isdisjoint({"fastapi", "onnxruntime", "polars", "pyhanko", "sqlalchemy", "typst"})
