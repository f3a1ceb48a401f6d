"""Rules and stations that can't be used are refused at the start, as a user meets it: file, key, reason."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hs_file import hs_row, write_hs
from typer.testing import CliRunner, Result

from pipeline.rules import rule_sets
from zhichao.cli import app

ROOT = Path(__file__).parents[2]
Judge = Callable[..., Result]


@pytest.fixture
def rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of the rule files, which the program then reads."""
    copy = tmp_path / "rules"
    shutil.copytree(rule_sets.FOLDER, copy, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    monkeypatch.setattr(rule_sets, "FOLDER", copy)
    return copy


@pytest.fixture
def judge(tmp_path: Path) -> Judge:
    """Return a run of `zhichao judge` on one heavy truck."""

    def run(config: Path = ROOT / "config.toml", command: tuple[str, ...] = ()) -> Result:
        records = write_hs(tmp_path / "a.csv", [hs_row("2026-06-18 01:00:00.000", 60_000)])
        arguments = command or ("judge", str(records), "--json")
        return CliRunner().invoke(app, [*arguments, "--station", "hs-sample", "--config", str(config)])

    return run


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_copy_is_what_is_read(rules: Path, judge: Judge) -> None:
    edit(rules / "gross_mass_2016.toml", "limit_kg = 49000\nopen = true", "limit_kg = 50000\nopen = true")
    assert '"limit_kg": 50000' in judge().stdout


GROSS = "gross_mass_2016.toml"
ZHEJIANG = "zhejiang_2020.toml"
BROKEN = [
    # file, what stood there, what stands there now, key, reason
    (GROSS, 'citation = "62号令 art. 3(四)"', "", "limit.0.citation", "Field required"),
    (GROSS, 'citation = "62号令 art. 3(四)"', 'citation = " "', "limit.0.citation", "at least 1 character"),
    (GROSS, "axles = 2\n", "axles = 2\nsurprise = 1\n", "limit.0.surprise", "Extra inputs are not permitted"),
    (GROSS, 'id = "gross_mass_2016"', 'id = "x"\nsurprise = 1', "surprise", "Extra inputs are not permitted"),
    (
        GROSS,
        'spacings = ["wide", "group"]',
        'spacings = ["wide"]',
        "limit.1",
        "3 axles have 2 spacings, got 1",
    ),
    (GROSS, "limit_kg = 18000", "limit_kg = -1", "limit.0.limit_kg", "greater than 0"),
    (
        GROSS,
        'limit_kg = 36000\ncitation = "62号令 art. 3(六), 四轴汽车列车"\n\n[[limit]]\naxles = 5',
        'limit_kg = 26000\ncitation = "62号令 art. 3(六), 四轴汽车列车"\n\n[[limit]]\naxles = 5',
        "limit: in column articulated",
        "4 axles may weigh 26000 kg, less than the 27000 kg of 3 axles",
    ),
    (
        GROSS,
        "limit_kg = 18000",
        "limit_kg = 18000\nair_suspension = true",
        "limit: rigid of 2 axles",
        "has no row without drive_axles and air_suspension",
    ),
    (GROSS, 'id = "gross_mass_2016"', "id = ", "", "Invalid value"),
    (GROSS, 'kind = "special_purpose"', 'kind = "fast"', "exempt.0.kind", "'special_purpose'"),
    (GROSS, "error_mm = 100", "error_mm = -1", "spacing.error_mm", "greater than or equal to 0"),
    (ZHEJIANG, 'gross_mass = "gross_mass_2016"\n', "", "gross_mass", "Field required"),
    (ZHEJIANG, "[tolerance]", "[tolerances]", "tolerance", "Field required"),
    (ZHEJIANG, 'mode = "deduct_percent"', 'mode = "guess"', "tolerance.mode", "'deduct_percent'"),
    (ZHEJIANG, "valid_from = 2020-09-01", "valid_from = 2020-13-01", "", "at line 4, column 18"),
    ("dimensions_2016.toml", "height_mm = 4000", "height_mm = 0", "limit.height_mm", "greater than 0"),
    ("consequences_national.toml", "more_than = 3", "more_than = 0", "repetition.vehicle.more_than", "0"),
]


@pytest.mark.parametrize(("name", "old", "new", "key", "reason"), BROKEN)
def test_a_rule_file_is_refused(
    rules: Path, judge: Judge, name: str, old: str, new: str, key: str, reason: str
) -> None:
    edit(rules / name, old, new)
    done = judge()
    said = done.stderr.replace("\n", "")
    assert (done.exit_code, done.stdout) == (2, "")
    assert f"{rules / name}: {key}" in said
    assert reason in said


def test_a_table_that_is_not_there(rules: Path, judge: Judge) -> None:
    edit(rules / ZHEJIANG, '"dimensions_2016"', '"dimensions_2099"')
    done = judge()
    assert done.exit_code == 2
    assert "dimensions_2099.toml" in done.stderr


@pytest.mark.parametrize(
    "command", [("nightly", "--date", "2026-06-18"), ("stations", "--date", "2026-06-18")]
)
def test_other_commands_refuse_it_too(
    rules: Path, judge: Judge, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: tuple[str, ...]
) -> None:
    monkeypatch.setenv("ZHICHAO_DATA_DIR", str(tmp_path / "data"))
    edit(rules / ZHEJIANG, "valid_from = 2020-09-01", "valid_from = 2020-09-01\nvalid_until = 2020-01-01")
    done = judge(command=command)
    assert done.exit_code == 2
    assert "valid_until 2020-01-01 lies before valid_from 2020-09-01" in done.stderr.replace("\n", "")


@pytest.mark.parametrize(
    ("old", "new", "key", "reason"),
    [
        ('province = "浙江"\nroad = "样例"', 'road = "样例"', "stations.2.province", "Field required"),
        (
            "valid_from = 2021-01-01\nvalid_until = 2099-12-31",
            "valid_from = 2021-01-01\nvalid_until = 2020-12-31",
            "stations.2.certificates.0",
            "valid_until 2020-12-31 lies before valid_from 2021-01-01",
        ),
        (
            'mpe_percent = 5.0\nverified_by = "样例(虚构)"',
            'mpe_percent = 2.5\nverified_by = "样例(虚构)"',
            "stations.2.certificates.0",
            "mpe_percent 2.5 lies below the 5 of class 5",
        ),
        (
            'province = "浙江"\nroad = "样例"',
            'province = "浙江"\nplace = "harbour"\nroad = "样例"',
            "stations.2.place",
            "'expressway_entrance'",
        ),
        (
            'province = "浙江"\nroad = "样例"',
            'province = "浙江"\nsurprise = 1\nroad = "样例"',
            "stations.2.surprise",
            "Extra inputs",
        ),
    ],
)
def test_a_station_is_refused(
    tmp_path: Path, judge: Judge, old: str, new: str, key: str, reason: str
) -> None:
    config = tmp_path / "config.toml"
    shutil.copy(ROOT / "config.toml", config)
    edit(config, old, new)
    done = judge(config)
    said = done.stderr.replace("\n", "")
    assert (done.exit_code, done.stdout) == (2, "")
    assert f"{config}: {key}" in said
    assert reason in said
