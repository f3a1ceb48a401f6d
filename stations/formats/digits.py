"""Whole numbers out of cells of characters, many at once."""

import numpy as np
from numpy.typing import NDArray

ZERO, BLANK = ord("0"), ord(" ")
# The most digits that fit into 32 bits.
DIGITS = 9


def whole_numbers(cells: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the numbers in cells (at most 9 characters, N), and which are none; both (N,).

    Blanks may stand before the digits and nowhere else; cells that are all blank are -1.
    """
    digits = cells - np.uint8(ZERO)  # what lies below 0 wraps to above 9
    known = digits < 10  # noqa: PLR2004 (the digits of the decimal system)
    blank = cells == BLANK
    wrong = ~(known | blank).all(axis=0)
    wrong |= (known[:-1] & blank[1:]).any(axis=0)
    np.multiply(digits, known, out=digits)
    values = np.zeros(cells.shape[1:], dtype=np.int32)
    for place in digits:
        values *= 10
        values += place
    values[blank.all(axis=0)] = -1
    return values.astype(np.int64), wrong
