"""Repetition, late fee, credit, and rule files that can't be used."""

import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.values.money import Band
from pipeline.rules.consequences_after import credit_entry, late_fee
from pipeline.rules.consequences_repeat import (
    PastAct,
    certificate_year,
    company_repeats,
    driver_repeats,
    vehicle_repeats,
)
from pipeline.rules.rule_sets import FOLDER, RuleError, rule_sets

SHANGHAI, ZHEJIANG = sorted(rule_sets(), key=lambda rules: rules.id)
NATIONAL = ZHEJIANG.national
ISSUED = date(2023, 6, 15)
TODAY = date(2026, 5, 1)


def act(number: int, on: date, **more: object) -> PastAct:
    facts = {"vehicle": "浙FT0001", "band": Band.FINE, "driver": "", "company": "", "absorbed": False} | more
    return PastAct(act=f"A{number}", on=on, **facts)  # type: ignore[arg-type]


def days(*texts: str) -> list[PastAct]:
    return [act(number, date.fromisoformat(text)) for number, text in enumerate(texts)]


@pytest.mark.parametrize(
    ("issued", "day", "expected"),
    [
        ("2023-06-15", "2023-06-15", ("2023-06-15", "2024-06-14")),
        ("2023-06-15", "2026-06-14", ("2025-06-15", "2026-06-14")),
        ("2023-06-15", "2026-06-15", ("2026-06-15", "2027-06-14")),
        ("2024-02-29", "2025-02-28", ("2024-02-29", "2025-02-28")),
        ("2024-02-29", "2025-03-01", ("2025-03-01", "2026-02-28")),
        ("2024-02-29", "2028-02-28", ("2027-03-01", "2028-02-28")),
        ("2024-02-29", "2028-02-29", ("2028-02-29", "2029-02-28")),
    ],
)
def test_the_certificates_year(issued: str, day: str, expected: tuple[str, str]) -> None:
    found = certificate_year(date.fromisoformat(issued), date.fromisoformat(day))
    assert tuple(map(str, found)) == expected


def test_more_than_three_times_and_not_three() -> None:
    three = days("2025-06-15", "2025-12-31", "2026-01-01")
    assert not vehicle_repeats("浙FT0001", three, ISSUED, TODAY, NATIONAL.repetition).reached
    four = [*three, act(9, TODAY)]
    found = vehicle_repeats("浙FT0001", four, ISSUED, TODAY, NATIONAL.repetition)
    assert (found.reached, found.number, found.consequence) == (True, 4, "吊销车辆营运证")
    assert str(found.steps[1]) == "违法超限运输：4次，超过3次（《公路安全保护条例》第六十六条）"


def test_what_does_not_count() -> None:
    acts = [
        *days("2025-06-14", "2025-07-01", "2025-08-01", "2025-09-01"),  # the first is of the year before
        act(10, TODAY, band=Band.EDUCATION),
        act(11, TODAY, absorbed=True),
        act(12, TODAY, vehicle="沪EA0001"),
        act(1, date(2025, 7, 2)),  # a second finding of the act of 1 July
        act(13, date(2026, 6, 15)),
    ]
    found = vehicle_repeats("浙FT0001", acts, ISSUED, TODAY, NATIONAL.repetition)
    assert (found.counted, found.reached) == (("A1", "A2", "A3"), False)


def test_a_warning_counts() -> None:
    acts = [act(number, TODAY - timedelta(days=number), band=Band.WARNING) for number in range(4)]
    assert vehicle_repeats("浙FT0001", acts, ISSUED, TODAY, NATIONAL.repetition).reached


def test_a_driver_counts_only_where_proved() -> None:
    acts = [act(number, TODAY, driver="甲" if number else "") for number in range(5)]
    found = driver_repeats("甲", acts, ISSUED, TODAY, NATIONAL.repetition)
    assert (found.number, found.reached) == (4, True)
    with pytest.raises(ValueError, match="expected a driver"):
        driver_repeats("", acts, ISSUED, TODAY, NATIONAL.repetition)


@pytest.mark.parametrize(("fleet", "reached"), [(20, False), (19, True)])
def test_a_company_by_the_share_of_its_trucks(fleet: int, reached: bool) -> None:
    trucks = ["浙FT0001", "浙FT0001", "浙FT0002"]
    acts = [act(number, TODAY, vehicle=truck, company="乙") for number, truck in enumerate(trucks)]
    found = company_repeats("乙", fleet, acts, ISSUED, TODAY, NATIONAL.repetition)
    assert (found.number, found.reached) == (2, reached)  # 2 of 20 is 10 %, no more
    with pytest.raises(ValueError, match="with 0"):
        company_repeats("乙", 0, acts, ISSUED, TODAY, NATIONAL.repetition)


