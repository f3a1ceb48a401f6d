"""Templates, and how times, masses and days left are written on pages."""

import hashlib
import re
from collections.abc import Callable
from datetime import date
from functools import cache, lru_cache, partial
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, select_autoescape
from markupsafe import Markup, escape

from models.case_life import ZONE
from models.values.case_life import CaseState, RejectReason, Verdict
from models.values.findings import FindingKind
from models.values.legibility import Legibility
from models.values.money import format_yuan
from models.values.office import Action
from models.values.partner_reasons import PartnerReason
from models.values.passages import FrameKind
from models.values.quality import QualityCode, Severity
from models.values.reidentify import ConflictKind
from models.values.states import Standing
from models.values.timeline import from_ms
from models.values.vehicles import Layout
from review.lookup import ANSWER_LABELS
from review.words import in_english

FOLDER = Path(__file__).parent
STATIC = FOLDER / "static"
SOON_DAYS = 2
WARNING = Markup('<span aria-hidden="true">⚠</span> ')
WORDS = re.compile(r'\{\{ t\("([^"{}]+)"\) \}\}')
# A filter is called straight, a function by way of the page's context.
NAMED = re.compile(r"\{\{ t\(([\w.\[\]]+)\) \}\}")
FRAME_LABELS = {
    FrameKind.FRONT: "车头",
    FrameKind.SIDE: "车侧",
    FrameKind.REAR: "车尾",
    FrameKind.PANORAMA: "全景",
    FrameKind.VIDEO: "视频",
    FrameKind.UNKNOWN: "图片",
}
# Words of the database, by the enum whose labels people read.
LABELS: dict[str, object] = {
    "fit_words": ANSWER_LABELS,
    "frame_kinds": FRAME_LABELS,
    "legibilities": {one.value: one.label for one in Legibility},
    **{
        name: {member.value: member.label for member in words}
        for name, words in (
            ("states", CaseState),
            ("kinds_by_word", FindingKind),
            ("verdicts", Verdict),
            ("actions", Action),
            ("severities", Severity),
            ("standings", Standing),
            ("layouts", Layout),
            ("conflict_kinds", ConflictKind),
        )
    },
    "codes": {code.value: code.label for code in QualityCode},
    "reasons_by_word": {one.value: one.label for words in (RejectReason, PartnerReason) for one in words},
}


class _Worded(FileSystemLoader):
    """Reads templates with their words written in, so that no page looks the same words up again."""

    def __init__(self, word: Callable[[str], str]) -> None:
        super().__init__(FOLDER / "templates")
        self._word = word

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        source, path, is_fresh = super().get_source(environment, template)
        worded = WORDS.sub(lambda found: str(escape(self._word(found[1]))), source)
        return NAMED.sub(r"{{ \1|t }}", worded), path, is_fresh


@cache
def _environment(*, english: bool) -> Environment:
    word: Callable[[str], str] = in_english if english else str
    made = Environment(
        loader=_Worded(word),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= LABELS | {
        "t": word,
        "static": static_url,
        "language": "en" if english else "zh-CN",
    }
    made.filters |= {
        "kg": lambda mass: f"{mass:,}",
        "clock": clock,
        "yuan": format_yuan,
        "t": word,
        "due": partial(due, word),
    }
    return made


@cache
def template(name: str, *, english: bool) -> Template:
    """Return a template in a language."""
    return _environment(english=english).get_template(name)


@cache
def static_url(name: str) -> str:
    """Return the address of a static file, with its digest so that browsers may keep it for ever."""
    return f"/static/{name}?v={hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]}"


def clock(instant_ms: int, zone: ZoneInfo = ZONE) -> str:
    """Return an instant as local date and time to the second."""
    return f"{from_ms(instant_ms, zone):%Y-%m-%d %H:%M:%S}"


@lru_cache(1024)
def due(word: Callable[[str], str], due_on: str, today: date) -> Markup:
    """Return how many days are left until a day, as a mark that needs no colour; "" is no day."""
    if not due_on:
        return Markup('<span class="due none">–</span>')
    left = (date.fromisoformat(due_on) - today).days
    text = word("今日到期") if left == 0 else word("剩 {} 天" if left > 0 else "逾期 {} 天").format(abs(left))
    level = "due over" if left < 0 else "due soon" if left <= SOON_DAYS else "due"
    return Markup('<span class="{}">{}{}</span>').format(level, WARNING if left <= 0 else "", text)
