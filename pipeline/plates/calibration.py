"""From what speaks for a reading to the probability that it is right.

A logistic regression whose parameters stand in `calibration.toml`, with how they were made.
"""

import math
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from models.values.plates import MOST_DOUBTED, PlateColour
from pipeline.plates.decode import Decoded
from pipeline.plates.find import size_px
from pipeline.plates.sighting import Sighting, shown_by
from pipeline.plates.weigh import LENGTHS, View, Weighed, weigh

PARAMETERS = Path(__file__).with_name("calibration.toml")
_MOST_ODDS = 9.0
_LEAST_LOG = -7.0
_WIDTH_PX = 100.0
_FAINTEST = 1e-3
# More of a plate than this is never painted over and read all the same.
_MOST_OVERLAID = 0.2
# A plate of one row is 3.1 times as wide as high; one seen from aside less, and one cut off as well.
_LEAST_ASPECT = 2.9
# Where the first two recognisers don't both see the province this clearly, no reading is certain: what photos
# seldom show comes out as another province, 藏 as 冀, 蒙 as 豫, and nothing else is amiss with such a
# reading. Of 1,077 readings of photos at 0.95 or above that takes 13 down, of 145 rendered 28, and all three
# of those that were wrong.
_BOTH_SEE = 0.9
# Nor is one certain where either of these two, in a cut that it reads as clearly as this, gives this share to
# a plate that differs in one character: a 0 that may be Q, a 3 that may be B. Of 611 readings of the tuning
# half's photos at 0.95 or above that takes 38 down, of 1,226 in both halves 85.
_READS, _RIVAL = 0.5, 0.05
# The recognisers were taught next to no 藏 and read 冀 for it, some surely. Of 45 rendered ones so read the
# first held 藏 at 0.005 or above in all, and of 58 that were 冀 at 0.0002 or below.
_TAKEN_FOR = {"冀": "藏"}
_THOUGHT_OF = 1e-3
_RECOGNISERS = ("first", "second", "third")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Evidence:
    """What speaks for a reading: the views weighed, the sighting that shows it best, and the features."""

    weighed: Weighed
    shown: Sighting
    features: Mapping[str, float]

    @property
    def text(self) -> str:
        """The likeliest plate."""
        return self.weighed.plates[0][0]


def evidence_of(group: Sequence[Sighting], symbols: Sequence[str]) -> Evidence | None:
    """Return what the sightings of one plate say together, the most legible first; None if it is none."""
    views = [view for sighting in group for view in (*sighting.views, sighting.third) if view is not None]
    weighed = weigh(views, symbols, group[0].colour)
    if weighed is None:
        return None
    shown = shown_by(group, weighed.plates[0][0])
    score = max(sighting.score for sighting in group)
    seen = _features(weighed, group[0].colour, size_px(shown.candidate.corners)[0], score)
    features = seen | _against(weighed.plates[0][0], group)
    if _may_be_rare(weighed.plates[0][0], views, symbols):
        features["province_alone"] = 1.0
    features["rivalled"] = float(_rivalled(weighed, views))
    return Evidence(weighed=weighed, shown=shown, features=features)


def _features(weighed: Weighed, colour: PlateColour, width_px: float, score: float) -> dict[str, float]:
    """Return what speaks for the best plate of `weighed`, by name; all are bounded.

    `width_px` is the plate's width in the frame, `score` the corner detector's, 0 where it saw nothing.
    The province stands apart: it is the first to go in blur, and the one character a cut-off plate lacks.
    Two of the recognisers see Anhui (皖) in both, having been taught with little else.
    """
    text, share = weighed.plates[0]
    logs = np.log(np.maximum(weighed.peaks, math.exp(_LEAST_LOG)))
    names = np.array(weighed.recognisers)
    unasked = np.full(len(text), _LEAST_LOG)  # a recogniser that was not asked, there being too little to see
    clearest = [
        max(logs[names == name], key=lambda one: float(one.sum()), default=unasked) for name in _RECOGNISERS
    ]
    province = float(weighed.weights @ logs[:, 0])
    return {
        "odds": min(math.log(share / max(1 - share, 1e-9)), _MOST_ODDS),
        "province_at_best": float(max(one[0] for one in clearest)),
        "province_at_worst": float(min(one[0] for one in clearest)),
        "province_in_the_middle": float(np.median([one[0] for one in clearest])),
        "province_on_average": province,
        "serial_at_best": float(max(one[1:].sum() for one in clearest)),
        "serial_in_the_middle": max(float(np.median([one[1:].sum() for one in clearest])), 2 * _LEAST_LOG),
        "serial_at_worst": max(float(min(one[1:].sum() for one in clearest)), 2 * _LEAST_LOG),
        "least_on_average": float((weighed.weights @ logs).min()),
        "agreeing": float(weighed.weights @ weighed.agreeing),
        "colour_fits": float(LENGTHS.get(colour) == len(text)),
        "narrow": max(math.log2(_WIDTH_PX / max(width_px, 1.0)), 0.0),
        "score": score,
        "anhui_in_doubt": min(-province, 1.0) * (text[0] == "皖"),
        "province_alone": float(min(clearest[0][0], clearest[1][0]) < math.log(_BOTH_SEE)),
    }