def test_no_count_before_the_certificate() -> None:
    with pytest.raises(ValueError, match="first issued on 2023-06-15"):
        vehicle_repeats("浙FT0001", [], ISSUED, date(2023, 6, 14), NATIONAL.repetition)


@pytest.mark.parametrize(
    ("late", "suspended", "fen", "capped"),
    [
        (0, 0, 0, False),
        (1, 0, 4_410, False),  # 1,470 yuan x 3 %
        (10, 0, 44_100, False),
        (33, 0, 145_530, False),
        (34, 0, 147_000, True),  # 102 %
        (400, 0, 147_000, True),
        (40, 30, 44_100, False),
    ],
)
def test_late_fee(late: int, suspended: int, fen: int, capped: bool) -> None:
    due = date(2026, 3, 16)
    fee = late_fee(147_000, due, due + timedelta(days=late), NATIONAL.late_fee, suspended_days=suspended)
    assert (fee.amount_fen, fee.cap_applied) == (fen, capped)


@given(st.integers(0, 3_000_000), st.integers(-30, 400))
def test_the_late_fee_never_exceeds_the_fine(fine_fen: int, late: int) -> None:
    due = date(2026, 3, 16)
    fee = late_fee(fine_fen, due, due + timedelta(days=late), NATIONAL.late_fee)
    assert 0 <= fee.amount_fen <= fine_fen
    assert bool(fee.amount_fen) <= (late > 0)


def test_suspended_days_are_days_late() -> None:
    with pytest.raises(ValueError, match="at most 5 days suspended"):
        late_fee(100, TODAY, TODAY + timedelta(days=5), NATIONAL.late_fee, suspended_days=6)


def test_credit() -> None:
    entry = credit_entry(Band.FINE, date(2024, 2, 29), ZHEJIANG.credit)
    assert entry
    assert entry.until == date(2029, 2, 28)
    assert credit_entry(Band.EDUCATION, TODAY, ZHEJIANG.credit) is None
    assert credit_entry(Band.FINE, TODAY, ZHEJIANG.credit, summary_procedure=True) is None
    assert credit_entry(Band.WARNING, TODAY, SHANGHAI.credit, summary_procedure=True) is not None


@pytest.mark.parametrize(
    ("file", "old", "new", "complaint"),
    [
        (
            "zhejiang_2020",
            'citation = "浙江省公路条例 art. 53 para. 1(二)',
            '# citation = "',
            "penalty.step.1.citation",
        ),
        (
            "zhejiang_2020",
            'citation = "浙江省公路条例 art. 53 para. 1(三): 30',
            'citation = " "\n# "',
            "penalty.citation",
        ),
        ("zhejiang_2020", "cap_yuan = 30000", "cap_yuan = 30000\nsurprise = 1", "penalty.surprise"),
        ("zhejiang_2020", "cap_yuan = 30000", "cap_yuan = 30000.5", "penalty.cap_yuan"),
        ("zhejiang_2020", "above_percent = 50", "above_percent = 20", "begins above the one before"),
        ("zhejiang_2020", "above_percent = 50", "above_kg = 50", "got both"),
        ("zhejiang_2020", "yuan_per_tonne = 300", "yuan_per_tonne = 0", "only a fine has a rate"),
        ("zhejiang_2020", 'rule = "pro_rata"', 'rule = "about"', "penalty.fraction.rule"),
        ("zhejiang_2020", "valid_from = 2020-09-01", 'valid_from = "soon"', "valid_from"),
        ("shanghai_2016", 'band = "warning"', 'band = "none"', "got none"),
        ("shanghai_2016", 'band = "warning"', 'band = "fine"\nyuan_per_tonne = 1', "stands alone"),
        ("shanghai_2016", "above_kg = 1000", "above_kg = 1000\nabove_percent = 3", "got both"),
        ("consequences_national", "percent_per_day = 3", "percent_per_day = -3", "late_fee.percent_per_day"),
        ("consequences_national", 'citation = "行政处罚法 art. 72', '# "', "late_fee.citation"),
        ("consequences_national", "more_than = 10\n", "more_than = 10\nless_than = 1\n", "company.less_than"),
    ],
)
def test_a_rule_file_that_cannot_be_used(
    tmp_path: Path, file: str, old: str, new: str, complaint: str
) -> None:
    folder = tmp_path / "rules"
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    path = folder / f"{file}.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(RuleError) as caught:
        rule_sets(folder)
    assert str(path) in str(caught.value)
    assert complaint in str(caught.value)


def test_every_number_of_a_consequence_is_cited() -> None:
    for rules in rule_sets():
        national = rules.national.repetition
        tables = [rules.penalty, rules.penalty.fraction, *rules.penalty.step, *rules.evasion, rules.credit]
        triggers = [national.vehicle, national.driver, national.company, rules.national.late_fee]
        assert all("art" in table.citation for table in [*tables, *triggers])
