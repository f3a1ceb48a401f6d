"""Blocks behind the basic fields of an RSA type 10 line: a letter and a digit, a number n, and n values."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stations.formats.part import Part
from stations.formats.tokens import Tokens

Integers = NDArray[np.int64]
# How many fields stand between the number of values and the values.
BETWEEN = {"W": 2, "A": 2, "G": 2, "S": 0, "T": 0, "C": 0, "V": 1}
# As many values as the wheels of as many axles as a passage can have.
AXLES, MOST = 20, 40
CODE_CHARACTERS = 2
LOAD_MAX_KG = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """One kind of block in each of N lines: how many values, 0 without a block, and the first one's token."""

    count: Integers
    first: Integers


@dataclass(frozen=True, slots=True, kw_only=True)
class Loads:
    """What the blocks of N lines say together, unknown as in a `PassageBatch`."""

    axle_count: Integers
    gross_kg: Integers
    axle_kg: Integers
    left_kg: Integers
    spacing_cm: Integers


class Blocks:
    """The blocks of N lines.

    A line with a block that is unknown, cut short or there twice is refused: what counts can't be told.
    """

    def __init__(self, part: Part, tokens: Tokens, place: Integers) -> None:
        """Find the blocks of lines that have them from field `place` (N,) on."""
        self._part, self._tokens = part, tokens
        count = len(part)
        self.values = {
            kind: Values(count=np.zeros(count, dtype=np.int64), first=np.zeros(count, dtype=np.int64))
            for kind in BETWEEN
        }
        self.seen = {kind: np.zeros(count, dtype=bool) for kind in BETWEEN}
        end = _behind_last(tokens)
        # Each kind may stand once, so this ends.
        while (here := part.kept & (place < end)).any():
            place = np.where(here, self._next(here, place), place)

    def _next(self, here: NDArray[np.bool_], place: Integers) -> Integers:
        """Take in the block at field `place` (N,) of the lines `here`; return where the next one begins."""
        part, tokens = self._part, self._tokens
        code, number = tokens.at(place), tokens.value[tokens.at(place + 1)]
        known = np.zeros(len(part), dtype=bool)
        behind = place + 2 + number
        for kind, between in BETWEEN.items():
            own = here & (tokens.initial[code] == ord(kind)) & (tokens.size[code] <= CODE_CHARACTERS)
            reason = f"block {kind} stands twice"
            part.refuse(own & self.seen[kind], kind, "repeated_block", reason)
            self.seen[kind] |= own
            self.values[kind].count[own] = number[own]
            self.values[kind].first[own] = (tokens.first + place + 2 + between)[own]
            behind[own] += between
            known |= own
        for wrong, name, reason in (
            (~known, "unknown_block", f"expected one of the blocks {', '.join(BETWEEN)}"),
            ((number < 0) | (number > MOST), "bad_integer", f"expected 0 to {MOST} values in a block"),
            (behind > tokens.count, "field_count", "the row ends within a block"),
        ):
            part.refuse(here & wrong, "block", name, reason)
        return behind

    def loads(self, stated: Integers) -> Loads:
        """Return what the lines weigh and measure; `stated` (N,) is the axle count of the basic fields or -1.

        Lines are refused whose blocks have not as many values as there are axles.
        """
        wheels, axles, spacings = (self.values[kind].count for kind in "WAS")
        counts = np.where(axles > 0, axles, np.where(spacings > 0, spacings + 1, 0))
        counts = np.where(stated >= 0, stated, counts)
        pairs = wheels == 2 * counts
        self._expect(counts <= AXLES, "axles", f"at most {AXLES} axles")
        self._expect((axles == 0) | (axles == counts), "A", "one mass for each axle")
        self._expect((wheels == 0) | (wheels == counts) | pairs, "W", "one or two wheel masses for each axle")
        self._expect((spacings == 0) | (spacings == counts - 1), "S", "one spacing less than axles")
        most = max(2, int(counts[self._part.kept].max(initial=2)))
        wheel_kg = self._numbers("W", 2 * most)
        left_kg = np.where(pairs[:, None], wheel_kg[:, ::2], wheel_kg[:, :most])
        both_kg = np.where(pairs[:, None], wheel_kg[:, ::2] + wheel_kg[:, 1::2], 2 * left_kg)
        axle_kg = np.where((axles > 0)[:, None], self._numbers("A", most), both_kg)
        weighed = (wheels > 0)[:, None] & (np.arange(most) < counts[:, None])
        groups = self.values["G"].count > 0
        return Loads(
            axle_count=counts,
            gross_kg=np.where(groups, self._numbers("G", most).sum(axis=1), axle_kg.sum(axis=1)),
            axle_kg=axle_kg,
            left_kg=np.where(weighed, left_kg, -1),
            spacing_cm=self._numbers("S", most - 1),
        )

    def _expect(self, sound: NDArray[np.bool_], name: str, expected: str) -> None:
        self._part.refuse(~sound, name, "axle_count", f"expected {expected}")

    def _numbers(self, kind: str, width: int) -> Integers:
        """Return a kind's values as (N, width), 0 where a line has none."""
        values, tokens = self.values[kind], self._tokens
        column = np.arange(width)[:, None]
        inside = (column < values.count) & self._part.kept
        table = np.where(inside, tokens.value[np.where(inside, values.first + column, 0)], 0)
        wrong: NDArray[np.bool_] = (table < 0) | (table > LOAD_MAX_KG)

        def reason(position: int) -> str:
            token = int(values.first[position] + np.argmax(wrong[:, position]))
            return f"expected a whole number up to {LOAD_MAX_KG}, got {tokens.text(token)[:60]!r}"

        self._part.refuse(np.any(wrong, axis=0), kind, "bad_integer", reason)
        return table.T


def _behind_last(tokens: Tokens) -> Integers:
    """Return how many fields each line has up to its last one that is not empty, (N,)."""
    filled = np.where(tokens.size > 0, np.arange(len(tokens.size)), -1)
    return np.maximum.reduceat(filled, tokens.first) + 1 - tokens.first
