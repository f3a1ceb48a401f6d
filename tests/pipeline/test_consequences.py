"""Consequences of overload against cases worked by hand and against what must hold for every mass.

The amounts in `consequence_cases.tsv` come from the arithmetic written out in its last column, not from
the program: a plain decimal calculation from the statutes' figures. Some fifteen rows, both caps among
them, were worked a second time by hand.
"""

import csv
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.values.money import Band, Calculation, Step, Unit, capital_yuan, format_number, format_yuan
from pipeline.rules.consequences import Context, articles_of, consequence, reached_rung
from pipeline.rules.consequences_batch import BANDS, consequences
from pipeline.rules.limits import gross_limits
from pipeline.rules.rule_sets import RuleSet, rule_set_on, rule_sets
from pipeline.rules.tolerance import Allowance, share

FILE = Path(__file__).with_name("consequence_cases.tsv")
CASES = list(csv.DictReader(FILE.read_text(encoding="utf-8").splitlines(), delimiter="\t"))
SETS = rule_sets()


def rules_of(province: str) -> RuleSet:
    found = rule_set_on(province, date(2026, 6, 1), SETS)
    assert found
    return found


ZHEJIANG, SHANGHAI = rules_of("浙江"), rules_of("上海")
WHOLE_TONNES = ZHEJIANG.model_copy(
    update={
        "penalty": ZHEJIANG.penalty.model_copy(
            update={"fraction": ZHEJIANG.penalty.fraction.model_copy(update={"rule": "whole_tonnes"})}
        )
    }
)
LIMITS = st.sampled_from([18_000, 25_000, 27_000, 31_000, 35_000, 36_000, 42_000, 43_000, 46_000, 49_000])
ANY_LIMIT = st.integers(1, 60_000)
MASSES = st.integers(0, 300_000)
RULES = st.sampled_from([ZHEJIANG, SHANGHAI, WHOLE_TONNES])


