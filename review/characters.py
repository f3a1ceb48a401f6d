"""The plate character by character: how sure each one is, and what else was read in its place."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

SURE = 0.95
DOUBTFUL = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Character:
    """One place of the plate; `confidence` in 0..1 is None where nothing was read there."""

    text: str
    confidence: float | None
    alternatives: tuple[str, ...]

    @property
    def level(self) -> str:
        """Return sure, fair, doubtful or unread, for colour and sign."""
        if self.confidence is None:
            return "unread"
        if self.confidence >= SURE:
            return "sure"
        return "fair" if self.confidence >= DOUBTFUL else "doubtful"

    @property
    def percent(self) -> str:
        """Return the confidence as people read it."""
        return "–" if self.confidence is None else f"{100 * self.confidence:.0f}%"


def characters(plate: str, readings: Sequence[Any]) -> tuple[Character, ...]:
    """Return the places of a plate; readings of the same length tell doubt and alternatives."""
    shown = plate or next((reading.text for reading in readings), "")
    same = next((reading for reading in readings if reading.text == shown), None)
    sure = json.loads(same.characters) if same is not None else []
    # A reading that shares less than half is another plate, such as the trailer's: no doubt about this one.
    others = [reading.text for reading in readings if _same_place(shown, reading.text) * 2 >= len(shown)]
    return tuple(
        Character(
            text=character,
            confidence=sure[place] if place < len(sure) else None,
            alternatives=tuple(sorted({other[place] for other in others} - {character})),
        )
        for place, character in enumerate(shown)
    )


def _same_place(one: str, other: str) -> int:
    """Return how many characters two texts of one length share, 0 where the lengths differ."""
    return sum(a == b for a, b in zip(one, other, strict=True)) if len(one) == len(other) else 0
