"""Money in whole fen, and calculations that are worked step by step and must add up."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from models.values.labelled import Labelled

FEN_PER_YUAN = 100
DIGITS = "零壹贰叁肆伍陆柒捌玖"
PLACES = ("", "拾", "佰", "仟")
GROUPS = ("", "万", "亿")


class Band(Labelled):
    """What follows from a mass, mildest first; the value is the word in database, export and log."""

    UNDETERMINED = "undetermined", "无适用限值，由人工认定"
    NONE = "none", "未超限"
    EDUCATION = "education", "批评教育"
    WARNING = "warning", "警告"
    FINE = "fine", "罚款"


class Unit(Labelled):
    """What a step counts."""

    KG = "kg", "千克"
    TONNE = "tonne", "吨"
    DAY = "day", "天"
    TIME = "time", "次"
    MILLIMETRE = "millimetre", "毫米"
    VEHICLE = "vehicle", "辆"


def format_yuan(fen: int) -> str:
    """Return an amount as documents print it, such as 1,470.00元."""
    sign, fen = ("-", -fen) if fen < 0 else ("", fen)
    return f"{sign}{fen // FEN_PER_YUAN:,}.{fen % FEN_PER_YUAN:02}元"


def format_number(value: Fraction) -> str:
    """Return an exact number with thousands separated; a fraction that does not end is a ValueError."""
    number = Decimal(value.numerator) / Decimal(value.denominator)
    if Fraction(number) != value:
        message = f"{value} has no exact decimal"
        raise ValueError(message)
    return f"{number:,f}"


def capital_yuan(fen: int) -> str:
    """Return an amount in the capital numerals of a decision, such as 壹仟肆佰柒拾元整."""
    if not 0 <= fen < FEN_PER_YUAN * 10 ** (4 * len(GROUPS)):
        message = f"no capital numerals for {fen} fen"
        raise ValueError(message)
    yuan, rest = divmod(fen, FEN_PER_YUAN)
    jiao, cent = divmod(rest, 10)
    text = f"{_whole(yuan)}元" if yuan or not rest else ""
    if jiao:
        text += f"{DIGITS[jiao]}角"
    elif cent and yuan:
        text += "零"
    return text + (f"{DIGITS[cent]}分" if cent else "整")


def _whole(number: int) -> str:
    text, gap = "", False
    for place in range(len(str(number)) - 1, -1, -1):
        digit = number // 10**place % 10
        if digit:
            text += ("零" if gap else "") + DIGITS[digit] + PLACES[place % 4]
        gap = not digit and bool(text)
        if place % 4 == 0 and number // 10**place % 10**4:
            text += GROUPS[place // 4]
    return text or DIGITS[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of a calculation: `what` in Chinese, `working` the sum as written out, in `article`'s words.

    `amount_fen` is what the step adds to the total, 0 for a step that only measures.
    """

    what: str
    working: str
    article: str
    quantity: Fraction
    unit: Unit
    amount_fen: int = 0

    def __str__(self) -> str:
        source = f"（{self.article}）" if self.article else ""
        return f"{self.what}：{self.working}{source}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FineRange:
    """A fine whose figure an officer sets: the law gives its highest sum, and sometimes its lowest."""

    what: str
    measure: str
    article: str
    maximum_fen: int
    minimum_fen: int = 0

    def __str__(self) -> str:
        most = format_yuan(self.maximum_fen)
        least = f"{format_yuan(self.minimum_fen)}以上" if self.minimum_fen else ""
        return f"{self.what}：{self.measure}{least}{most}以下罚款，数额由执法人员裁量（{self.article}）"


@dataclass(frozen=True, slots=True, kw_only=True)
class Calculation:
    """An amount, how it was worked out, and which defaults it rests on.

    `cap_fen` is the highest total that the law allows, 0 where it sets none. One whose steps do not add
    up to its amount can't be made.
    """

    steps: tuple[Step, ...]
    amount_fen: int
    cap_fen: int
    cap_applied: bool
    articles: tuple[str, ...]
    defaults: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        total = sum(step.amount_fen for step in self.steps)
        capped = bool(self.cap_fen) and total > self.cap_fen
        if (self.amount_fen, self.cap_applied) != (self.cap_fen if capped else total, capped):
            message = (
                f"steps add up to {total} fen under a cap of {self.cap_fen}, "
                f"got {self.amount_fen}, cap applied: {self.cap_applied}"
            )
            raise ValueError(message)

    def lines(self) -> list[str]:
        """Return the calculation as numbered lines for a document."""
        texts = [str(step) for step in self.steps]
        if self.cap_applied:
            total = sum(step.amount_fen for step in self.steps)
            texts.append(f"合计{format_yuan(total)}，超过最高额，按{format_yuan(self.cap_fen)}计")
        texts.append(f"金额：{format_yuan(self.amount_fen)}")
        texts += [f"适用的默认规则：{default}" for default in self.defaults]
        return [f"{number}. {text}" for number, text in enumerate(texts, start=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Consequence(Calculation):
    """What follows for one vehicle; fines of no fixed figure stand in `ranges` and in no amount."""

    band: Band
    ranges: tuple[FineRange, ...] = ()
