import json
import subprocess
import sys
from pathlib import Path

import pytest
from hs_file import hs_row, write_hs

ROOT = Path(__file__).parents[2]
ZHICHAO = [sys.executable, "-m", "zhichao"]


def run(*arguments: object, data: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {"ZHICHAO_DATA_DIR": str(data), "PATH": "/usr/bin:/bin", "ZHICHAO_WORKERS": "1"} | variables
    return subprocess.run(
        [*ZHICHAO, *map(str, arguments)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_judge_prints_one_line_for_each_passage_over_its_limit(tmp_path: Path) -> None:
    rows = [hs_row("2026-06-18 01:00:00.000", kg, axles=4, lane=2) for kg in (31_000, 32_631, 32_633, 40_000)]
    rows += [rows[3], hs_row("2026-06-18 01:00:00.000", 40_000, axles=4, lane=1).replace("40000", "4OOOO")]
    done = run("judge", write_hs(tmp_path / "a.csv", rows), "--station", "hs-sample", "--json", data=tmp_path)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert lines[0] == {
        "row": 3,
        "time": "2026-06-18T01:00:00.000+08:00",
        "lane": 2,
        "axle_count": 4,
        "gross_kg": 32_633,
        "decided_kg": 31_001,
        "limit_kg": 31_000,
        "excess_kg": 1,
        "excess_ratio": 0.000032,
        "layout": "rigid",
        "layout_open": False,
        "rule_set": "zhejiang_2020",
        "limit_rule": "62号令 art. 3(六), 四轴货车",
        "tolerance": "扣除5%",
        "doubts": ["suspension_unknown", "tyres_unknown"],
        "band": "education",
        "amount_fen": 0,
        "articles": lines[0]["articles"],
        "quality": [],
    }
    assert [(line["row"], line["quality"]) for line in lines[1:]] == [(4, []), (5, ["repeated"])]
    # 38,000 kg decided, 7.0 t over 31 t: 0.8 t above the 20 % at 300 yuan a tonne
    assert (lines[1]["decided_kg"], lines[1]["band"], lines[1]["amount_fen"]) == (38_000, "fine", 24_000)
    assert lines[1]["articles"][-1] == "《浙江省公路条例》第五十三条第一款第（二）项"
    assert "row 6, field Gross_Load: expected a whole number, got '4OOOO'" in done.stderr
    assert done.returncode == 1
    assert not (tmp_path / "zhichao.sqlite").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "complaint"),
    [
        (["judge", "missing.csv", "--station", "hs-sample"], 2, "missing.csv"),
        (["judge", "README.md", "--station", "hs-sample"], 2, "README.md: expected a header"),
        (["judge", "README.md", "--station", "nowhere"], 2, "station 'nowhere' is not declared"),
        (["nightly", "--date", "2026-02-30"], 2, "2026-02-30"),
        (["cases", "--config", "nowhere.toml"], 2, "nowhere.toml"),
        (["intake", "README.md"], 2, "name the one station"),
        (["demo", "--folder", "docs"], 2, "wants a new or empty folder"),
        (["judge", "[/x].csv", "--station", "hs-sample"], 2, "[/x].csv"),
        (["judge", "README.md", "--station", "[/x]"], 2, "station '[/x]' is not declared"),
        (["cases", "--date", "9999-12-31"], 2, "date value out of range"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    arguments: list[str], code: int, complaint: str, tmp_path: Path
) -> None:
    done = run(*arguments, data=tmp_path)
    assert done.returncode == code
    assert complaint in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_database_that_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "zhichao.sqlite").write_bytes(b"this is no database, only a text that is long enough" * 20)
    done = run("cases", data=tmp_path)
    assert done.returncode == 3
    assert "file is not a database" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("url", ["garbage", "foo://x", "postgresql://127.0.0.1:1/none"])
def test_a_database_url_that_cannot_be_used(url: str, tmp_path: Path) -> None:
    done = run("cases", data=tmp_path, ZHICHAO_DATABASE_URL=url)
    assert done.returncode == 3
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("✗")


def test_a_wrong_variable_is_named(tmp_path: Path) -> None:
    done = run("cases", data=tmp_path, ZHICHAO_WORKERS="many")
    assert done.returncode == 2
    assert "ZHICHAO_WORKERS: Input should be a valid integer" in done.stderr


def test_a_night_from_the_command_line(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox" / "hs-sample"
    write_hs(inbox / "a.csv", [hs_row("2026-06-18 01:00:00.000", kg) for kg in (49_000, 60_000)])
    taken = run("intake", "--station", "hs-sample", "--json", data=tmp_path)
    assert (taken.returncode, json.loads(taken.stdout)["rows_new"]) == (0, 2)
    night = run("nightly", "--date", "2026-06-18", "--station", "hs-sample", "--json", data=tmp_path)
    assert (night.returncode, json.loads(night.stdout)["cases"]) == (0, 1)
    (case,) = run("cases", "--station", "hs-sample", "--json", data=tmp_path).stdout.splitlines()
    assert json.loads(case)["decided_kg"] == 57_000
    table = run("cases", "--station", "hs-sample", data=tmp_path).stdout
    assert "hs-sample-20260618-010000-1" in table
    assert "没有可用于识别号牌的抓拍图片" in table
