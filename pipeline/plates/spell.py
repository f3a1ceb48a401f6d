"""How likely a recogniser's output is under given plates: the forward sums of CTC, and a plate's rivals."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.plates.decode import Decoded, Emissions

# The rivals of a character are those that the output holds likeliest there.
_RIVALS = 4
_FLOOR = 1e-12


def log_likelihoods(
    outputs: Sequence[Emissions], texts: Sequence[str], symbols: Sequence[str]
) -> NDArray[np.float64]:
    """Return for each output and text the log of the summed probability of all alignments (CTC, Graves 2006).

    An output is T x (1 + K) over the blank and `symbols`; a text too long for its T steps gets a low value.
    """
    columns = {symbol: index for index, symbol in enumerate(symbols, start=1)}
    lengths = np.array([len(text) for text in texts])
    labels = np.zeros((int(lengths.max()), len(texts)), dtype=np.intp)
    for row, text in enumerate(texts):
        labels[: len(text), row] = [columns[character] for character in text]
    return np.array([_log_sums(emissions, labels, lengths) for emissions in outputs])


def _log_sums(
    emissions: Emissions, labels: NDArray[np.intp], lengths: NDArray[np.integer]
) -> NDArray[np.float64]:
    """Return the logs of the forward sums of the texts whose characters are the columns of `labels`."""
    # A character may follow another without a blank, unless it is the same one.
    differs = (labels[1:] != labels[:-1]).astype(np.float64)
    blanks = emissions[:, 0] + _FLOOR
    seen = emissions.take(labels, axis=1) + _FLOOR
    # The sums so far by where the alignments end: before the first character, inside it, behind it, and on.
    forward = np.zeros((2 * len(labels) + 1, len(lengths)))
    between, inside = forward[::2], forward[1::2]
    between[0], inside[0] = blanks[0], seen[0, 0]
    scales = np.ones((len(emissions), len(lengths)))
    for time in range(1, len(emissions)):
        reached = inside + between[:-1]
        reached[1:] += inside[:-1] * differs
        between[1:] += inside
        between *= blanks[time]
        np.multiply(reached, seen[time], out=inside)
        scales[time] = forward.max(axis=0)
        forward /= scales[time]
    texts = np.arange(len(lengths))
    ended = between[lengths, texts] + inside[lengths - 1, texts]
    return np.asarray(np.log(scales).sum(axis=0) + np.log(ended + 1e-300), dtype=np.float64)


def with_rivals(decoded: Decoded, emissions: Emissions, symbols: Sequence[str]) -> list[str]:
    """Return the decoded text and the plates that differ from it in one character which may stand there."""
    texts = [decoded.text]
    for place, (time, allowed) in enumerate(zip(decoded.times, decoded.pattern.slots, strict=True)):
        seen = emissions[max(time - 1, 0) : time + 2, 1:].max(axis=0)
        near = dict(zip(symbols, seen.tolist(), strict=True))
        others = (symbol for symbol in allowed if symbol != decoded.text[place])
        ranked = sorted(others, key=near.__getitem__, reverse=True)
        texts += [f"{decoded.text[:place]}{other}{decoded.text[place + 1 :]}" for other in ranked[:_RIVALS]]
    return texts