def test_there_are_enough_cases_and_each_is_another() -> None:
    assert len(CASES) >= 130
    assert len({tuple(list(case.values())[1:8]) for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=[f"{case['编号']}-{case['检测点省份']}" for case in CASES])
def test_worked_case(case: dict[str, str]) -> None:
    rules = rule_set_on(case["检测点省份"], date.fromisoformat(case["过车日期"]), SETS)
    if rules is None:
        assert case["处理"] == "无适用规则"
        return
    spacings = [int(mm) for mm in case["轴距(毫米)"].split("、") if mm]
    table = np.array([spacings + [0] * (7 - len(spacings))], dtype=np.int64)
    axles = np.array([int(case["轴数"])], dtype=np.int16)
    limit = int(gross_limits(axles, table, rules.gross_mass).limit_kg[0])
    measured = np.array([int(case["实测质量(千克)"])], dtype=np.int64)
    decided = int(Allowance(deducted=share(float(case["扣除误差(%)"]))).decided_kg(measured)[0])
    assert (limit, decided) == (int(case["限值(千克)"]), int(case["认定质量(千克)"]))
    result = consequence(limit, decided, rules)
    assert result.band.label == case["处理"]
    assert result.amount_fen == Decimal(case["金额(元)"]) * 100
    assert result.articles[1:] == ((case["条款"],) if case["条款"] else ())


def test_a_calculation_is_printed_line_by_line() -> None:
    context = Context(limit_rule="62号令 art. 3(八)", measured_kg=67_053, tolerance="扣除5%")
    assert consequence(49_000, 63_700, ZHEJIANG, context).lines() == [
        "1. 实测车货总质量：67,053千克，扣除5%",
        "2. 认定车货总质量：63,700千克",
        "3. 最高限值：49,000千克（62号令 art. 3(八)）",
        "4. 超限质量：63,700千克 − 49,000千克 = 14,700千克",
        (
            "5. 超过限值20%至50%的部分：14,700千克 − 9,800千克 = 4,900千克；4.9吨 × 300元/吨 = 1,470.00元"
            "（《浙江省公路条例》第五十三条第一款第（二）项）"
        ),
        "6. 金额：1,470.00元",
        f"7. 适用的默认规则：{ZHEJIANG.penalty.fraction.note}",
    ]


def test_the_cap_is_said() -> None:
    result = consequence(49_000, 130_000, ZHEJIANG)
    assert (result.amount_fen, result.cap_applied) == (3_000_000, True)
    assert "合计32,660.00元，超过最高额，按30,000.00元计" in "".join(result.lines())


def test_evasion_is_a_range_and_never_a_figure() -> None:
    result = consequence(49_000, 49_000, ZHEJIANG, Context(evasion=("weighing",)))
    (evasion,) = result.ranges
    assert (result.amount_fen, evasion.maximum_fen) == (0, 500_000)
    assert "第五十六条" in str(evasion)
    assert consequence(49_000, 49_000, SHANGHAI, Context(evasion=("weighing",))).ranges == ()


def test_without_a_limit_a_person_decides() -> None:
    result = consequence(0, 63_700, ZHEJIANG)
    assert (result.band, result.amount_fen, result.articles) == (Band.UNDETERMINED, 0, ())


def test_whole_tonnes_are_a_setting() -> None:
    # 63.7 t: 4.9 t count as 4; 80.0 t: 14.7 t as 14 and 6.5 t as 6
    assert consequence(49_000, 63_700, WHOLE_TONNES).amount_fen == 4 * 300_00
    assert consequence(49_000, 80_000, WHOLE_TONNES).amount_fen == (14 * 300 + 6 * 500) * 100


def test_a_calculation_that_does_not_add_up_cannot_be_made() -> None:
    step = Step(what="罚款", working="", article="", quantity=Fraction(1), unit=Unit.TONNE, amount_fen=5)
    for amount, cap, applied in ((6, 0, False), (5, 4, False), (4, 4, False), (5, 9, True)):
        with pytest.raises(ValueError, match="steps add up to 5 fen"):
            Calculation(steps=(step,), amount_fen=amount, cap_fen=cap, cap_applied=applied, articles=())


@given(ANY_LIMIT, MASSES, MASSES, RULES)
def test_never_falls_as_the_mass_grows(limit: int, one: int, other: int, rules: RuleSet) -> None:
    low, high = (consequence(limit, mass, rules) for mass in sorted([one, other]))
    assert low.amount_fen <= high.amount_fen
    assert BANDS.index(low.band) <= BANDS.index(high.band)


@given(ANY_LIMIT, MASSES, RULES)
def test_never_above_the_cap_and_nothing_below_a_fine(limit: int, mass: int, rules: RuleSet) -> None:
    result = consequence(limit, mass, rules)
    assert 0 <= result.amount_fen <= 3_000_000
    assert result.band is Band.FINE or result.amount_fen == 0
    assert (result.band is Band.NONE) == (mass <= limit)
    assert result.lines()


@given(LIMITS, MASSES)
def test_the_provinces_agree_only_at_nothing_and_at_the_cap(limit: int, mass: int) -> None:
    ours, national = consequence(limit, mass, ZHEJIANG), consequence(limit, mass, SHANGHAI)
    equal = ours.amount_fen == national.amount_fen
    assert equal == (mass <= limit + 1000 or ours.amount_fen == 3_000_000)
    assert ours.amount_fen <= national.amount_fen
    assert (ours.articles == national.articles) == (mass <= limit)


@given(st.lists(st.tuples(st.integers(0, 60_000), MASSES), max_size=40), RULES, st.integers(0, 40))
def test_a_batch_is_its_members_however_split(pairs: list[tuple[int, int]], rules: RuleSet, cut: int) -> None:
    table = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    whole = consequences(table[:, 0], table[:, 1], rules.penalty)
    halves = [consequences(part[:, 0], part[:, 1], rules.penalty) for part in (table[:cut], table[cut:])]
    assert whole.band.tolist() == [code for half in halves for code in half.band.tolist()]
    assert whole.amount_fen.tolist() == [fen for half in halves for fen in half.amount_fen.tolist()]
    for place, (limit, mass) in enumerate(pairs):
        single = consequence(limit, mass, rules)
        assert BANDS[whole.band[place]] is single.band
        assert whole.amount_fen[place] == single.amount_fen
        assert articles_of(rules.penalty, int(whole.reached[place])) == single.articles
        if limit:
            assert whole.reached[place] == reached_rung(limit, mass, rules.penalty)
    assert (whole.band.dtype, whole.amount_fen.dtype) == (np.int8, np.int64)


@pytest.mark.parametrize(
    ("fen", "plain", "capital"),
    [
        (0, "0.00元", "零元整"),
        (5, "0.05元", "伍分"),
        (147_000, "1,470.00元", "壹仟肆佰柒拾元整"),
        (105, "1.05元", "壹元零伍分"),
        (2_030_010, "20,300.10元", "贰万零叁佰元壹角整"),
        (3_000_000, "30,000.00元", "叁万元整"),
        (10_030_000, "100,300.00元", "壹拾万零叁佰元整"),
        (100_000_500, "1,000,005.00元", "壹佰万零伍元整"),
    ],
)
def test_money_in_words(fen: int, plain: str, capital: str) -> None:
    assert (format_yuan(fen), capital_yuan(fen)) == (plain, capital)


def test_numbers_are_never_rounded_in_print() -> None:
    assert format_number(Fraction(13473, 10_000)) == "1.3473"
    with pytest.raises(ValueError, match="no exact decimal"):
        format_number(Fraction(1, 3))