def _against(text: str, group: Sequence[Sighting]) -> dict[str, float]:
    """Return what speaks against a reading of this text, by name.

    A plate that the frame's edge cuts off, or that something hides in part, shows by its outline: it is too
    short for its height. What the recognisers make of the province that isn't there would accuse a stranger.
    """
    clearest = max(group, key=lambda one: (one.score, one.legible))
    width, height = size_px(clearest.candidate.corners)
    one_row = clearest.score > 0 and len(clearest.candidate.lines) == 1
    views = [view for sighting in group for view in (*sighting.views, sighting.third) if view is not None]
    surest = {name: _surest(view for view in views if view.recogniser == name) for name in _RECOGNISERS}
    others = [one.confidence for one in surest.values() if one is not None and not _alike(one.text, text)]
    return {
        "contradicted": max(others, default=0.0),
        "short": max(math.log2(_LEAST_ASPECT * height / max(width, 1.0)), 0.0) * one_row,
        "cut_off": float(clearest.cut_off),
        "overlaid": min(clearest.overlaid, _MOST_OVERLAID),
    }


def _may_be_rare(text: str, views: Iterable[View], symbols: Sequence[str]) -> bool:
    """Whether the first recogniser also thinks of the rare province that is often read as this one."""
    rare = _TAKEN_FOR.get(text[0])
    if rare is None:
        return False
    column = 1 + symbols.index(rare)
    for view in views:
        if view.recogniser == "first" and view.decoded:
            time = view.decoded[0].times[0]
            if float(view.emissions[max(time - 1, 0) : time + 2, column].max()) >= _THOUGHT_OF:
                return True
    return False


def _rivalled(weighed: Weighed, views: Sequence[View]) -> bool:
    """Whether one of the first two recognisers, in a cut it reads, also thinks of another character."""
    return any(
        rival >= _RIVAL
        for view, rival in zip(views, weighed.rivals, strict=True)
        if view.recogniser != "third" and view.decoded and view.decoded[0].confidence >= _READS
    )


def _surest(views: Iterable[View]) -> Decoded | None:
    decoded = [view.decoded[0] for view in views if view.decoded]
    return max(decoded, key=lambda one: one.confidence, default=None)


def _alike(a: str, b: str) -> bool:
    """Whether two plates are the same to a recogniser that prints O and Q alike."""
    return a.replace("O", "Q") == b.replace("O", "Q")


def confidence(seen: Mapping[str, float], parameters: Mapping[str, float] | None = None) -> float:
    """Return the calibrated probability that the reading with these features is right.

    `parameters` are those of `calibration.toml` unless others are given.
    """
    parameters = parameters or _parameters()
    odds = parameters["intercept"] + sum(parameters.get(name, 0.0) * value for name, value in seen.items())
    told = 1 / (1 + math.exp(-odds))
    doubted = seen["province_alone"] or seen["rivalled"]
    return min(told, MOST_DOUBTED) if doubted else told


def characters(weighed: Weighed, probability: float) -> tuple[float, ...]:
    """Return the probability of each character: together they make that of the whole.

    What is in doubt of the whole is shared out by how faintly each character was seen.
    """
    faint = -(weighed.weights @ np.log(np.clip(weighed.peaks, _FAINTEST, 1 - _FAINTEST)))
    return tuple(float(one) for one in probability ** (faint / faint.sum()))


@cache
def _parameters() -> dict[str, float]:
    return {
        name: float(value) for name, value in tomllib.loads(PARAMETERS.read_text("utf-8"))["logistic"].items()
    }
