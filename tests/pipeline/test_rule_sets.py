import re
import shutil
import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pipeline.rules.limits_tables import GrossLimit, GrossMass
from pipeline.rules.rule import RuleError
from pipeline.rules.rule_sets import FOLDER, RuleSet, latest_gross_mass, rule_set_on, rule_sets


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copy = tmp_path / "rules"
    shutil.copytree(FOLDER, copy, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    return copy


@pytest.mark.parametrize(
    ("province", "day", "expected"),
    [
        ("浙江", date(2020, 8, 31), None),
        ("浙江", date(2020, 9, 1), "zhejiang_2020"),
        ("上海", date(2016, 9, 20), None),
        ("上海", date(2016, 9, 21), "shanghai_2016"),
        ("江苏", date(2026, 1, 1), None),
    ],
)
def test_province_and_day_choose(province: str, day: date, expected: str | None) -> None:
    chosen = rule_set_on(province, day, rule_sets())
    assert (chosen.id if chosen else None) == expected


def tables(content: dict[str, Any] | list[Any]) -> Iterator[dict[str, Any]]:
    """Yield every table of a TOML file."""
    if isinstance(content, dict):
        yield content
    for inner in content.values() if isinstance(content, dict) else content:
        if isinstance(inner, dict | list):
            yield from tables(inner)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.toml")), ids=lambda path: path.stem)
def test_every_figure_carries_its_citation(path: Path) -> None:
    numbered = [
        table
        for table in tables(tomllib.loads(path.read_text(encoding="utf-8")))
        if any(isinstance(value, int | float) and not isinstance(value, bool) for value in table.values())
    ]
    assert numbered
    assert [table for table in numbered if not table.get("citation")] == []


def dated(folder: Path, name: str, valid_from: str, valid_until: str) -> None:
    """Write another rule set of Zhejiang, from a day to a day."""
    text = (folder / "zhejiang_2020.toml").read_text(encoding="utf-8")
    text = text.replace("zhejiang_2020", name).replace(
        "valid_from = 2020-09-01", f"valid_from = {valid_from}\nvalid_until = {valid_until}"
    )
    (folder / f"{name}.toml").write_text(text, encoding="utf-8")


def test_sets_that_follow_each_other_day_by_day(folder: Path) -> None:
    dated(folder, "zhejiang_2018", "2018-01-01", "2020-08-31")
    sets = rule_sets(folder)
    chosen = [rule_set_on("浙江", date(2020, *day), sets) for day in ((8, 31), (9, 1))]
    assert [one.id for one in chosen if one] == ["zhejiang_2018", "zhejiang_2020"]
    assert rule_set_on("浙江", date(2017, 12, 31), sets) is None


@pytest.mark.parametrize(
    ("valid_from", "valid_until", "complaint"),
    [
        ("2018-01-01", "2020-09-01", "overlap in time"),
        ("2018-01-01", "2020-08-30", "leave 2020-08-31 to 2020-08-31 without rules"),
        ("2018-01-01", "2017-12-31", "valid_until 2017-12-31 lies before valid_from 2018-01-01"),
        ("2021-01-01", "2022-12-31", "overlap in time"),
    ],
)
def test_sets_that_overlap_or_leave_a_gap(
    folder: Path, valid_from: str, valid_until: str, complaint: str
) -> None:
    dated(folder, "zhejiang_other", valid_from, valid_until)
    with pytest.raises(RuleError, match=r"zhejiang_other") as caught:
        rule_sets(folder)
    assert complaint in str(caught.value)


def test_a_countys_factor_holds_in_its_time(folder: Path) -> None:
    path = folder / "zhejiang_2020.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text + "[[county_factor]]\ncounty = '虚构县'\nfactor = 1.1\nvalid_from = 2026-01-01\n"
        "valid_until = 2026-06-30\ncitation = '虚构'\n",
        encoding="utf-8",
    )
    rules = rule_set_on("浙江", date(2026, 6, 1), rule_sets(folder))
    assert rules
    days = [date(2025, 12, 31), date(2026, 1, 1), date(2026, 6, 30), date(2026, 7, 1)]
    assert [rules.factor_on("虚构县", day) for day in days] == [1, 1.1, 1.1, 1]
    assert rules.factor_on("另一县", days[1]) == 1


def test_the_highest_figure_of_an_axle_count() -> None:
    table = latest_gross_mass()
    assert [table.highest_kg(axles) for axles in range(8)] == [
        *(0, 0, 18_000, 27_000, 36_000, 43_000, 49_000, 49_000)
    ]


def test_the_explanation_names_every_table_and_mode() -> None:
    text = (Path(__file__).parents[2] / "docs" / "rules.zh.md").read_text(encoding="utf-8")
    said = set(re.findall(r"`\[{0,2}(\w+)", text))
    assert set(RuleSet.model_fields) - {"id", "province"} <= said
    assert set(GrossMass.model_fields) - {"id", "spacing"} <= said
    assert set(GrossLimit.model_fields) - {"citation"} <= said
    assert {"none", "deduct_percent", "raise_limit"} <= said
    assert {path.stem for path in FOLDER.glob("*.toml")} <= said
