"""Near misses of a reading: the few other plates it may have been, the likeliest first.

Each one that is asked is a look into somebody's registration, so there are never more than `TRIES`.
"""

from collections.abc import Sequence

from pipeline.plates.grammar import PATTERNS, pattern_of

TRIES = 12
# Below this a character may have been another.
DOUBTED = 0.98
# What cameras confuse, in both directions.
LOOKALIKES = (
    "0D",
    "0Q",
    "DQ",
    "8B",
    "5S",
    "2Z",
    "7T",
    "1L",
    "1T",
    "17",
    "6G",
    "CG",
    "EF",
    "MN",
    "UV",
    "VY",
    "XY",
)
PROVINCE_LOOKALIKES = ("浙沪", "苏赣", "皖晥", "川渝", "鲁鄂", "豫冀", "湘粤", "辽吉")
DIGITS = "0123456789"


def near_misses(text: str, characters: Sequence[float], others: Sequence[str]) -> list[str]:
    """Return at most `TRIES` plates that `text` may have been; all obey the grammar of GA 36.

    `characters` is how sure each character of the text is, empty if unknown; `others` are what other frames
    or the station itself read, which come first.
    """
    found = [other for other in others if other != text and pattern_of(other) is not None]
    if len(characters) == len(text):
        doubted = sorted((sure, place) for place, sure in enumerate(characters) if sure < DOUBTED)
        for _, place in doubted:
            found += _changed(text, place)
    return list(dict.fromkeys(found))[:TRIES]


def one_apart(text: str, other: str) -> bool:
    """Tell whether two plates differ in exactly one character."""
    return len(text) == len(other) and sum(a != b for a, b in zip(text, other, strict=True)) == 1


def _changed(text: str, place: int) -> list[str]:
    """Return the text with another character at one place: what looks alike, then the other digits."""
    was = text[place]
    pairs = PROVINCE_LOOKALIKES if place == 0 else LOOKALIKES
    alike = [pair.replace(was, "") for pair in pairs if was in pair]
    rest = list(DIGITS) if was in DIGITS else []
    made = [text[:place] + new + text[place + 1 :] for new in (*alike, *rest) if new != was]
    return [one for one in made if any(pattern.matches(one) for pattern in PATTERNS)]
