"""How likely a recogniser's output is under given plates: the forward sums of CTC, and a plate's rivals."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.plates.decode import Decoded, Emissions

# The rivals of a character are those that the output holds likeliest there.
_RIVALS = 4
_FLOOR = 1e-12


def log_likelihoods(
    emissions: Emissions, texts: Sequence[str], symbols: Sequence[str]
) -> NDArray[np.float64]:
    """Return for each text the log of the summed probability of all its alignments (Graves 2006, CTC).

    `emissions` is T x (1 + K) over the blank and `symbols`; a text too long for T steps gets a low value.
    """
    columns = {symbol: index for index, symbol in enumerate(symbols, start=1)}
    lengths = np.array([len(text) for text in texts])
    states = 2 * int(lengths.max()) + 1
    labels = np.zeros((len(texts), states), dtype=np.intp)
    for row, text in enumerate(texts):
        labels[row, 1 : 2 * len(text) : 2] = [columns[character] for character in text]
    # A character may follow another without a blank, unless it is the same one.
    skips = np.zeros(labels.shape)
    skips[:, 3::2] = labels[:, 3::2] != labels[:, 1:-2:2]
    seen = emissions[:, labels] + _FLOOR
    forward = np.zeros(labels.shape)
    forward[:, :2] = seen[0, :, :2]
    logs = np.zeros(len(texts))
    for step in seen[1:]:
        reached = forward.copy()
        reached[:, 1:] += forward[:, :-1]
        reached[:, 2:] += forward[:, :-2] * skips[:, 2:]
        forward = reached * step
        scale = forward.max(axis=1, keepdims=True)
        forward /= scale
        logs += np.log(scale[:, 0])
    rows = np.arange(len(texts))
    ended = forward[rows, 2 * lengths] + forward[rows, 2 * lengths - 1]
    return np.asarray(logs + np.log(ended + 1e-300), dtype=np.float64)


def with_rivals(decoded: Decoded, emissions: Emissions, symbols: Sequence[str]) -> list[str]:
    """Return the decoded text and the plates that differ from it in one character which may stand there."""
    texts = [decoded.text]
    for place, (time, allowed) in enumerate(zip(decoded.times, decoded.pattern.slots, strict=True)):
        near = emissions[max(time - 1, 0) : time + 2, 1:].max(axis=0)
        ranked = sorted(
            (symbol for symbol in allowed if symbol != decoded.text[place]),
            key=lambda symbol: -near[symbols.index(symbol)],
        )
        texts += [f"{decoded.text[:place]}{other}{decoded.text[place + 1 :]}" for other in ranked[:_RIVALS]]
    return texts
