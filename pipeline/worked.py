"""What follows from one judged passage, worked out step by step, for a page or a bundle."""

import re
from typing import Any

from sqlalchemy import Row

from models.values.money import Consequence
from pipeline.rules.consequences import Context, consequence
from pipeline.rules.limits import gross_limit
from pipeline.rules.rule import RuleError
from pipeline.rules.rule_sets import RuleSet, rule_sets

PERCENT = 100
LIMIT_ITEM = re.compile(r"62号令 art\. 3\((.)\)")
ORDER, STANDARD = "《超限运输车辆行驶公路管理规定》第三条", "《公路货运车辆超限超载认定标准》"
# What a citation may say beside or instead of the item, and how people read it.
LIMIT_WORDS = (
    ("sum of the axle loads", f"{ORDER}第二款（不超过各轴最大允许轴荷之和）"),
    ("认定标准 note 1", f"{STANDARD}注1（二轴货车以行驶证载明的总质量为限）"),
    ("by the gross mass of the vehicle licence", f"{ORDER}第二款（以行驶证载明的总质量为限）"),
    ("认定标准: ", STANDARD),
    ("with air suspension", f"{STANDARD}注4（空气悬架）"),
    ("air suspension, trailer axles", f"{STANDARD}注4（空气悬架）"),
    ("3000 kg less", f"{ORDER}第二款（单轮胎车轴每轴减少3,000千克）"),
)


def rule_set_of(judgement: Row[Any]) -> RuleSet:
    """Return the rules a passage was judged by."""
    for rules in rule_sets():
        if rules.id == judgement.rule_set:
            return rules
    raise RuleError(f"no rule set {judgement.rule_set!r} is known any more")


def worked_out(judgement: Row[Any], passage: Row[Any], limit_rule: str = "") -> Consequence:
    """Return the calculation for a judgement and its passage, both as rows of their tables.

    `limit_rule` is where the limit stands, "" if it is still to be found by the axles.
    """
    rules = rule_set_of(judgement)
    cited = limit_rule or _limit_rule(passage, rules)
    deducted_kg = passage.gross_kg - judgement.decided_kg
    context = Context(
        limit_rule=limit_article(cited) or cited,
        measured_kg=passage.gross_kg,
        tolerance=_tolerance(deducted_kg, passage.gross_kg),
    )
    return consequence(judgement.limit_kg, judgement.decided_kg, rules, context)


def _limit_rule(passage: Row[Any], rules: RuleSet) -> str:
    spacings = [int(spacing) for spacing in passage.spacing_mm.split(",") if spacing]
    gaps = max(passage.axle_count - 1, 0)
    return gross_limit(
        passage.axle_count, (*spacings[:gaps], *[0] * (gaps - len(spacings))), rules.gross_mass
    ).rule


def limit_article(citation: str) -> str:
    """Return where a limit stands as people read it, "" if unknown; rule files cite as programs read it."""
    item = LIMIT_ITEM.search(citation)
    first = [f"{ORDER}第一款第（{item[1]}）项"] if item else []
    return "、".join(dict.fromkeys([*first, *(words for mark, words in LIMIT_WORDS if mark in citation)]))


def _tolerance(deducted_kg: int, gross_kg: int) -> str:
    if not deducted_kg:
        return ""
    return f"扣除使用中最大允许误差{PERCENT * deducted_kg / gross_kg:.1f}%，{deducted_kg:,}千克"
