"""What follows after the decision: the late fee, and the entry in the credit record."""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from models.values.calendar import years_after
from models.values.money import Band, Calculation, Step, Unit, format_yuan
from pipeline.rules.consequences_tables import Credit, LateFee

PERCENT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditEntry:
    """A penalty in the credit record, from the decision to the end of `until`."""

    since: date
    until: date
    article: str
    defaults: tuple[str, ...]


def late_fee(
    fine_fen: int, last_on: date, today: date, rules: LateFee, *, suspended_days: int = 0
) -> Calculation:
    """Work out the late fee up to today (行政处罚法 art. 72(1)), in all never above the fine.

    The first day that counts is the one after `last_on`, the last day of payment. Days of a pending
    review or suit are `suspended_days` and do not count (art. 73(3)). Fractions of a fen are dropped.
    """
    late_days = max((today - last_on).days, 0)
    if fine_fen < 0 or not 0 <= suspended_days <= late_days:
        message = f"expected a fine and at most {late_days} days suspended, got {fine_fen}, {suspended_days}"
        raise ValueError(message)
    days = late_days - suspended_days
    total = fine_fen * rules.percent_per_day * days // PERCENT
    cap = fine_fen * rules.cap_percent // PERCENT
    count = f"{late_days}天 − {suspended_days}天" if suspended_days else f"{late_days}天"
    counted = Step(
        what="逾期天数",
        working=f"{last_on}届满，至{today}共{count}，计{days}天",
        article="《行政处罚法》第七十三条第三款" if suspended_days else "",
        quantity=Fraction(days),
        unit=Unit.DAY,
    )
    added = Step(
        what="加处罚款",
        working=f"{format_yuan(fine_fen)} × {rules.percent_per_day}% × {days}天 = {format_yuan(total)}",
        article=rules.article,
        quantity=Fraction(days),
        unit=Unit.DAY,
        amount_fen=total,
    )
    return Calculation(
        steps=(counted, added),
        amount_fen=min(total, cap),
        cap_fen=cap,
        cap_applied=total > cap,
        articles=(rules.article,),
        defaults=("不足一分的舍去",) if fine_fen * rules.percent_per_day * days % PERCENT else (),
    )


def credit_entry(
    band: Band, decided_on: date, rules: Credit, *, summary_procedure: bool = False
) -> CreditEntry | None:
    """Return the credit entry of a penalty, None where the band is none or the province leaves it out."""
    if band not in {Band.WARNING, Band.FINE} or (summary_procedure and not rules.summary_counts):
        return None
    return CreditEntry(
        since=decided_on,
        until=years_after(decided_on, rules.years),
        article=rules.article,
        defaults=(rules.note,),
    )
