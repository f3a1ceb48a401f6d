"""What follows from an overload: band and fine, worked out step by step for one vehicle.

Zhejiang: 浙江省公路条例 art. 53. Elsewhere: 超限运输车辆行驶公路管理规定 (62号令) art. 43.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from models.values.money import (
    FEN_PER_YUAN,
    Band,
    Consequence,
    FineRange,
    Step,
    Unit,
    format_number,
    format_yuan,
)
from pipeline.rules.consequences_tables import Penalty, Rung
from pipeline.rules.rule_sets import RuleSet

KG_PER_TONNE = 1000
PERCENT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What the calculation tells beside the two masses; nothing here changes the amount.

    Attributes:
        limit_rule: citation of the limit.
        measured_kg: raw mass, 0 where unknown.
        tolerance: how the decided mass came from the raw one, such as 扣除5%.
        evasion: ways of evading that were found.

    """

    limit_rule: str = ""
    measured_kg: int = 0
    tolerance: str = ""
    evasion: tuple[Literal["weighing", "fixed_site"], ...] = ()


def consequence(
    limit_kg: int, decided_kg: int, rules: RuleSet, context: Context | None = None
) -> Consequence:
    """Return what follows for one vehicle; without a limit (0 kg) the band is undetermined."""
    context = context or Context()
    ranges = _ranges(rules, context)
    if limit_kg <= 0:
        steps = _masses(decided_kg, context)
        steps.append(_step("最高限值", "无适用数值，由人工认定", "", Fraction(0), Unit.KG))
        return _sum(Band.UNDETERMINED, steps, rules.penalty, (), ranges)
    steps = _measuring(limit_kg, decided_kg, context)
    reached = reached_rung(limit_kg, decided_kg, rules.penalty)
    if reached < 0:
        return _sum(Band.NONE, steps, rules.penalty, (), ranges)
    rung = rules.penalty.step[reached]
    parts = _parts(limit_kg, decided_kg, rules.penalty, reached)
    if not rung.yuan_per_tonne:
        excess = Fraction(decided_kg - limit_kg)
        parts = [_step(rung.label, rung.measure, rung.article, excess, Unit.KG)]
    return _sum(rung.band, [*steps, *parts], rules.penalty, articles_of(rules.penalty, reached), ranges)


def reached_rung(limit_kg: int, decided_kg: int, penalty: Penalty) -> int:
    """Return the place of the highest step that the mass lies above, -1 at or below the limit."""
    excess_kg = decided_kg - limit_kg
    return sum(excess_kg > threshold_kg(limit_kg, rung) for rung in penalty.step) - 1


def threshold_kg(limit_kg: int, rung: Rung) -> Fraction:
    """Return the excess above which a step holds."""
    return Fraction(limit_kg * rung.above_percent, PERCENT) + rung.above_kg


def articles_of(penalty: Penalty, reached: int) -> tuple[str, ...]:
    """Return the articles violated and applied, none where the limit was kept."""
    return (penalty.violates, penalty.step[reached].article) if reached >= 0 else ()


def _masses(decided_kg: int, context: Context) -> list[Step]:
    decided = Fraction(decided_kg)
    steps = []
    if context.measured_kg:
        text = f"{_kg(Fraction(context.measured_kg))}，{context.tolerance or '不作扣除'}"
        steps.append(_step("实测车货总质量", text, "", Fraction(context.measured_kg), Unit.KG))
    return [*steps, _step("认定车货总质量", _kg(decided), "", decided, Unit.KG)]


def _measuring(limit_kg: int, decided_kg: int, context: Context) -> list[Step]:
    limit, decided = Fraction(limit_kg), Fraction(decided_kg)
    excess = max(decided - limit, Fraction(0))
    steps = _masses(decided_kg, context)
    steps.append(_step("最高限值", _kg(limit), context.limit_rule, limit, Unit.KG))
    over = f"{_kg(decided)} − {_kg(limit)} = {_kg(excess)}" if excess else "未超过最高限值"
    return [*steps, _step("超限质量", over, "", excess, Unit.KG)]


def _parts(limit_kg: int, decided_kg: int, penalty: Penalty, reached: int) -> list[Step]:
    """Return a step for each part of the excess that carries a rate, under the article reached."""
    starts = [threshold_kg(limit_kg, rung) for rung in penalty.step]
    excess = Fraction(decided_kg - limit_kg)
    steps = []
    for place, rung in enumerate(penalty.step[: reached + 1]):
        if not rung.yuan_per_tonne:
            continue
        start = Fraction(0) if rung.of == "excess" else starts[place]
        end = excess if place == reached else starts[place + 1]
        part = end - start
        counted = part / KG_PER_TONNE
        text = f"{_kg(end)} − {_kg(start)} = {_kg(part)}" if start else _kg(part)
        if penalty.fraction.rule == "whole_tonnes":
            counted = Fraction(int(counted))
            text += f"，按{format_number(counted)}吨计"
        amount_fen = int(counted * rung.yuan_per_tonne * FEN_PER_YUAN)
        text += f"；{format_number(counted)}吨 × {rung.yuan_per_tonne}元/吨 = {format_yuan(amount_fen)}"
        what, article = rung.label, penalty.step[reached].article
        steps.append(_step(what, text, article, counted, Unit.TONNE, amount_fen))
    return steps


def _sum(
    band: Band,
    steps: list[Step],
    penalty: Penalty,
    articles: tuple[str, ...],
    ranges: tuple[FineRange, ...],
) -> Consequence:
    total = sum(step.amount_fen for step in steps)
    fraction = penalty.fraction
    return Consequence(
        band=band,
        steps=tuple(steps),
        amount_fen=min(total, penalty.cap_fen),
        cap_fen=penalty.cap_fen,
        cap_applied=total > penalty.cap_fen,
        articles=articles,
        defaults=(fraction.note,) if band is Band.FINE and not fraction.stated else (),
        ranges=ranges,
    )


def _ranges(rules: RuleSet, context: Context) -> tuple[FineRange, ...]:
    """Return the fine for each evasion found; the law gives its highest sum, never a figure."""
    return tuple(
        FineRange(
            what=one.what,
            measure=one.measure,
            article=one.article,
            maximum_fen=one.maximum_yuan * FEN_PER_YUAN,
        )
        for one in rules.evasion
        if one.act in context.evasion
    )


def _step(what: str, working: str, article: str, quantity: Fraction, unit: Unit, amount_fen: int = 0) -> Step:
    return Step(
        what=what, working=working, article=article, quantity=quantity, unit=unit, amount_fen=amount_fen
    )


def _kg(mass: Fraction) -> str:
    return f"{format_number(mass)}千克"
