"""Several views of one plate weighed into one reading: what each of the possible plates has for it.

A view is one recogniser's output for one cut of the plate. Which plate it is follows from the sum of the log
probabilities of all views, each counting by how legible the plate is in it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import ne
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from models.values.plates import PlateColour
from pipeline.plates.decode import Decoded, Emissions
from pipeline.plates.spell import log_likelihoods, with_rivals

# New-energy plates have eight characters and are green; blue and yellow plates have seven.
LENGTHS: Mapping[PlateColour, int] = MappingProxyType(
    {PlateColour.BLUE: 7, PlateColour.YELLOW: 7, PlateColour.GREEN: 8, PlateColour.YELLOW_GREEN: 8}
)
# What is against a plate before anything is read, as the log of its share: a length that its colour doesn't
# bear, an O in second place (issued in few places, long ago), and Anhui, which both recognisers were trained
# on more than on all others, and which they see in every blur.
WRONG_LENGTH, OLD_O, ANHUI = -3.0, -0.7, -0.7
# A view that rules a plate out is believed only so far.
_FLOOR = 1e-3
_LEAST_WEIGHT = 1e-3
_WORTH_SPELLING = 1e-6
_CANT_TELL = 0.5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class View:
    """What one recogniser made of one cut: its output over the symbols, and the best plates it can be.

    `worth` (0..1) is what its word counts on such a cut beside the other recognisers'.
    """

    recogniser: str
    emissions: Emissions
    decoded: tuple[Decoded, ...]
    worth: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Weighed:
    """The plates that the views may show, the likeliest first, with their shares, which add up to 1.

    `peaks` is how strongly each view shows each character of the best plate (views x characters), the views
    being those of `recognisers`, and `weights` what each counts, all together 1; `agreeing` tells the views
    whose own best plate it is, or which can't tell it from that: two recognisers print O and Q alike.
    `rivals` is the share that each view gives to the likeliest plate that differs in one character (0..1).
    """

    plates: tuple[tuple[str, float], ...]
    recognisers: tuple[str, ...]
    peaks: NDArray[np.float64]
    weights: NDArray[np.float64]
    agreeing: NDArray[np.bool_]
    rivals: NDArray[np.float64]


def weigh(views: Sequence[View], symbols: Sequence[str], colour: PlateColour) -> Weighed | None:
    """Return what the views say together, or None where none of them shows a plate."""
    texts = _possible(views, symbols)
    if not texts:
        return None
    logs = log_likelihoods([view.emissions for view in views], texts, symbols)
    best = logs.max(axis=1, keepdims=True)
    shares = np.exp(logs - best)
    shares /= shares.sum(axis=1, keepdims=True)
    weights = _weights([view.recogniser for view in views], np.exp(best[:, 0] / 2))
    weights = (weights * [view.worth for view in views])[:, None]
    scores = (weights * np.log(shares + _FLOOR)).sum(axis=0) + [prior(text, colour) for text in texts]
    posterior = np.exp(scores - scores.max())
    posterior /= posterior.sum()
    order = np.argsort(-posterior, kind="stable")
    first = texts[order[0]]
    nearly = [_one_off(text, first) for text in texts]
    return Weighed(
        plates=tuple((texts[n], float(posterior[n])) for n in order),
        recognisers=tuple(view.recogniser for view in views),
        peaks=np.array([_peaks(view, first, symbols) for view in views]),
        weights=weights[:, 0] / weights.sum(),
        agreeing=logs[:, order[0]] >= best[:, 0] - _CANT_TELL,
        rivals=shares[:, nearly].max(axis=1, initial=0.0),
    )


def _weights(recognisers: Sequence[str], legible: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what each view counts.

    A recogniser speaks once, however many cuts it was shown: it makes the same mistake in all of them. Its
    word weighs as much as its clearest view, shared among its views by how legible the plate is in each.
    """
    weights = np.maximum(legible, _LEAST_WEIGHT)
    for name in set(recognisers):
        own = np.array([one == name for one in recognisers])
        weights[own] *= weights[own].max() / weights[own].sum()
    return weights


def prior(text: str, colour: PlateColour) -> float:
    """Return the log of what a plate is worth before it is read, up to a constant."""
    against = WRONG_LENGTH if LENGTHS.get(colour, len(text)) != len(text) else 0.0
    against += OLD_O if text[1] == "O" else 0.0
    return against + (ANHUI if text[0] == "皖" else 0.0)


def _possible(views: Iterable[View], symbols: Sequence[str]) -> list[str]:
    """Return every plate that a view shows, or nearly shows, each once."""
    texts: dict[str, None] = {}
    for view in views:
        for decoded in view.decoded:
            if decoded.confidence >= _WORTH_SPELLING:
                texts.update(dict.fromkeys(with_rivals(decoded, view.emissions, symbols)))
    return list(texts)


def _one_off(text: str, other: str) -> bool:
    """Whether two plates of one length differ in one character."""
    return len(text) == len(other) and sum(map(ne, text, other)) == 1


def _peaks(view: View, text: str, symbols: Sequence[str]) -> list[float]:
    """Return how strongly a view shows each character of `text`; nothing where it saw another length."""
    same = next((decoded for decoded in view.decoded if len(decoded.text) == len(text)), None)
    if same is None:
        return [0.0] * len(text)
    near = [view.emissions[max(time - 1, 0) : time + 2] for time in same.times]
    return [float(steps[:, 1 + symbols.index(one)].max()) for steps, one in zip(near, text, strict=True)]
