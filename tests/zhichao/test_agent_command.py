from pathlib import Path

import pytest
from typer.testing import CliRunner

from zhichao.cli import app


@pytest.mark.parametrize("token", ["", "令牌", "two words", "one\nX-More: another"])
def test_a_file_that_holds_no_token_is_named(tmp_path: Path, token: str) -> None:
    held = tmp_path / "token"
    held.write_text(token, encoding="utf-8")
    folder = tmp_path / "out"
    folder.mkdir()
    where = ["station-agent", str(folder), "--url", "http://127.0.0.1:9", "--token-file", str(held), "--once"]
    told = CliRunner().invoke(app, where)
    assert told.exit_code == 2
    assert str(held) in told.stderr.replace("\n", "")
    assert "one token" in told.stderr
