import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from zhichao.cli import app

FORTNIGHT = "wim/dazhang_cn_2021/hs_data_20210601_15.csv"


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(arguments))
    return result.exit_code, result.stdout


def test_the_lanes_of_the_real_site(
    real_data: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZHICHAO_DATA_DIR", str(tmp_path))
    assert run("intake", "--station", "hs-sample", str(real_data(FORTNIGHT)))[0] == 0
    asked = [
        "stations",
        "--station",
        "hs-sample",
        "--reference-days",
        "7",
        "--charts",
        str(tmp_path / "charts"),
    ]
    code, printed = run(*asked, "--json")
    one, two = [json.loads(line) for line in printed.splitlines()]
    assert code == 0
    assert (one["lane"], one["standing"], one["since"], one["nights"]) == (1, "barred", "2021-06-01", 15)
    assert (two["lane"], two["standing"], two["since"]) == (2, "barred", "2021-06-04")
    assert "左右轮重逐轴完全相同" in one["decided_by"]
    assert "左侧轮重占比" in two["decided_by"]
    assert one["obstacles"] == ["no_legal_review", "no_technical_review"]
    assert len(list((tmp_path / "charts").glob("hs-sample-*.png"))) == 2
    # three days after the start lane 2 was still only watched
    early = [json.loads(line) for line in run(*asked, "--date", "2021-06-03", "--json")[1].splitlines()]
    assert [row["standing"] for row in early] == ["barred", "watched"]
    assert "停用" in run(*asked)[1]


def test_a_station_without_passages_has_no_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHICHAO_DATA_DIR", str(tmp_path))
    assert run("stations", "--json") == (0, "")
