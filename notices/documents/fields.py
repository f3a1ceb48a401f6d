"""Fields of documents: what each may hold, and the one way in which it is printed.

`model_dump(mode="json")` gives the words that templates print; python mode gives the values.
"""

import unicodedata
from datetime import date, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, PlainSerializer

from models.values.money import capital_yuan, format_yuan

MOST_LINES = 40
# Control and format characters (among them all that turn the direction of text), surrogates, private use,
# unassigned, separators of lines and paragraphs.
REFUSED = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


class Form(BaseModel):
    """Base of what stands in a document: frozen, an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _plain(text: str) -> str:
    for character in text:
        if unicodedata.category(character) in REFUSED:
            raise ValueError(f"control or direction character U+{ord(character):04X}")
    if not text.strip():
        raise ValueError("expected text, got none")
    return text.strip()


def _lines(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > MOST_LINES:
        raise ValueError(f"expected at most {MOST_LINES} lines, got {len(lines)}")
    return "\n".join(_plain(line) for line in lines or [""])


def format_day(day: date) -> str:
    """Return a day as documents print it, such as 2026年6月18日."""
    return f"{day.year}年{day.month}月{day.day}日"


def format_moment(moment: datetime) -> str:
    """Return a time as documents print it, such as 2026年6月18日1时32分05秒."""
    return f"{format_day(moment)}{moment.hour}时{moment.minute:02}分{moment.second:02}秒"


def format_kg(mass_kg: int) -> str:
    """Return a mass as documents print it, such as 49,000千克."""
    return f"{mass_kg:,}千克"


def format_percent(part: int, whole: int) -> str:
    """Return a share with two places, cut off so that it is never above the true one."""
    hundredths = part * 10_000 // whole
    return f"{hundredths // 100}.{hundredths % 100:02}%"


def _money(fen: int) -> dict[str, str]:
    return {"figures": format_yuan(fen), "capital": f"人民币{capital_yuan(fen)}"}


Line = Annotated[str, Field(max_length=200), AfterValidator(_plain)]
Lines = Annotated[str, Field(max_length=4000), AfterValidator(_lines)]
Day = Annotated[date, PlainSerializer(format_day, when_used="json")]
Moment = Annotated[AwareDatetime, PlainSerializer(format_moment, when_used="json")]
Kg = Annotated[int, Field(gt=0, lt=1_000_000), PlainSerializer(format_kg, when_used="json")]
Fen = Annotated[int, Field(gt=0, lt=10**11), PlainSerializer(_money, when_used="json")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
