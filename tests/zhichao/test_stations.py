import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from hs_file import hs_row, write_hs
from typer.testing import CliRunner

from zhichao.cli import app

FORTNIGHT = "wim/dazhang_cn_2021/hs_data_20210601_15.csv"
DAY = "2026-06-18"
HERE = ("--station", "hs-sample")
SAID = (
    "override",
    "hs-sample",
    "1",
    "--reason",
    "[检衡车]复核",
    "--by",
    "张三(虚构)",
    "--from",
    DAY,
    "--until",
    DAY,
)


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(arguments))
    return result.exit_code, result.stdout


def lines(*arguments: str) -> list[dict[str, object]]:
    code, printed = run(*arguments, "--json")
    assert code == 0, printed
    return [json.loads(line) for line in printed.splitlines()]


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ZHICHAO_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("ZHICHAO_WORKERS", "1")
    return tmp_path


@pytest.fixture
def barred_night(data: Path) -> Path:
    """Run a night of one lane whose sides are alike, half of its trucks over the limit."""
    rows = [
        hs_row(f"{DAY} 01:{number:02d}:00.000", 48_000 + 12_000 * (number % 2), lean_kg=0)
        for number in range(56)
    ]
    write_hs(data / "inbox" / "hs-sample" / "a.csv", rows)
    assert run("nightly", "--date", DAY, *HERE)[0] == 0
    return data


def test_the_lanes_of_the_real_site(real_data: Callable[[str], Path], data: Path) -> None:
    assert run("intake", *HERE, str(real_data(FORTNIGHT)))[0] == 0
    for number in range(4):
        assert run("nightly", "--date", str(date(2021, 6, 1) + timedelta(days=number)), *HERE)[0] == 0
    one, two = lines("stations", *HERE, "--charts", str(data / "charts"))
    assert (one["lane"], one["standing"], one["since"], one["nights"]) == (1, "barred", "2021-06-01", 4)
    assert (two["lane"], two["standing"], two["since"]) == (2, "barred", "2021-06-04")
    assert "左右轮重逐轴完全相同" in str(one["decided_by"])
    assert "左侧轮重占比" in str(two["decided_by"])
    assert (one["obstacles"], one["late"], one["passages"]) == ([], 0, 1674)
    assert len(list((data / "charts").glob("hs-sample-*.png"))) == 2
    # three days after the start lane 2 was still only watched
    early = lines("stations", *HERE, "--date", "2021-06-03")
    assert [row["standing"] for row in early] == ["barred", "watched"]


def test_a_station_that_was_never_measured_has_no_line(data: Path) -> None:
    assert run("stations", "--json") == (0, "")
    write_hs(data / "a.csv", [hs_row(f"{DAY} 01:00:00.000", 48_000)])
    assert run("intake", *HERE, str(data / "a.csv"))[0] == 0
    assert run("stations", "--json") == (0, "")


def test_leads_and_why(barred_night: Path) -> None:
    found = lines("leads", *HERE)
    assert len(found) == 28
    assert found[0] | {"standing_by": ""} == found[0] | {
        "lane": 1,
        "gross_kg": 60_000,
        "decided_kg": 57_000,
        "standing": "barred",
        "obstacles": ["lane_barred"],
        "certificate": "样例-0001",
        "standing_by": "",
    }
    assert lines("leads", *HERE, "--date", "2026-06-17") == []
    assert lines("cases", *HERE) == []
    table = run("leads", *HERE)[1]
    assert "车道停用：左右轮重逐轴完全相同的货车占 100.0%" in table
    night = run("nightly", "--date", DAY, *HERE)[1]
    assert "车道 1：车道停用（左右轮重逐轴相同）" in night
    assert barred_night.exists()


def test_an_override_is_kept_shown_and_opens_the_gate(barred_night: Path) -> None:
    code, _ = run(*SAID, "--standing", "watched")
    assert code == 0
    (lane,) = lines("stations", *HERE, "--charts", str(barred_night / "charts"))
    assert (lane["standing"], lane["measured"]) == ("watched", "barred")
    assert lane["override"] == "张三(虚构)：[检衡车]复核（至 2026-06-18）"
    assert "关注（测得 停用）" in run("stations", *HERE)[1]
    assert lines("cases", *HERE) == []
    assert run("nightly", "--date", "2026-06-19", *HERE)[0] == 0
    assert (len(lines("cases", *HERE)), lines("leads", *HERE)) == (28, [])
    assert "[检衡车]复核" in run("cases", *HERE, "--json")[1]


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        (("--standing", "good"), "good"),
        (("--standing", "trusted", "--reason", " "), "an actor and a reason"),
        (("--standing", "trusted", "--until", "2026-06-17"), "2026-06-17 lies before"),
    ],
)
def test_an_override_that_cannot_hold_is_refused(
    data: Path, changes: tuple[str, ...], complaint: str
) -> None:
    result = CliRunner().invoke(app, [*SAID, *changes])
    assert result.exit_code == 2
    assert complaint in result.stderr
    assert not list(data.glob("*.sqlite"))


def test_an_override_names_a_declared_lane(data: Path) -> None:
    result = CliRunner().invoke(app, ["override", "hs-sample", "9", *SAID[3:], "--standing", "barred"])
    assert result.exit_code == 2
    assert "lane 9 is not declared" in result.stderr
    assert not list(data.glob("*.sqlite"))
