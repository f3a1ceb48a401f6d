"""Repeated overload within a year (公路安全保护条例 art. 66): vehicle, driver, share of a company's fleet."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from models.values.labelled import Labelled
from models.values.money import Band, Step, Unit
from pipeline.rules.consequences_tables import Repetition, Trigger

PERCENT = 100


class Subject(Labelled):
    """Whose repetition is counted."""

    VEHICLE = "vehicle", "车辆"
    DRIVER = "driver", "驾驶人"
    COMPANY = "company", "道路运输企业"


@dataclass(frozen=True, slots=True, kw_only=True)
class PastAct:
    """One act with its decision in force; `driver` is "" where it is not proved who drove.

    `absorbed` marks a finding that yielded to the partner's decision on the same act.
    """

    act: str
    on: date
    vehicle: str
    band: Band
    driver: str = ""
    company: str = ""
    absorbed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeated:
    """How often in the certificate's year, and whether that is too often.

    `counted` are the acts, each once; `number` is their count, or that of a company's offending trucks.
    `first_on` and `last_on` bound the year.
    """

    subject: Subject
    first_on: date
    last_on: date
    counted: tuple[str, ...]
    number: int
    reached: bool
    consequence: str
    steps: tuple[Step, ...]
    articles: tuple[str, ...]
    defaults: tuple[str, ...]


def certificate_year(first_issued_on: date, day: date) -> tuple[date, date]:
    """Return the first and last day of the year of the certificate that holds `day` (62号令 art. 46).

    Years follow each other from the first issue; one begun on 29 February begins on 1 March where
    there is none.
    """
    if day < first_issued_on:
        message = f"the certificate was first issued on {first_issued_on}, after {day}"
        raise ValueError(message)
    begun = _anniversary(first_issued_on, day.year)
    first_on = begun if begun <= day else _anniversary(first_issued_on, day.year - 1)
    return first_on, _anniversary(first_issued_on, first_on.year + 1) - timedelta(days=1)


def vehicle_repeats(
    vehicle: str, acts: Iterable[PastAct], first_issued_on: date, day: date, rules: Repetition
) -> Repeated:
    """Count a vehicle's acts in its certificate's year; more than 3 and the certificate is revoked."""
    return _times(Subject.VEHICLE, acts, lambda one: one.vehicle == vehicle, (first_issued_on, day), rules)


def driver_repeats(
    driver: str, acts: Iterable[PastAct], first_issued_on: date, day: date, rules: Repetition
) -> Repeated:
    """Count a driver's proved acts in the year of the driver's certificate."""
    if not driver:
        raise ValueError("expected a driver, got none: an owner's case names no driver")
    return _times(Subject.DRIVER, acts, lambda one: one.driver == driver, (first_issued_on, day), rules)


def company_repeats(
    company: str, fleet: int, acts: Iterable[PastAct], first_issued_on: date, day: date, rules: Repetition
) -> Repeated:
    """Hold a company's offending trucks, each once, against its fleet in the year of its licence."""
    if not company or fleet <= 0:
        message = f"expected a company and its trucks, got {company!r} with {fleet}"
        raise ValueError(message)
    year = certificate_year(first_issued_on, day)
    counted = _counted(acts, lambda one: one.company == company, year, rules)
    trucks = len({one.vehicle for one in counted})
    over = trucks * PERCENT > fleet * rules.company.more_than
    text = f"{trucks}辆 ÷ 货运车辆总数{fleet}辆，{_than(over)}{rules.company.more_than}%"
    step = _step("违法超限运输的货运车辆", text, rules.company.article, trucks, Unit.VEHICLE)
    return _repeated(Subject.COMPANY, year, counted, over, (step, rules.company), rules)


def _times(
    subject: Subject,
    acts: Iterable[PastAct],
    mine: Callable[[PastAct], bool],
    dates: tuple[date, date],
    rules: Repetition,
) -> Repeated:
    trigger = rules.vehicle if subject is Subject.VEHICLE else rules.driver
    year = certificate_year(*dates)
    counted = _counted(acts, mine, year, rules)
    number, over = len(counted), len(counted) > trigger.more_than
    text = f"{number}次，{_than(over)}{trigger.more_than}次"
    step = _step("违法超限运输", text, trigger.article, number, Unit.TIME)
    return _repeated(subject, year, counted, over, (step, trigger), rules)


def _counted(
    acts: Iterable[PastAct], mine: Callable[[PastAct], bool], year: tuple[date, date], rules: Repetition
) -> list[PastAct]:
    """Return the acts that count, the first of each, in order of time."""
    found: dict[str, PastAct] = {}
    for one in sorted(acts, key=lambda act: (act.on, act.act)):
        counts = one.band in rules.counted_bands and not one.absorbed
        if counts and mine(one) and year[0] <= one.on <= year[1]:
            found.setdefault(one.act, one)
    return list(found.values())


def _repeated(
    subject: Subject,
    year: tuple[date, date],
    counted: list[PastAct],
    over: bool,  # noqa: FBT001 - one of the facts passed on
    basis: tuple[Step, Trigger],
    rules: Repetition,
) -> Repeated:
    step, trigger = basis
    days = (year[1] - year[0]).days + 1
    window = _step("计算年度", f"{year[0]}至{year[1]}", rules.window_article, days, Unit.DAY)
    return Repeated(
        subject=subject,
        first_on=year[0],
        last_on=year[1],
        counted=tuple(one.act for one in counted),
        number=int(step.quantity),
        reached=over,
        consequence=trigger.consequence if over else "",
        steps=(window, step),
        articles=(trigger.article, rules.window_article),
        defaults=(rules.note,),
    )


def _step(what: str, working: str, article: str, quantity: int, unit: Unit) -> Step:
    return Step(what=what, working=working, article=article, quantity=Fraction(quantity), unit=unit)


def _anniversary(issued_on: date, year: int) -> date:
    try:
        return issued_on.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


def _than(over: bool) -> str:  # noqa: FBT001 - the two words of one sentence
    return "超过" if over else "未超过"
