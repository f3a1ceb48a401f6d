"""The console's words: Chinese stands in the pages, its English in one catalogue beside this file."""

import tomllib
from functools import cache
from pathlib import Path

CATALOGUE = Path(__file__).parent / "english.toml"


@cache
def catalogue() -> dict[str, str]:
    """Return the English of every Chinese text."""
    sections = tomllib.loads(CATALOGUE.read_text(encoding="utf-8"))
    return {chinese: english for section in sections.values() for chinese, english in section.items()}


def in_english(text: str) -> str:
    """Return the English of a text; what is in no catalogue, such as a name, stays as it is."""
    return catalogue().get(text, text)
