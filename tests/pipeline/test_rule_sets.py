import shutil
from datetime import date
from pathlib import Path

import pytest

from pipeline.rules.rule_sets import FOLDER, rule_set_on, rule_sets


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


def test_every_figure_carries_its_citation() -> None:
    for rules in rule_sets():
        assert rules.announcement.citation
        assert all(
            "62号令" in limit.citation or "认定标准" in limit.citation for limit in rules.gross_mass.limit
        )


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('citation = "62号令 art. 3(四)"', "", "citation"),
        ('citation = "62号令 art. 3(四)"', 'citation = " "', "citation"),
        ("axles = 2\n", "axles = 2\nsurprise = 1\n", "surprise"),
        ('spacings = ["wide", "group"]', 'spacings = ["wide"]', "3 axles have 2 spacings, got 1"),
        ("limit_kg = 18000", "limit_kg = -1", "limit_kg"),
        ('id = "gross_mass_2016"', "id = ", "Invalid value"),
    ],
)
def test_a_rule_file_that_cannot_be_used_is_named(folder: Path, old: str, new: str, complaint: str) -> None:
    table = folder / "gross_mass_2016.toml"
    text = table.read_text(encoding="utf-8")
    assert old in text
    table.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ValueError, match=r"_20..\.toml") as caught:
        rule_sets(folder)
    assert complaint in str(caught.value)


def test_two_sets_at_one_time_are_refused(folder: Path) -> None:
    text = (folder / "zhejiang_2020.toml").read_text(encoding="utf-8").replace("2020-09-01", "2022-01-01")
    (folder / "zhejiang_2022.toml").write_text(
        text.replace("zhejiang_2020", "zhejiang_2022"), encoding="utf-8"
    )
    with pytest.raises(ValueError, match="zhejiang_2020 and zhejiang_2022 of 浙江 overlap"):
        rule_sets(folder)
